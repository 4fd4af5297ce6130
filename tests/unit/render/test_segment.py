# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a segment."""

from __future__ import annotations

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    Instance,
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.segment import Segment
from ansible_collections.hardened.librespot.plugins.module_utils.render.segment import (
    batch,
    device_unit,
    resolver_file,
    segment_files,
    segment_table,
)

SEGMENT = {
    "parent": "br-lan",
    "addresses": ["192.168.20.5/24", "2001:db8:20::5/64"],
    "gateways": ["192.168.20.1"],
    "resolvers": ["192.168.20.53", "2001:db8:20::53"],
}


def kitchen(deployment: str = SYSTEMD, **more: object) -> tuple[Specification, Instance, Segment]:
    written = [{"name": "kitchen", "segment": {**SEGMENT, **more}}]
    spec = parse_specification("0.8.0", written, deployment=deployment)
    (item,) = spec.instances
    assert item.segment
    return spec, item, item.segment


def unit(followed: bool = True, deployment: str = SYSTEMD, **more: object) -> str:
    spec, item, segment = kitchen(deployment, **more)
    zones = [spec.zones[name] for name in item.access]
    files = segment_files(item, segment, zones, "02:00:00:00:00:01", followed)
    return files["/etc/systemd/system/librespot-kitchen-segment.service"]


def test_the_filter_is_there_before_the_interface_and_the_interface_before_its_addresses() -> None:
    steps = [line.split("=", 1)[1] for line in unit().splitlines() if line.startswith("ExecStart=")]
    assert [step.split()[1] for step in steps] == ["netns", "netns", "link", "-n"]
    assert "--table /etc/librespot/kitchen.nft" in steps[1]
    assert steps[2].endswith("netns librespot-kitchen address 02:00:00:00:00:01 type macvlan mode bridge")


def test_a_vlan_keeps_its_addresses_while_its_parent_is_down() -> None:
    assert "type vlan id 20 loose_binding on\n" in unit(vlan=20)


def test_the_parent_is_followed_where_udev_tells_of_it() -> None:
    device = r"sys-subsystem-net-devices-br\x2dlan.device"
    assert device_unit("br-lan") == device
    assert f"BindsTo={device}\n" in unit()
    assert f"WantedBy={device}\n" in unit()
    assert ".device" not in unit(followed=False)
    assert "WantedBy=multi-user.target\n" in unit(followed=False)


def test_addresses_routes_and_resolvers() -> None:
    _spec, _item, segment = kitchen()
    assert batch(segment).splitlines() == [
        "link set dev lo up",
        "address add 192.168.20.5/24 dev librespot0",
        "address add 2001:db8:20::5/64 dev librespot0 nodad",
        "link set dev librespot0 up",
        "route add default via 192.168.20.1 dev librespot0",
    ]
    assert resolver_file(segment) == "nameserver 192.168.20.53\nnameserver 2001:db8:20::53\n"


def test_the_table_inside_has_the_same_doors_and_no_way_through() -> None:
    spec, item, segment = kitchen()
    table = segment_table(item, [spec.zones[name] for name in item.access], segment)
    chains = {chain.name: chain for chain in table.chains}
    assert "policy drop" in chains["on_forward"].hook
    assert not chains["on_forward"].rules
    assert 'iifname != "librespot0" counter drop' in chains["door_kitchen"].rules
    sets = {item.name: item.elements for item in table.sets}
    assert (sets["resolvers_4"], sets["resolvers_6"]) == (("192.168.20.53",), ("2001:db8:20::53",))


def test_with_a_lease_the_resolvers_are_not_ours_to_write() -> None:
    spec = parse_specification("0.8.0", [{"name": "kitchen", "segment": {"parent": "eth0", "dhcp": True}}])
    (item,) = spec.instances
    assert item.segment
    zones = [spec.zones[name] for name in item.access]
    files = segment_files(item, item.segment, zones, "02:00:00:00:00:01", followed=True)
    assert "/etc/netns/librespot-kitchen/resolv.conf" not in files
    assert "CAP_NET_RAW" in files["/etc/systemd/system/librespot-kitchen-dhcp.service"]
    table = segment_table(item, zones, item.segment)
    assert [one.name for one in table.sets if one.kept] == ["resolvers_4", "resolvers_6"]
    assert "flush set inet librespot resolvers_4" not in table.transaction()


def steps(text: str, kind: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{kind}=")]


def test_for_a_container_the_filter_is_in_its_holders_network_before_the_interface() -> None:
    text = unit(deployment=CONTAINER)
    before = [step for step in steps(text, "ExecStartPre") if not step.startswith("-")]
    assert [step.partition(" --container")[0].rpartition(" ")[2] for step in before if "keeper.py" in step] == [
        "attach",
        "bring",
    ]
    order = [before.index(step) for step in before if "netns exec" in step or "link add" in step or "-batch" in step]
    assert order == [1, 2, 3]
    assert "--table /etc/librespot/kitchen.nft" in before[1]
    assert steps(text, "ExecStart")[0].split("keeper.py ")[1].startswith("follow ")
    assert "--holder librespot-kitchen-segment --namespace librespot-kitchen" in text


def test_for_a_container_what_was_there_goes_first_and_last() -> None:
    text = unit(deployment=CONTAINER)
    gone = [
        "-/usr/sbin/ip -n librespot-kitchen link delete librespot0",
        "-/usr/sbin/ip netns delete librespot-kitchen",
    ]
    assert steps(text, "ExecStartPre")[:2] == gone
    assert steps(text, "ExecStopPost") == gone


def test_for_a_container_it_comes_and_goes_with_the_engine_and_never_starts_it() -> None:
    text = unit(deployment=CONTAINER)
    assert [steps(text, kind) for kind in ("Requisite", "PartOf", "Restart")] == [
        ["docker.service"],
        ["docker.service"],
        ["always"],
    ]
    assert steps(text, "WantedBy") == [r"sys-subsystem-net-devices-br\x2dlan.device docker.service"]
    assert not steps(text, "Wants")
    assert "docker" not in unit()


def test_only_a_lease_is_watched_for_another_address() -> None:
    assert "--lease" not in unit(deployment=CONTAINER)
    leased = unit(deployment=CONTAINER, addresses=[], gateways=[], resolvers=[], dhcp=True)
    assert steps(leased, "ExecStart")[0].endswith(" --lease")
