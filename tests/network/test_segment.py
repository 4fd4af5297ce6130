# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A segment of an instance's own: who reaches it, what it reaches, and what is on the wire."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, OURS, PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network import trunk
from tests.network.site import ANSWERING, FAMILIES, INTERFACES, LAN, STRANGER, TRUSTED, Site, address, opened
from tests.support.plays import Controller

HIGHEST_EXPOSURE = 0.6
BACK_S = 60.0
OWN = 5
"""Last part of the address of an instance with a macvlan on the machine's segment."""

# Connects from the network of a process, as root, so that no rule for a user is what stops it.
_REACH = """
import socket, sys
for target in sys.argv[1:]:
    host, port = target.rsplit("/", 1)
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
        print(target, "reached")
    except OSError as error:
        print(target, type(error).__name__)
"""

# Sends a datagram to where the instance may, while it is described.
_SEND = """
import socket, sys
host, port = sys.argv[1].rsplit("/", 1)
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (host, int(port)))
    print(sys.argv[1], "sent")
except OSError as error:
    print(sys.argv[1], type(error).__name__)
"""


def _deployed(controller: Controller, segment: Mapping[str, Any], networks: list[str]) -> Site:
    instance = {**KITCHEN, "segment": dict(segment), "access": ["home"]}
    wanted = {"librespot_instances": [instance], "librespot_zones": {"home": {"networks": networks}}}
    controller.converge(APPLY, wanted)
    assert controller.converge(APPLY, wanted).recap(controller.host)["changed"] == 0
    assert isinstance(controller.host, Site)
    return controller.host


@pytest.fixture(scope="module")
def tagged(controller: Controller) -> Iterator[Site]:
    """Return the machine with a speaker in a VLAN of its trunk."""
    assert isinstance(controller.host, Site)
    trunk.lay(controller.host)
    yield _deployed(controller, trunk.SEGMENT, list(trunk.TRUSTED.values()))
    controller.converge(APPLY, {"librespot_state": "absent"})


@pytest.fixture(scope="module")
def macvlan(controller: Controller) -> Iterator[Site]:
    """Return the machine with a speaker that has an address of its own on one of its segments."""
    own = [f"{address(LAN, OWN, family)}/{24 if family == 4 else 64}" for family in FAMILIES]
    segment = {"parent": INTERFACES[LAN], "addresses": own, "gateways": [address(LAN, TRUSTED, 4)]}
    yield _deployed(controller, segment, [address(LAN, TRUSTED, family) for family in FAMILIES])
    controller.converge(APPLY, {"librespot_state": "absent"})


def test_on_its_way_into_a_segment_nobody_else_is_answered(controller: Controller) -> None:
    host = controller.host
    assert isinstance(host, Site)
    zones = {"home": {"networks": [address(LAN, TRUSTED, family) for family in FAMILIES]}}
    here = {**KITCHEN, "bind": {"interface": INTERFACES[LAN]}, "access": ["home"]}
    controller.converge(APPLY, {"librespot_instances": [here], "librespot_zones": zones})
    who = [(number, family) for number in (TRUSTED, STRANGER) for family in FAMILIES]
    asked = [
        ("get_info", address(LAN, number, family), address(LAN, ANSWERING, family), PORT) for number, family in who
    ]
    until(lambda: host.ask(LAN, asked) == [True, True, False, False], BACK_S, "it answers on the host's network")
    own = [f"{address(LAN, OWN, family)}/{24 if family == 4 else 64}" for family in FAMILIES]
    segment = {"parent": INTERFACES[LAN], "addresses": own, "gateways": [address(LAN, TRUSTED, 4)]}
    there = {**KITCHEN, "segment": segment, "access": ["home"]}
    # As far as a run comes that is killed after the firewall's step.
    tasks = [{"hardened.librespot.firewall": {"instances": [there], "zones": zones}}]
    playbook = controller.playbook(*tasks)
    controller.converge(playbook, {})
    assert host.show(OURS, "ActiveState") == {"ActiveState": "active"}
    assert host.ask(LAN, asked) == [False] * 4
    controller.converge(APPLY, {"librespot_instances": [here], "librespot_zones": zones})
    knocking = [host.knocking(LAN, STRANGER, address(LAN, ANSWERING, family)) for family in FAMILIES]
    controller.converge(APPLY, {"librespot_instances": [there], "librespot_zones": zones})
    assert [opened(process) for process in knocking] == [[], []]
    controller.converge(APPLY, {"librespot_state": "absent"})


