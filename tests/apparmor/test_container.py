# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container under its profile: it works, what it does not do is refused and logged, and nothing starts without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apparmor.tried import ENFORCED, NAME, PROFILE, judged_in, label, refusals, unload
from tests.attacks.deployment import HERE, KITCHEN, ZONES, compiled
from tests.attacks.hosts import until
from tests.containers import hijacked
from tests.containers.mutation import dies, made_again
from tests.containers.plain import NAME as PLAIN
from tests.containers.speaker import Speaker
from tests.machine.machine import Machine
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.support.hosts import lab
from tests.support.plays import Controller

WANTED: dict[str, Any] = {"instances": [KITCHEN], "zones": ZONES, "deployment": "container"}
# To make memory code that is on no file system has no path to look at; a plain container is kept from none of that, and
# ours by its filter of system calls. A program that runs is busy, which the kernel says before it asks AppArmor.
UNSEEN = {
    *("map_writable_code", "make_data_code", "map_code_from_memory", "attach_shared_code", "write_binary"),
    # Nor of a ring that nothing is put into; Debian 12's engine lets it be made.
    "io_uring",
}
"""Attacks that a profile does not refuse by itself."""

_BOTH = "CON-07 profile kitchen, CFG-06 drift kitchen"
# Without it the health check cannot be started, so that the container would be started anew, and not come up.
_UNLOADED = f"""
systemctl stop hardened-librespot-containers.timer
printf %s {NAME} > /sys/kernel/security/apparmor/.remove
for _try in $(seq 90); do
  docker inspect --format '{{{{.State.Health.Status}}}}' {NAME} | grep -q unhealthy && break
  sleep 1
done
"""

MUTANTS = (
    Mutant("complain", f"apparmor_parser --replace --complain --skip-cache {PROFILE}", _BOTH),
    Mutant("unloaded", _UNLOADED, f"CON-10 health kitchen, CFG-06 drift host, {_BOTH}"),
    Mutant("made-without-it", made_again("apparmor", "apparmor=unconfined"), _BOTH),
    Mutant("under-the-engines-own", made_again("apparmor"), _BOTH),
)


@pytest.fixture(scope="module")
def speaker(controller: Controller, host: Machine) -> Iterator[Speaker]:
    """Return the machine with an engine and the kitchen in a container."""
    lab("builder", "up")
    host.engine()
    host.packages("iptables", "avahi-daemon")
    found = Speaker(host, controller)
    found.converge()
    yield found
    found.converge(librespot_state="absent")
    assert host.run("test", "-e", PROFILE).returncode != 0
    assert NAME not in host.out("cat", "/sys/kernel/security/apparmor/profiles")


def test_it_runs_under_its_profile_and_stops_as_before(speaker: Speaker, host: Machine) -> None:
    since = host.now()
    speaker.docker("restart", NAME)
    until(lambda: speaker.answers, 30, "it answers")
    assert label(host, speaker.inspect()["State"]["Pid"]) == ENFORCED
    until(lambda: speaker.inspect()["State"]["Health"]["Status"] == "healthy", 60, "the probe answers")
    speaker.docker("stop", NAME)
    code = speaker.inspect()["State"]["ExitCode"]
    speaker.docker("start", NAME)
    until(lambda: speaker.answers, 30, "it answers")
    assert code == 0
    assert refusals(host, since) == []


def test_the_next_run_changes_nothing_and_all_is_green(speaker: Speaker, host: Machine) -> None:
    assert speaker.converge() == 0
    found = audit(host, WANTED)
    assert red(found) == {}
    assert [item["status"] for item in found if item["id"] == "CON-07"] == ["passed"]


def test_what_it_does_not_do_is_refused_and_logged(speaker: Speaker, host: Machine, tries: Path) -> None:
    judged_in(speaker, host, tries)


def test_from_inside(speaker: Speaker, host: Machine, tmp_path: Path) -> None:
    """The attacks of the containers' own test, where the kernel enforces AppArmor; and against our profile alone."""
    with hijacked.baited(speaker, compiled(HERE / "probe" / "probe.c", tmp_path)):
        theirs = hijacked.attempts(speaker, PLAIN)
        alone = hijacked.attempts(speaker, PLAIN, security=[f"apparmor={NAME}"])
        ours = hijacked.attempts(speaker, NAME)
    hijacked.judge(f"from inside a container, on {host.image}", theirs, ours, **{"plain, under our profile": alone})
    assert (theirs.profile, alone.profile, ours.profile) == ("docker-default (enforce)", ENFORCED, ENFORCED)
    assert alone.wins <= UNSEEN


def test_nothing_starts_without_it(speaker: Speaker, host: Machine) -> None:
    unload(host)
    host.run("docker", "restart", NAME)
    assert not speaker.inspect()["State"]["Running"]
    assert not speaker.answers
    assert speaker.converge() > 0
    assert label(host, speaker.inspect()["State"]["Pid"]) == ENFORCED


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(speaker: Speaker, host: Machine, mutant: Mutant) -> None:
    dies(host, mutant, lambda: audit(host, WANTED, live=False), speaker.converge)
