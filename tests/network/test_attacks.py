# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attacks from the network, in each family: they succeed against librespot under its authors' unit, and fail with ours.

What happens during a boot is in test_follow.py, and a published port in test_published.py.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import pytest

from tests.attacks.deployment import APPLY, BASELINES, OURS, PORT, baseline
from tests.attacks.hosts import until
from tests.attacks.login import encoded, form, malformed
from tests.attacks.tables import show
from tests.network.site import (
    ANSWERING,
    BOUND,
    FAMILIES,
    FAR,
    GUEST,
    INTERFACES,
    LAN,
    STRANGER,
    TRUSTED,
    Site,
    address,
    everywhere,
)
from tests.network.test_zones import FLOODER
from tests.support.plays import Controller
from tools.lab.segments import namespace

IDLE = 5000
LOGINS = 25
"""Worthless logins of a trusted host, in each family."""
ROUNDS = 10
BACK_S = 30.0
"""On an emulated processor; in a container it is less than 10 s (tests/attacks)."""

_ZONES = {
    "home": {"networks": everywhere(TRUSTED)},
    # Trusted too, and with no share to keep within: what withstands then is the instance.
    "lab": {"networks": everywhere(GUEST), "rate": "99999/second", "connections": 1024},
}


@dataclass(frozen=True)
class Victim:
    """An instance that is attacked in one *family*."""

    host: Site
    family: int
    unit: str
    port: int
    name: str

    def asked(self, who: int, segment: str = LAN, at: str = LAN) -> tuple[str, str, str, int]:
        """Return a question of *who* on a *segment* for the machine's address on the segment *at*."""
        return ("get_info", address(segment, who, self.family), address(at, ANSWERING, self.family), self.port)

    def answers(self, who: int) -> bool:
        """Tell whether *who* is answered."""
        return self.host.ask(LAN, [self.asked(who)]) == [True]

    def arrived(self, who: int, bodies: Iterable[bytes]) -> int:
        """Send logins as *who*; return how many arrived."""
        way = ("post", *self.asked(who)[1:])
        return sum(self.host.ask(LAN, [(*way, base64.b64encode(body).decode()) for body in bodies]))

    def login(self) -> dict[str, object]:
        """Return what a login is made from, as whoever may ask learns it."""
        said: dict[str, object] = self.host.ask(LAN, [("info", *self.asked(GUEST)[1:])])[0]
        return said


def _get_info(victim: Victim) -> str:
    asked = [(segment, victim.asked(STRANGER, segment, at)) for segment in INTERFACES for at in INTERFACES]
    answers = [victim.host.ask(segment, [question])[0] for segment, question in asked]
    return f"answered at {sum(answers)} of {len(answers)}"


def _wrong_interface(victim: Victim) -> str:
    answers = victim.host.ask(FAR, [victim.asked(TRUSTED, FAR, at) for at in INTERFACES])
    return f"answered at {sum(answers)} of {len(answers)}"


def _mdns(victim: Victim) -> str:
    said = victim.host.ask(FAR, [("mdns", address(FAR, STRANGER, victim.family), True)] * 3)
    return "learns its name" if any(victim.name in answer for answer in said) else "learns nothing"


def _malformed(victim: Victim) -> str:
    bodies = malformed(victim.login()).values()
    arrived = victim.arrived(STRANGER, bodies)
    return {0: "none arrives", len(bodies): "all arrive"}.get(arrived, f"{arrived} arrive")


def _worthless(victim: Victim) -> str:
    info, before = victim.login(), victim.host.process(victim.unit)
    arrived = victim.arrived(STRANGER, [encoded(form(info, "nobody")) for _unused in range(50)])
    gone = arrived and until(lambda: victim.host.process(victim.unit) != before, 20, "it ends")
    return f"{'at least 1' if arrived else 'none'} of 50 arrives, {'it ends' if gone else 'it runs on'}"


