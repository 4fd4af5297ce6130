# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Segments: what can be written, and what is refused, with the path and what would be right."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.bind import INTERFACE, OFF, Bind
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork, placed
from ansible_collections.hardened.librespot.plugins.module_utils.model.segment import (
    SEGMENT_INTERFACE,
    Segment,
    card,
    parse_segment,
)

KITCHEN = {"parent": "eth0", "vlan": 20, "addresses": ["192.168.20.5/24"], "gateways": ["192.168.20.1"]}
HOST = HostNetwork({"lo": ("127.0.0.1",), "eth0": ("10.0.0.2",), "wlan0": ("10.0.1.2",)}, "eth0", frozenset({"wlan0"}))


def parsed(*segments: Any, **more: Any) -> Specification:
    instances = [{"name": f"room-{at}", "segment": segment, **more} for at, segment in enumerate(segments)]
    return parse_specification("0.8.0", instances)


def test_a_segment_is_read_with_its_router_as_resolver() -> None:
    assert parse_segment(KITCHEN, "segment") == Segment(
        "eth0", 20, ("192.168.20.5/24",), ("192.168.20.1",), ("192.168.20.1",)
    )


def test_without_a_tag_it_is_a_macvlan_and_ipv6_may_have_a_router_of_the_link() -> None:
    both = {
        "parent": "br-lan",
        "addresses": ["192.168.20.5/24", "2001:db8:20::5/64"],
        "gateways": ["192.168.20.1", "fe80::1"],
        "resolvers": ["2001:db8::53", "2001:db8::53"],
    }
    found = parse_segment(both, "segment")
    assert found == Segment("br-lan", 0, tuple(both["addresses"]), tuple(both["gateways"]), ("2001:db8::53",))
    assert found.link == "macvlan of br-lan"


def test_all_of_it_can_come_with_a_lease() -> None:
    assert parse_segment({"parent": "eth0", "dhcp": True}, "segment") == Segment("eth0", dhcp=True)


def test_nothing_is_no_segment() -> None:
    assert parse_segment(None, "segment") is None
    assert parsed(None).instances[0].namespace == ""


