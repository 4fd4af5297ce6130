# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container with a segment of its own on a machine with its own kernel: a VLAN, and what follows its parent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.network import trunk
from tests.network.site import FAMILIES, INTERFACES, LAN, STRANGER, TRUSTED, Site, address, opened
from tests.network.test_segment import BACK_S, OWN
from tests.support.plays import Controller

UNIT = f"{NAME}-segment.service"


@pytest.fixture(scope="module")
def engine(controller: Controller) -> Iterator[Speaker]:
    """Return the machine with an engine, and nothing of ours in it."""
    assert isinstance(controller.host, Site)
    controller.host.engine()
    found = Speaker(controller.host, controller)
    yield found
    found.converge(librespot_state="absent")
    found.host.shell("systemctl disable --quiet --now docker.socket docker.service")


@pytest.fixture(scope="module")
def tagged(engine: Speaker) -> Iterator[Site]:
    """Return the machine with a container in a VLAN of its trunk."""
    assert isinstance(engine.host, Site)
    trunk.lay(engine.host)
    wanted = {"segment": trunk.SEGMENT, "access": ["home"]}
    engine.converge(wanted, librespot_zones=trunk.ZONES)
    assert engine.converge(wanted, librespot_zones=trunk.ZONES) == 0
    yield engine.host
    engine.converge(librespot_state="absent")


def test_only_the_trusted_of_its_own_vlan_are_answered(tagged: Site) -> None:
    assert trunk.answered(tagged) == ["trusted, IPv4", "trusted, IPv6"]


def test_the_trunk_carries_it_with_its_tag_alone(tagged: Site) -> None:
    assert trunk.frames(tagged, ["docker", "restart", NAME]) == trunk.TAGGED_ALONE


def test_it_recovers_when_its_parent_is_removed_and_made_again(tagged: Site) -> None:
    assert trunk.replugged(tagged, UNIT) < BACK_S
    until(lambda: trunk.answered(tagged) == ["trusted, IPv4", "trusted, IPv6"], BACK_S, "the right are answered again")


def test_a_macvlan_is_filtered_from_the_first_packet_after_a_reboot(engine: Speaker) -> None:
    host = engine.host
    assert isinstance(host, Site)
    own = [f"{address(LAN, OWN, family)}/{24 if family == 4 else 64}" for family in FAMILIES]
    segment = {"parent": INTERFACES[LAN], "addresses": own, "gateways": [address(LAN, TRUSTED, 4)]}
    zones = {"home": {"networks": [address(LAN, TRUSTED, family) for family in FAMILIES]}}
    engine.converge({"segment": segment, "access": ["home"]}, librespot_zones=zones)
    who = [(number, family) for number in (TRUSTED, STRANGER) for family in FAMILIES]
    asked = [("get_info", address(LAN, number, family), address(LAN, OWN, family), PORT) for number, family in who]
    expected = [True, True, False, False]
    until(lambda: host.ask(LAN, asked) == expected, BACK_S, "it answers whom it trusts")
    boot = host.out("cat", "/proc/sys/kernel/random/boot_id")
    knocking = [host.knocking(LAN, STRANGER, address(LAN, OWN, family)) for family in FAMILIES]
    host.run("systemctl", "reboot")
    until(lambda: host.run("cat", "/proc/sys/kernel/random/boot_id").stdout not in ("", boot), 400, "it has booted")
    took = until(lambda: host.ask(LAN, asked) == expected, 200, "it answers whom it trusts")
    show(f"a container in a segment after a reboot of {host.image}", ["answers after"], [[f"{took:.0f} s"]])
    assert [opened(process) for process in knocking] == [[], []]
