# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.zones import PRIVATE, parse_zones

HOME = {"networks": ["192.168.10.0/24"]}


def instance(zones: Any = None, **written: Any) -> Instance:
    return parse_specification("0.8.0", [{"name": "kitchen", **written}], None, zones).instances[0]


def test_an_inventory_without_zones_lets_private_addresses_in() -> None:
    assert instance().access == (PRIVATE,)
    assert not any(first <= 0x08080808 <= last for first, last in parse_zones({})[PRIVATE].networks.v4)


def test_a_zone_is_read() -> None:
    zone = parse_zones(
        {
            "admins": {
                "networks": ["10.8.0.0/24"], "macs": ["AA-BB-CC-DD-EE-FF"], "interfaces": ["wg0"],
                "hours": "22:00-06:30", "days": ["Sunday", "monday"], "rate": "10/second", "connections": 4,
                "grants": True, "max_ttl": "4h",
            }
        }
    )["admins"]  # fmt: skip
    assert (zone.macs, zone.interfaces) == (("aa:bb:cc:dd:ee:ff",), ("wg0",))
    assert (zone.hours, zone.days) == ((22 * 60, 6 * 60 + 30), (0, 6))
    assert (zone.rate.count, zone.rate.unit, zone.connections, zone.max_ttl) == (10, "second", 4, 4 * 3600)


@pytest.mark.parametrize(
    ("zone", "path", "said"),
    [
        ({}, "", "has no sources"),
        ({"networks": []}, "", "has no sources"),
        ({"networks": "10.0.0.0/8"}, ".networks", "is not a list"),
        ({"network": ["10.0.0.0/8"]}, ".network", "Write networks, a list"),
        ({"networks": ["10.0.0.1", "127.0.0.0/8"]}, ".networks[1]", "is no other host's address"),
        ({"networks": ["224.0.0.0/4"]}, ".networks[0]", "is no other host's address"),
        ({"macs": ["aa:bb"]}, ".macs[0]", "is not a MAC address"),
        ({"macs": ["ff:ff:ff:ff:ff:ff"]}, ".macs[0]", "is the address of a group"),
        ({"interfaces": ["eth0; drop"]}, ".interfaces[0]", "is not an interface's name"),
        ({"interfaces": ['e"th0']}, ".interfaces[0]", "is not an interface's name"),
        ({**HOME, "hours": "8-22"}, ".hours", "08:00-22:00"),
        ({**HOME, "hours": "08:00-08:00"}, ".hours", "is not a time of the day"),
        ({**HOME, "hours": "08:00-24:01"}, ".hours", "is not a time of the day"),
        ({**HOME, "days": ["today"]}, ".days[0]", "is not a day"),
        ({**HOME, "rate": "fast"}, ".rate", "60/minute"),
        ({**HOME, "rate": "0/minute"}, ".rate", "60/minute"),
        ({**HOME, "connections": 0}, ".connections", "out of range"),
        ({**HOME, "max_ttl": "4h"}, ".max_ttl", "grants: true"),
        ({"grants": True, "max_ttl": "90d"}, ".max_ttl", "from 1s to 30d"),
        ({"grants": True, "max_ttl": "soon"}, ".max_ttl", "as 4h"),
        ("10.0.0.0/8", "", "is not a mapping"),
    ],
)
def test_what_is_no_zone_is_refused_with_its_path(zone: Any, path: str, said: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        parse_zones({"home": zone})
    assert str(caught.value).startswith(f"librespot_zones.home{path}:")
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["Home", "1st", "a_b", "x" * 21, "a-", "", 5])
def test_names_of_zones_are_plain(name: Any) -> None:
    with pytest.raises(SpecificationError, match="is not a zone's name"):
        parse_zones({name: HOME})


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ({}, "access", "Name the zones that may reach the instance, of: far, home, lan, six"),
        ({"access": ["nobody"]}, "access[0]", "Known are: far, home, lan, six"),
        ({"access": ["home"], "bind": {"loopback": True}}, "access[0]", "bound to loopback"),
        ({"access": ["lan"], "bind": {"interface": "wlan0"}}, "access[0]", "is of eth0"),
        ({"access": ["home", "six"], "bind": {"address": "192.168.10.5"}}, "access[1]", "of IPv6 alone"),
        ({"access": ["home"], "bind": {"interface": "eth0", "loopback": True}}, "bind", "contradicts itself"),
        ({"access": ["home"], "bind": {"interface": "eth0", "discovery": False}}, "bind", "contradicts itself"),
        ({"access": ["home"], "bind": {"interface": "eth 0"}}, "bind.interface", "as ip link shows it"),
        ({"access": ["home"], "bind": {"address": "192.168.10.0/24"}}, "bind.address", "is not one address"),
        ({"access": ["home"], "bind": {"address": "fe80::1"}}, "bind.address", "no single interface"),
        ({"access": ["home"], "bind": {"address": "0:0::"}}, "bind.address", "no single interface"),
        ({"access": ["home"], "bind": {"port": 5}}, "bind.port", "Write port beside bind"),
        ({"access": "home"}, "access", "is not a list"),
    ],
)
def test_binds_and_zones_that_contradict_are_refused(written: Any, path: str, said: str) -> None:
    zones = {
        "far": {"networks": ["198.51.100.0/24"]},
        "home": HOME,
        "lan": {"interfaces": ["eth0"]},
        "six": {"networks": ["2001:db8::/64"]},
    }
    with pytest.raises(SpecificationError) as caught:
        instance(zones, **written)
    assert str(caught.value).startswith(f"librespot_instances[0].{path}:")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "bind", [{"loopback": True}, {"interface": "lo"}, {"address": "127.0.0.1"}, {"address": "::1"}]
)
def test_loopback_needs_no_zones(bind: Any) -> None:
    assert instance({"home": HOME}, bind=bind).access == ()