def test_its_instance_is_bound_to_the_one_interface_in_it() -> None:
    (item,) = parsed(KITCHEN).instances
    assert (item.bind, item.namespace) == (Bind(INTERFACE, SEGMENT_INTERFACE), "librespot-room-0")
    assert placed(item, HOST).interface == SEGMENT_INTERFACE


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"parent": None}, "segment.parent", "is not an interface"),
        ({"parent": "lo"}, "segment.parent", "leads nowhere"),
        ({"vlan": 0}, "segment.vlan", "is out of range"),
        ({"vlan": 4095}, "segment.vlan", "is out of range"),
        ({"vlan": True}, "segment.vlan", "is not a whole number"),
        ({"addresses": None}, "segment.addresses", "has to have 1 to 8 addresses"),
        ({"addresses": []}, "segment.addresses", "has to have 1 to 8 addresses"),
        ({"addresses": "192.168.20.5/24"}, "segment.addresses", "is not a list"),
        ({"addresses": ["192.168.20.5"]}, "segment.addresses[0]", "is not an address with a length"),
        ({"addresses": [5]}, "segment.addresses[0]", "is not an address with a length"),
        ({"addresses": ["192.168.20.0/24"]}, "segment.addresses[0]", "is the network itself"),
        ({"addresses": ["192.168.20.255/24"]}, "segment.addresses[0]", "is the network itself"),
        ({"addresses": ["fe80::5/64"]}, "segment.addresses[0]", "cannot be an instance's address"),
        ({"addresses": ["224.0.0.5/24"]}, "segment.addresses[0]", "cannot be an instance's address"),
        ({"addresses": ["192.168.20.5/24", "192.168.20.5/16"]}, "segment.addresses[1]", "is there twice"),
        ({"gateways": None}, "segment.gateways", "is missing"),
        ({"gateways": ["192.168.21.1"]}, "segment.gateways[0]", "is not in the networks of the addresses"),
        ({"gateways": ["192.168.20.5"]}, "segment.gateways[0]", "is not in the networks of the addresses"),
        ({"gateways": ["192.168.20.255"]}, "segment.gateways[0]", "is not in the networks of the addresses"),
        ({"gateways": ["192.168.20.0"]}, "segment.gateways[0]", "is not in the networks of the addresses"),
        ({"gateways": ["2001:db8::1"]}, "segment.gateways[0]", "is not in the networks of the addresses"),
        ({"gateways": ["192.168.20.1", "192.168.20.2"]}, "segment.gateways", "has two of IPv4"),
        ({"gateways": ["192.168.20.0/24"]}, "segment.gateways[0]", "is not one address"),
        ({"resolvers": ["router"]}, "segment.resolvers[0]", "is not a network"),
        ({"gateway": "192.168.20.1"}, "segment.gateway", "is not known"),
        ({"dhcp": True}, "segment.addresses", "comes with the lease"),
        ({"dhcp": True, "addresses": []}, "segment.gateways", "comes with the lease"),
        ({"dhcp": "maybe"}, "segment.dhcp", "is neither true nor false"),
    ],
)
def test_what_is_not_right_is_refused_with_its_path(change: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(SpecificationError, match=re.escape(said)) as caught:
        parse_segment({**KITCHEN, **change}, "segment")
    assert caught.value.path == path


def test_an_address_of_another_instance_or_of_the_host_is_refused() -> None:
    wire = {"parent": "eth0", "gateways": ["192.168.20.1"]}
    both = [{**wire, "addresses": ["192.168.20.5/24"]}, {**wire, "addresses": ["192.168.20.6/24", "192.168.20.5/16"]}]
    with pytest.raises(SpecificationError, match=r"is that of .* too") as caught:
        parsed(*both)
    assert caught.value.path == "librespot_instances[1].segment.addresses[1]"
    (item,) = parsed({**wire, "addresses": ["10.0.0.2/24"], "gateways": ["10.0.0.1"]}).instances
    with pytest.raises(SpecificationError, match="is this host's own, on eth0"):
        placed(item, HOST)


def test_a_container_in_a_segment_is_on_no_bridge() -> None:
    instances = [{"name": "room-0", "segment": KITCHEN}, {"name": "room-1"}]
    inside, published = parse_specification("0.8.0", instances, deployment=CONTAINER).instances
    assert (inside.bridge, inside.namespace) == ("", "librespot-room-0")
    assert (published.bridge, published.namespace) == ("lsp-room-1", "")


def test_bind_beside_a_segment_is_refused_and_no_discovery_is_not() -> None:
    with pytest.raises(SpecificationError, match="contradicts segment"):
        parsed(KITCHEN, bind={"interface": "eth0"})
    login = '{"username": "someone", "auth_type": 1, "auth_data": "ZnJvbSBWYXVsdA=="}'
    silent = {"name": "office", "segment": KITCHEN, "bind": {"discovery": False}}
    (item,) = parse_specification("0.8.0", [silent], {"office": login}).instances
    assert (item.bind, placed(item, HOST).interface) == (Bind(OFF), "")


def test_a_zone_of_an_interface_of_the_host_cannot_reach_a_segment() -> None:
    zones = {"lan": {"interfaces": ["eth0"]}}
    with pytest.raises(SpecificationError, match="is of eth0, and the instance is bound to librespot0"):
        parse_specification("0.8.0", [{"name": "kitchen", "segment": KITCHEN, "access": ["lan"]}], None, zones)


def test_the_same_port_is_free_in_each_segment_and_the_same_tag_is_not() -> None:
    other = {**KITCHEN, "vlan": 21}
    assert [item.port for item in parsed(KITCHEN, other, None).instances] == [37879] * 3
    with pytest.raises(SpecificationError, match=r"that of librespot_instances\[0\] too") as caught:
        parsed(KITCHEN, {**KITCHEN, "addresses": ["192.168.20.6/24"]})
    assert caught.value.path == "librespot_instances[1].segment.vlan"


@pytest.mark.parametrize(("parent", "said"), [("eth7", "It has: eth0, wlan0"), ("wlan0", "Name a wired interface")])
def test_a_parent_that_cannot_carry_it_is_refused(parent: str, said: str) -> None:
    (item,) = parsed({**KITCHEN, "parent": parent}).instances
    with pytest.raises(SpecificationError) as caught:
        placed(item, HOST)
    assert said in caught.value.remedy


def test_the_card_is_the_same_at_every_boot_and_nobody_elses() -> None:
    first = card("0123456789abcdef", "kitchen")
    assert first == card("0123456789abcdef", "kitchen")
    assert len({first, card("0123456789abcdef", "hall"), card("fedcba9876543210", "kitchen")}) == 3
    assert re.fullmatch("02(:[0-9a-f]{2}){5}", first)
