# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a router in front is told: no more than it can see."""

from __future__ import annotations

from typing import Any

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork, placed
from ansible_collections.hardened.librespot.plugins.module_utils.render.router import Policy, policy, router_table

NETWORK = HostNetwork({"eth0": ("192.168.10.5", "2001:db8:1::5", "fe80::5"), "lo": ("127.0.0.1", "::1")}, "eth0")
ZONES = {
    "home": {"networks": ["192.168.10.0/24", "2001:db8:1::/64"]},
    "wide": {"networks": ["192.168.0.0/16"], "hours": "08:00-22:00", "days": ["monday"]},
    "guests": {"grants": True},
    "cards": {"networks": ["10.0.0.0/8"], "macs": ["00:11:22:33:44:55"]},
}


def told(access: list[str], **instance: Any) -> Policy:
    spec = parse_specification("0.8.0", [{"name": "kitchen", "port": 40000, "access": access, **instance}], {}, ZONES)
    return policy([placed(item, NETWORK) for item in spec.present], spec.zones, {"kitchen": NETWORK})


def test_addresses_are_those_that_a_router_leads_to() -> None:
    assert [way["addresses"] for way in told(["home"])] == [["192.168.10.5", "2001:db8:1::5"]]
    assert [way["addresses"] for way in told(["home"], bind={"address": "192.168.10.5"})] == [["192.168.10.5"]]


def test_hours_are_data_and_whom_only_the_host_knows_is_named() -> None:
    (way,) = told(["wide", "guests", "cards"])
    assert way["zones"] == [
        {"zone": "cards", "networks": ["10.0.0.0/8"]},
        {"zone": "wide", "networks": ["192.168.0.0/16"], "hours": "08:00-22:00", "days": ["monday"]},
    ]
    assert way["host_alone"] == ["cards", "guests"]


def test_what_nobody_can_reach_is_not_told() -> None:
    assert told([], bind={"loopback": True}) == []


def test_the_table_drops_what_goes_to_the_port_and_nothing_else() -> None:
    found = router_table(told(["home", "wide"]))
    (forward,) = [item for item in found.chains if item.hook]
    assert forward.rules == (
        "ip daddr { 192.168.10.5 } tcp dport 40000 goto door_kitchen",
        "ip6 daddr { 2001:db8:1::5 } tcp dport 40000 goto door_kitchen",
    )
    (door,) = [item for item in found.chains if not item.hook]
    assert door.rules[-1] == "counter drop"
    # The networks of one zone lie within the other's.
    assert [item.elements for item in found.sets] == [("192.168.0.0/16",), ("2001:db8:1::/64",)]


def test_without_zones_nobody_comes_through() -> None:
    (door,) = [item for item in router_table(told([])).chains if not item.hook]
    assert door.rules == ("counter drop",)
