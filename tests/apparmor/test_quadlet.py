# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Quadlet under its profile: it works, nothing starts without it, also after a boot, and the audit sees it gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apparmor.tried import NAME, PROFILE, judged_in, refusals, under_ours, unload
from tests.attacks.hosts import until
from tests.containers.mutation import dies
from tests.machine.machine import Machine
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.podman.quadlet import FILE, SERVICE, Quadlet
from tests.podman.test_audit import WANTED
from tests.support.hosts import lab
from tests.support.plays import Controller

# Debian 12's Podman knows no Quadlets.
pytestmark = pytest.mark.parametrize("controller", ["debian13"], indirect=True, scope="session")

_BOTH = "CON-07 profile kitchen, CFG-06 drift kitchen"
# What looks at its health would find that it cannot be started without the profile, and have it killed. After a while
# the audit misses it.
_UNLOADED = f"""
systemctl stop "$(podman container inspect --format '{{{{.Id}}}}' {NAME})*.timer"
printf %s {NAME} > /sys/kernel/security/apparmor/.remove
sleep 130
"""


def _written(script: str) -> str:
    return f"sed -i '{script}' {FILE}; systemctl daemon-reload; systemctl restart {SERVICE}; sleep 5"


MUTANTS = (
    Mutant("complain", f"apparmor_parser --replace --complain --skip-cache {PROFILE}", _BOTH),
    Mutant("unloaded", _UNLOADED, f"CON-10 health kitchen, {_BOTH}"),
    Mutant("made-without-it", _written(f"s/apparmor={NAME}/apparmor=unconfined/"), _BOTH),
    Mutant("under-the-engines-own", _written(f"s/[^ ]*apparmor={NAME}[^ ]*//"), _BOTH),
)


@pytest.fixture(scope="module")
def speaker(controller: Controller, host: Machine) -> Iterator[Quadlet]:
    """Return the machine with Podman and the kitchen as a Quadlet."""
    lab("builder", "up")
    host.packages("podman", "avahi-daemon")
    found = Quadlet(host, controller)
    found.converge()
    yield found
    found.converge(librespot_state="absent")
    assert host.run("test", "-e", PROFILE).returncode != 0
    assert NAME not in host.out("cat", "/sys/kernel/security/apparmor/profiles")


def test_it_runs_under_its_profile_and_stops_as_before(speaker: Quadlet, host: Machine) -> None:
    since = host.now()
    host.out("systemctl", "restart", SERVICE)
    until(lambda: speaker.answers, 60, "it answers")
    assert under_ours(host, speaker.main)
    until(lambda: speaker.inspect()["State"]["Health"]["Status"] == "healthy", 60, "the probe answers")
    host.out("systemctl", "stop", SERVICE)
    ended = host.show(SERVICE, "Result", "ExecMainStatus")
    host.out("systemctl", "start", SERVICE)
    until(lambda: speaker.answers, 60, "it answers")
    assert ended == {"Result": "success", "ExecMainStatus": "0"}
    assert refusals(host, since) == []


def test_the_next_run_changes_nothing_and_all_is_green(speaker: Quadlet, host: Machine) -> None:
    assert speaker.converge() == 0
    found = audit(host, WANTED)
    assert red(found) == {}
    assert [item["status"] for item in found if item["id"] == "CON-07"] == ["passed"]


def test_what_it_does_not_do_is_refused_and_logged(speaker: Quadlet, host: Machine, tries: Path) -> None:
    judged_in(speaker, host, tries)


def test_after_a_boot_it_answers_under_its_profile(speaker: Quadlet, host: Machine) -> None:
    boot = host.out("cat", "/proc/sys/kernel/random/boot_id")
    host.run("systemctl", "reboot")
    until(lambda: host.run("cat", "/proc/sys/kernel/random/boot_id").stdout not in ("", boot), 400, "it has booted")
    until(lambda: speaker.answers, 200, "it answers")
    assert under_ours(host, speaker.main)
    assert speaker.converge() == 0


def test_nothing_starts_without_it(speaker: Quadlet, host: Machine) -> None:
    unload(host)
    host.run("systemctl", "restart", SERVICE)
    assert not speaker.answers
    # systemd tries again and again: a container may be there, and gone a moment later, but does not run.
    assert NAME not in speaker.engine("ps", "--format", "{{.Names}}").split()
    assert speaker.converge() > 0
    assert under_ours(host, speaker.main)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(speaker: Quadlet, host: Machine, mutant: Mutant) -> None:
    dies(host, mutant, lambda: audit(host, WANTED, live=False), speaker.converge)
