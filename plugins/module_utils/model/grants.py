# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants: an address is let in to a zone for a time, and the kernel ends it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import HostError, SpecificationError
from .networks import address_text, parse_interval, refuse_nobody
from .zones import Zone, seconds


@dataclass(frozen=True)
class Grant:
    """An *address* of *family* in *zone* for *ttl* seconds."""

    zone: str
    family: int
    address: str
    ttl: int


def record(zones: Sequence[Zone]) -> str:
    """Return what is kept on the host of the zones with grants: each with its longest time, in seconds."""
    return json.dumps({zone.name: zone.max_ttl for zone in zones if zone.grants}, sort_keys=True) + "\n"


def recorded(text: str) -> Mapping[str, int]:
    """Return what `record` wrote."""
    found: dict[str, int] = json.loads(text)
    return found


def parse_grant(zone: Any, address: Any, ttl: Any, known: Mapping[str, int]) -> Grant:
    """Return the grant that is asked for. *known* are the host's zones with grants.

    Raises `SpecificationError` for a zone without grants, for more than one address, and for more time than the zone
    allows; `HostError` when the host has no such zone at all.
    """
    if not known:
        raise HostError(
            "No zone of this host has grants",
            "Give a zone of librespot_zones grants: true, and run hardened.librespot.site",
        )
    if zone not in known:
        raise SpecificationError("zone", zone, "has no grants on this host", f"Zones with grants: {', '.join(known)}")
    family, (first, last) = parse_interval(address, "address")
    if first != last:
        raise SpecificationError("address", address, "is not one address", "Grant each address by itself")
    refuse_nobody(address, "address")
    time = known[zone] if ttl in (None, "") else seconds(ttl, "ttl", known[zone])
    return Grant(zone, family, address_text(first, family), time)