def _idle(victim: Victim) -> str:
    flood = ["ip", "netns", "exec", namespace(victim.host.name, LAN), sys.executable, "-c", FLOODER]
    _way, source, target, port = victim.asked(TRUSTED)
    with subprocess.Popen(
        [*flood, source, target, str(port), str(IDLE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        served = victim.answers(GUEST)
        process.communicate(input="")
    return "another source is served" if served else "another source is shut out"


ATTACKS = {
    "1. getInfo of a stranger, on both segments": (_get_info, "answered at 4 of 4", "answered at 0 of 4"),
    "3. mDNS of a stranger on the other segment": (_mdns, "learns its name", "learns nothing"),
    "8. a trusted host at the wrong interface": (_wrong_interface, "answered at 2 of 2", "answered at 0 of 2"),
    "6. malformed logins of a stranger": (_malformed, "all arrive", "none arrives"),
    "5. 5,000 idle connections of one source": (_idle, "another source is shut out", "another source is served"),
    "7. worthless logins of a stranger": (
        _worthless,
        "at least 1 of 50 arrives, it ends",
        "none of 50 arrives, it runs on",
    ),
}


@pytest.fixture(scope="module")
def site(controller: Controller) -> Site:
    """Return the machine with a speaker that trusts two hosts of its segment."""
    instance = {**BOUND, "access": list(_ZONES)}
    controller.converge(APPLY, {"librespot_instances": [instance], "librespot_zones": _ZONES})
    assert isinstance(controller.host, Site)
    return controller.host


def _victims(site: Site, family: int) -> tuple[Victim, Victim]:
    unit = baseline(site, "upstream")
    theirs = Victim(site, family, unit, BASELINES["upstream"], "attacked-upstream")
    return theirs, Victim(site, family, OURS, PORT, "Kitchen")


@pytest.mark.parametrize("family", FAMILIES)
def test_from_the_network(site: Site, family: int) -> None:
    rows = []
    for name, (attack, _succeeds, _fails) in ATTACKS.items():
        theirs, ours = _victims(site, family)
        until(partial(ours.answers, GUEST), 30, "ours answers")
        rows.append([name, attack(theirs), attack(ours)])
    show(f"attacks from the network, IPv{family}, on {site.image}", ["attack", "upstream", "ours"], rows)
    assert [row[1:] for row in rows] == [[succeeds, fails] for _attack, succeeds, fails in ATTACKS.values()]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_trusted_host_with_logins_that_are_wrong_does_little(site: Site, family: int) -> None:
    theirs, ours = _victims(site, family)
    lines, limit, sent = {}, 0.0, 0
    for victim in (theirs, ours):
        bodies = list(malformed(victim.login()).values()) * ROUNDS
        sent = len(bodies)
        before, since, begun = site.show(victim.unit, "MainPID", "NRestarts"), site.now(), time.monotonic()
        assert victim.arrived(GUEST, bodies) == sent
        assert site.show(victim.unit, "MainPID", "NRestarts") == before
        until(partial(victim.answers, GUEST), 30, "it answers still")
        lines[victim.port] = len(site.journal(victim.unit, since))
        # LogRateLimitBurst= in each LogRateLimitIntervalSec= of ours, which journald multiplies by up to 6 where disks
        # are large (journald.conf(5)); and once for each how many it left out.
        limit = 601 * ((time.monotonic() - begun) // 30 + 1)
    times = [_knocked_out(ours) for _unused in range(LOGINS)]
    show(
        f"wrong logins of a trusted host, IPv{family}, on {site.image}",
        [
            f"lines of the log for {sent} malformed ones, upstream",
            "ours",
            f"back after each of {LOGINS} worthless ones",
        ],
        [[str(lines[theirs.port]), str(lines[ours.port]), f"{max(times):.1f} s at most"]],
    )
    assert lines[ours.port] <= limit < lines[theirs.port]
    assert max(times) < BACK_S
    assert site.show(OURS, "ActiveState")["ActiveState"] == "active"


def _knocked_out(victim: Victim) -> float:
    """Hand over a worthless login; return the seconds after which the instance answers as a new process."""
    before = victim.host.process(victim.unit)
    assert victim.arrived(GUEST, [encoded(form(victim.login(), "nobody"))]) == 1
    return until(
        lambda: victim.answers(GUEST) and victim.host.process(victim.unit) not in (before, 0),
        BACK_S,
        f"{victim.unit} answers again",
    )