def test_only_the_trusted_of_its_own_vlan_are_answered(tagged: Site) -> None:
    assert trunk.answered(tagged) == ["trusted, IPv4", "trusted, IPv6"]


def test_the_trunk_carries_it_with_its_tag_alone(tagged: Site) -> None:
    assert trunk.frames(tagged, ["systemctl", "restart", OURS]) == trunk.TAGGED_ALONE


def test_nothing_of_the_host_can_be_reached_from_inside(tagged: Site) -> None:
    tagged.shell("systemctl is-active -q ssh")
    near = [f"{host}/22" for host in (trunk.HOST, "127.0.0.1", address(LAN, ANSWERING, 4), trunk.ELSEWHERE)]
    pid = str(tagged.process(OURS))
    reach = ["python3", "-Ic", _REACH, *near]
    outside, inside = tagged.out(*reach), tagged.out("nsenter", "--target", pid, "--net", *reach)
    pairs = zip(outside.splitlines(), inside.splitlines(), strict=True)
    rows = [[*one.split(), other.split()[1]] for one, other in pairs]
    show(f"from the segment on {tagged.image}", ["to", "from the host", "from the segment"], rows)
    assert [row[1] for row in rows[:3]] == ["reached"] * 3
    assert "reached" not in [row[2] for row in rows]


def test_its_exposure_is_lower_than_on_the_hosts_network(tagged: Site) -> None:
    said = tagged.out("systemd-analyze", "security", "--no-pager", OURS)
    match = re.search(r"exposure level for \S+: (\d\.\d)", said)
    assert match
    show(f"exposure in a segment on {tagged.image}", ["score"], [[match.group(1)]])
    assert float(match.group(1)) <= HIGHEST_EXPOSURE


def test_a_segment_that_was_changed_by_hand_is_made_anew(tagged: Site, controller: Controller) -> None:
    tagged.out("ip", "-n", "librespot-kitchen", "link", "add", "stray", "type", "dummy")
    tagged.out("ip", "-n", "librespot-kitchen", "address", "add", "192.168.20.99/24", "dev", "librespot0")
    tagged.out("ip", "netns", "exec", "librespot-kitchen", "nft", "flush", "ruleset")
    _deployed(controller, trunk.SEGMENT, list(trunk.TRUSTED.values()))
    assert "stray" not in tagged.out("ip", "-n", "librespot-kitchen", "link")
    assert "192.168.20.99" not in tagged.out("ip", "-n", "librespot-kitchen", "address")
    until(lambda: trunk.answers(tagged), BACK_S, "it answers again")
    assert trunk.ask(tagged, [("get_info", trunk.STRANGER[4], trunk.OWN[4], PORT)]) == [False]


def test_it_recovers_when_its_parent_goes_down_and_up(tagged: Site) -> None:
    tagged.out("ip", "link", "set", trunk.PARENT, "down")
    assert not trunk.answers(tagged)
    tagged.out("ip", "link", "set", trunk.PARENT, "up")
    took = until(lambda: trunk.answers(tagged), BACK_S, "it answers again")
    show(f"parent down and up on {tagged.image}", ["answers after"], [[f"{took:.0f} s"]])
    assert "default via" in tagged.out("ip", "-n", "librespot-kitchen", "route")


def test_it_recovers_when_its_parent_is_removed_and_made_again(tagged: Site) -> None:
    assert trunk.replugged(tagged, OURS) < BACK_S


