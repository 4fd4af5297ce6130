# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Quadlet on a machine with its own kernel: who is answered at what it publishes, also while the machine boots."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network.site import (
    ANSWERING,
    BOUND,
    FAMILIES,
    FAR,
    LAN,
    STRANGER,
    TRUSTED,
    ZONES,
    Site,
    address,
    opened,
    right,
)
from tests.podman.quadlet import Quadlet
from tests.support.plays import Controller

# Debian 12's Podman knows no Quadlets.
pytestmark = pytest.mark.parametrize("controller", ["debian13"], indirect=True, scope="session")

BOOT_S, BACK_S = 400, 200


def _asked(family: int) -> tuple[str, str, str, int]:
    return ("get_info", address(LAN, TRUSTED, family), address(LAN, ANSWERING, family), PORT)


@pytest.fixture(scope="module")
def published(controller: Controller) -> Iterator[Site]:
    """Return the machine with a Quadlet that is bound to one of its segments."""
    host = controller.host
    assert isinstance(host, Site)
    host.packages("podman", "avahi-daemon")
    running = Quadlet(host, controller)
    running.converge(librespot_state="absent", librespot_container_engine="docker", librespot_deployment="systemd")
    running.converge(BOUND, librespot_zones=ZONES)
    yield host
    running.converge(librespot_state="absent")


def test_the_trusted_of_its_segment_alone_are_answered(published: Site) -> None:
    found = published.answered()
    assert found == right(list(found))


def test_during_a_boot_no_stranger_is_answered(published: Site) -> None:
    who = {
        f"{name}, IPv{family}": (segment, number, address(segment, ANSWERING, family))
        for family in FAMILIES
        for name, segment, number in (("trusted", LAN, TRUSTED), ("stranger", LAN, STRANGER), ("far", FAR, TRUSTED))
    }
    # From before the machine goes down, so that none of its packets is missed.
    begun = {name: published.knocking(*how) for name, how in who.items()}
    boot = published.out("cat", "/proc/sys/kernel/random/boot_id")
    published.run("systemctl", "reboot")
    until(
        lambda: published.run("cat", "/proc/sys/kernel/random/boot_id").stdout not in ("", boot),
        BOOT_S,
        "it has booted",
    )
    asked = [_asked(family) for family in FAMILIES]
    took = until(lambda: published.ask(LAN, asked) == [True, True], BACK_S, "it answers whom it trusts")
    ends = {name: len(opened(process)) for name, process in begun.items()}
    show(
        f"a Quadlet during a boot of {published.image}, up {took:.0f} s after the log-in",
        ["who", "let in"],
        [[name, f"{times} times"] for name, times in ends.items()],
    )
    assert {name for name, times in ends.items() if times} == {f"trusted, IPv{family}" for family in FAMILIES}
