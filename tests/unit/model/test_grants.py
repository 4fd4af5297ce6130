# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.grants import (
    Grant,
    parse_grant,
    record,
    recorded,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.zones import parse_zones

KNOWN = {"guests": 14400}


def test_only_zones_with_grants_are_recorded() -> None:
    zones = parse_zones({"home": {"networks": ["10.0.0.1"]}, "guests": {"grants": True, "max_ttl": "4h"}})
    assert recorded(record(list(zones.values()))) == KNOWN


@pytest.mark.parametrize(("ttl", "seconds"), [("20s", 20), ("4h", 14400), (None, 14400), ("", 14400)])
def test_a_grant_is_read(ttl: Any, seconds: int) -> None:
    assert parse_grant("guests", "2001:DB8::1", ttl, KNOWN) == Grant("guests", 6, "2001:db8::1", seconds)


@pytest.mark.parametrize(
    ("zone", "address", "ttl", "said"),
    [
        ("home", "10.0.0.1", "20s", "zone: 'home' has no grants on this host. Zones with grants: guests"),
        ("guests", "10.0.0.0/24", "20s", "is not one address"),
        ("guests", "kitchen", "20s", "is not a network"),
        ("guests", "127.0.0.1", "20s", "is no other host's address"),
        ("guests", "::1", "20s", "is no other host's address"),
        ("guests", "0.0.0.1", "20s", "is no other host's address"),
        ("guests", "224.0.0.1", "20s", "is no other host's address"),
        ("guests", "ff02::1", "20s", "is no other host's address"),
        ("guests", "10.0.0.1", "5h", "Write a time from 1s to 4h"),
        ("guests", "10.0.0.1", "0s", "Write a time from 1s to 4h"),
        ("guests", "10.0.0.1", "20s }; flush ruleset", "is not a time"),
    ],
)
def test_what_is_no_grant_is_refused(zone: str, address: str, ttl: str, said: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        parse_grant(zone, address, ttl, KNOWN)
    assert said in str(caught.value)


def test_a_host_without_such_zones_says_how_to_get_one() -> None:
    with pytest.raises(HostError, match="grants: true"):
        parse_grant("guests", "10.0.0.1", "20s", {})