def test_one_that_nobody_describes_is_sealed_off_in_its_segment(tagged: Site, controller: Controller) -> None:
    only = {"librespot_instances": [{**BEDROOM, "access": ["home"]}]}
    wanted = {**only, "librespot_zones": {"home": {"networks": list(trunk.TRUSTED.values())}}}
    names = f"{trunk.ROUTER}/53"
    pid = str(tagged.process(OURS))
    send = ["nsenter", "--target", pid, "--net", "setpriv", "--reuid=librespot-kitchen", "--clear-groups"]
    send += ["python3", "-Ic", _SEND, names]
    assert (trunk.answers(tagged), tagged.out(*send).split()[1]) == (True, "sent")
    controller.converge(APPLY, wanted)
    assert controller.converge(APPLY, wanted).recap(tagged)["changed"] == 0
    assert tagged.show(OURS, "ActiveState") == {"ActiveState": "active"}
    assert (trunk.answers(tagged), tagged.out(*send).split()[1]) == (False, "PermissionError")
    _deployed(controller, trunk.SEGMENT, list(trunk.TRUSTED.values()))
    until(lambda: trunk.answers(tagged), BACK_S, "it answers again")


def test_a_macvlan_has_an_address_of_its_own_also_after_a_reboot(macvlan: Site) -> None:
    pairs = [
        (address(LAN, who, family), address(LAN, OWN, family)) for who in (TRUSTED, STRANGER) for family in FAMILIES
    ]
    asked = [("get_info", *pair, PORT) for pair in pairs]
    expected = [True, True, False, False]
    assert macvlan.ask(LAN, asked) == expected
    as_host = [("get_info", address(LAN, ANSWERING, family), address(LAN, OWN, family), PORT) for family in FAMILIES]
    assert trunk.ask_as_host(macvlan, as_host) == [False, False]
    assert "kitchen" in macvlan.ask(LAN, [("mdns", address(LAN, TRUSTED, 4))])[0].lower()
    boot = macvlan.out("cat", "/proc/sys/kernel/random/boot_id")
    card = macvlan.out("ip", "-n", "librespot-kitchen", "-br", "link", "show", "librespot0").split()[2]
    macvlan.run("systemctl", "reboot")
    until(lambda: macvlan.run("cat", "/proc/sys/kernel/random/boot_id").stdout not in ("", boot), 400, "it has booted")
    until(lambda: macvlan.ask(LAN, asked) == expected, 120, "it answers whom it trusts")
    assert macvlan.out("ip", "-n", "librespot-kitchen", "-br", "link", "show", "librespot0").split()[2] == card


def test_an_address_can_come_by_dhcp_and_is_kept(controller: Controller) -> None:
    host = controller.host
    assert isinstance(host, Site)
    trunk.lay(host)
    trunk.serve_leases(host)
    zones = {"home": {"networks": [trunk.ELSEWHERE]}}
    segment = {"parent": trunk.PARENT, "vlan": trunk.OTHER_VLAN, "dhcp": True}
    wanted = {
        "librespot_instances": [{**KITCHEN, "segment": segment, "access": ["home"]}],
        "librespot_zones": zones,
    }
    controller.converge(APPLY, wanted)
    assert controller.converge(APPLY, wanted).recap(host)["changed"] == 0
    asked = [("get_info", trunk.ELSEWHERE, trunk.LEASED, PORT)]
    until(lambda: trunk.ask(host, asked) == [True], BACK_S, "it answers at the address of its lease")
    assert trunk.ELSEWHERE in host.out("cat", "/etc/netns/librespot-kitchen/resolv.conf")
    assert trunk.ELSEWHERE in host.out(
        "ip", "netns", "exec", "librespot-kitchen", "nft", "list", "set", "inet", "librespot", "resolvers_4"
    )
    time.sleep(trunk.LEASE_S)
    assert trunk.ask(host, asked) == [True]
    controller.converge(APPLY, {"librespot_state": "absent"})


def test_its_removal_leaves_nothing(macvlan: Site, controller: Controller) -> None:
    controller.converge(APPLY, {"librespot_state": "absent"})
    assert "librespot" not in macvlan.run("ip", "netns").stdout
    assert not [name for name in macvlan.snapshot() if "kitchen" in name or "netns" in name]
