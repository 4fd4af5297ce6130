# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy of a host for a router in front of it: as data, and as a table for a Linux host that forwards.

A router sees addresses and ports. Whom only the host can tell, by a card, an interface or a grant, it keeps out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.bind import ADDRESS, LOOPBACK
from ..model.instance import Instance
from ..model.network import HostNetwork
from ..model.networks import V4, V6, interval_text, parse_networks
from ..model.zones import DAYS, Zone
from .firewall import ADDRESSES, TYPES, identifier
from .nft import Chain, Set, Table

DEFAULT_TABLE = "librespot_router"

Policy = list[dict[str, Any]]


def policy(instances: Sequence[Instance], zones: Mapping[str, Zone], networks: Mapping[str, HostNetwork]) -> Policy:
    """Return for each instance that others can reach: its addresses and port, and the networks of its zones.

    *networks* are those that the instances are on, by their names.

    The hours of a zone stand there for a router that has a clock; *host_alone* are zones, or parts of them, that only
    the host can tell.
    """
    return [
        {
            "instance": item.name,
            "protocol": "tcp",
            "port": item.port,
            "addresses": _reached(item, networks[item.name]),
            "zones": [_zone(zones[name]) for name in item.access if zones[name].networks],
            "host_alone": [name for name in item.access if _host_alone(zones[name])],
        }
        for item in instances
        if item.discovery and item.bind.kind != LOOPBACK
    ]


def _reached(item: Instance, network: HostNetwork) -> list[str]:
    """Return the addresses that a router can lead to."""
    found = [item.bind.value] if item.bind.kind == ADDRESS else network.interfaces.get(item.interface, ())
    return sorted(text for text in found if not ipaddress.ip_address(text).is_link_local)


def _host_alone(zone: Zone) -> bool:
    return bool(zone.macs or zone.grants or zone.anyone)


def _zone(zone: Zone) -> dict[str, Any]:
    found: dict[str, Any] = {
        "zone": zone.name,
        "networks": [interval_text(item, family) for family in (V4, V6) for item in zone.networks.of(family)],
    }
    if zone.hours:
        found["hours"] = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in zone.hours)
    if zone.days:
        found["days"] = [DAYS[day] for day in zone.days]
    return found


def router_table(found: Policy, name: str = DEFAULT_TABLE) -> Table:
    """Return the table of *found* for a host that forwards. Like the host's own it only drops.

    It has no hours: whoever comes at the wrong time is refused by the host itself.
    """
    sets: list[Set] = []
    doors: list[Chain] = []
    forward: list[str] = []
    for way in found:
        door = f"door_{identifier(way['instance'])}"
        # Zones may overlap, elements of a set may not.
        networks = parse_networks([text for zone in way["zones"] for text in zone["networks"]], "zones")
        rules = []
        for family in (V4, V6):
            sources = tuple(interval_text(item, family) for item in networks.of(family))
            addresses = [text for text in way["addresses"] if _family(text) == family]
            if sources:
                sets.append(Set(f"from_{door}_{family}", TYPES[family], ("interval",), sources))
                rules.append(f"{ADDRESSES[family]} saddr @from_{door}_{family} counter accept")
            if addresses:
                target = f"{ADDRESSES[family]} daddr {{ {', '.join(addresses)} }}"
                forward.append(f"{target} {way['protocol']} dport {way['port']} goto {door}")
        doors.append(Chain(door, (*rules, "counter drop")))
    hook = "type filter hook forward priority -10; policy accept;"
    return Table(name, tuple(sets), (*doors, Chain("on_forward", tuple(forward), hook)))


def _family(text: str) -> int:
    return V6 if ":" in text else V4
