# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other firewalls are asked to let through: no more than the zones, as far as those can say it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.openings import EVERYONE, Opening, openings
from ansible_collections.hardened.librespot.plugins.module_utils.render.openings import (
    firewalld_policy,
    firewalld_rules,
    ufw_rules,
)

HOME = {"networks": ["192.168.10.0/24", "192.168.20.5-192.168.20.6", "2001:db8:1::/64"]}
V4, V6 = 4, 6


def compiled(zone: dict[str, Any], **instance: Any) -> list[Opening]:
    spec = parse_specification("0.8.0", [{"name": "kitchen", "access": ["home"], **instance}], {}, {"home": zone})
    return openings(spec.present, spec.zones.values())


def test_each_network_is_let_through_to_the_port_and_to_multicast_dns() -> None:
    found = compiled(HOME, bind={"interface": "eth0"}, port=40000)
    assert {item.source for item in found} == {
        "192.168.10.0/24",
        "192.168.20.5",
        "192.168.20.6",
        "2001:db8:1::/64",
    }
    assert {(item.protocol, item.port, item.interface) for item in found} == {
        ("tcp", 40000, "eth0"),
        ("udp", 5353, "eth0"),
    }
    assert {item.target for item in found if item.protocol == "udp"} == {"224.0.0.251", "ff02::fb"}


def test_a_bound_address_is_the_target() -> None:
    found = [item for item in compiled(HOME, bind={"address": "192.168.10.5"}) if item.protocol == "tcp"]
    assert {(item.family, item.target) for item in found} == {(V4, "192.168.10.5")}


@pytest.mark.parametrize(
    "zone",
    [
        {**HOME, "grants": True},
        {**HOME, "macs": ["00:11:22:33:44:55"]},
        {"interfaces": ["wg0"]},
        {"networks": [f"10.0.{number}.0/24" for number in range(0, 200, 2)] + ["2001:db8::/64"], "grants": True},
    ],
)
def test_who_is_known_to_the_table_alone_is_let_through_to_it(zone: dict[str, Any]) -> None:
    assert {item.source for item in compiled(zone)} == set(EVERYONE.values())


def test_of_too_many_networks_everyone_is_let_through_to_the_table() -> None:
    found = compiled({"networks": [f"10.0.{number}.0/24" for number in range(0, 200, 2)]})
    assert {item.source for item in found} == {EVERYONE[V4]}


@pytest.mark.parametrize("changes", [{"bind": {"loopback": True}, "access": []}, {"access": []}])
def test_what_nobody_may_reach_opens_nothing(changes: dict[str, Any]) -> None:
    assert compiled(HOME, **changes) == []
    assert firewalld_policy([]) is None


class TestWords:
    def test_ufw_is_told_where_packets_arrive_and_not_of_multicast(self) -> None:
        assert ufw_rules(compiled({"networks": ["10.0.0.0/8"]}, bind={"interface": "eth0"}, port=40000)) == {
            "allow in on eth0 from 10.0.0.0/8 to 0.0.0.0/0 port 40000 proto tcp": "hardened.librespot kitchen"
        }

    def test_firewalld_says_the_same_in_its_file_and_in_force(self) -> None:
        found = compiled({"networks": ["fd00::/8"]}, port=40000)
        assert firewalld_rules(found) == [
            'rule family="ipv6" source address="fd00::/8" destination address="ff02::fb" '
            'port port="5353" protocol="udp" accept',
            'rule family="ipv6" source address="fd00::/8" port port="40000" protocol="tcp" accept',
        ]
        policy = firewalld_policy(found)
        assert policy is not None
        assert policy.count("<rule ") == len(found)
        assert '<port port="40000" protocol="tcp" />' in policy

    def test_two_instances_share_the_way_of_multicast(self) -> None:
        spec = parse_specification(
            "0.8.0",
            [{"name": name, "port": port, "access": ["home"]} for name, port in (("one", 40001), ("two", 40002))],
            {},
            {"home": {"networks": ["10.0.0.0/8"]}},
        )
        found = openings(spec.present, spec.zones.values())
        policy = firewalld_policy(found)
        assert policy is not None
        assert policy.count("<rule ") == len(firewalld_rules(found)) == 3
