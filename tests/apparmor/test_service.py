# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service under its profile: it works, what it does not do is refused and logged, and nothing starts without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apparmor.tried import ENFORCED, NAME, PROFILE, judge, label, refusals, results, unload
from tests.attacks.deployment import APPLY, KITCHEN, OURS, PORT, ZONES, deploy, specified
from tests.attacks.hosts import until
from tests.machine.machine import Machine
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.support.plays import Controller

STOP_S = 3.0
WANTED: dict[str, Any] = {"instances": [KITCHEN], "zones": ZONES}
_BOTH = "CFG-02 profile kitchen, CFG-06 drift kitchen"

MUTANTS = (
    Mutant("complain", f"apparmor_parser --replace --complain --skip-cache {PROFILE}", _BOTH),
    Mutant("unloaded", f"printf %s {NAME} > /sys/kernel/security/apparmor/.remove", _BOTH),
    Mutant(
        "another-of-its-name",
        f"printf 'profile {NAME} flags=(attach_disconnected) {{\\n  file,\\n  network,\\n  signal,\\n}}\\n'"
        " | apparmor_parser --replace --skip-cache",
        "CFG-06 drift kitchen",
    ),
    Mutant("another-at-the-next-boot", f"sed -i 's/^}}/  file,\\n}}/' {PROFILE}", "CFG-06 drift kitchen"),
    Mutant("off-at-the-next-boot", f"ln -s {PROFILE} /etc/apparmor.d/disable/{NAME}", "CFG-06 drift kitchen"),
    Mutant(
        "not-asked-for",
        f"sed -i /^AppArmorProfile=/d /etc/systemd/system/{OURS}; systemctl daemon-reload; systemctl restart {OURS}",
        _BOTH,
    ),
)


@pytest.fixture(scope="module")
def service(controller: Controller, host: Machine) -> Iterator[Machine]:
    """Return the machine with a service, which goes before the next module."""
    deploy(controller, [KITCHEN])
    yield host
    controller.converge(APPLY, {**specified([]), "librespot_state": "absent"})


def converged(controller: Controller) -> int:
    done = controller.converge(APPLY, specified([KITCHEN]))
    return done.recap(controller.host)["changed"]


def test_it_runs_under_its_profile_and_stops_as_before(service: Machine) -> None:
    since = service.now()
    service.out("systemctl", "restart", OURS)
    until(lambda: service.answer(PORT), 30, "it answers")
    assert label(service, service.process(OURS)) == ENFORCED
    begin = float(service.now())
    service.out("systemctl", "stop", OURS)
    took = float(service.now()) - begin
    ended = service.show(OURS, "Result", "ExecMainStatus")
    service.out("systemctl", "start", OURS)
    assert (ended, took < STOP_S) == ({"Result": "success", "ExecMainStatus": "0"}, True)
    until(lambda: service.answer(PORT), 30, "it answers")
    # What librespot does is in it: it is not kept from anything.
    assert refusals(service, since) == []


def test_the_next_run_changes_nothing_and_all_is_green(controller: Controller, service: Machine) -> None:
    assert converged(controller) == 0
    found = audit(service, WANTED)
    assert red(found) == {}
    assert [item["status"] for item in found if item["check"] == "profile"] == ["passed"]


def test_what_it_does_not_do_is_refused_and_logged(service: Machine, tries: Path) -> None:
    place = "/opt/librespot/releases/tried/bin/librespot"
    service.install(tries, place)
    try:
        free = results(service.shell(f"unshare --mount --uts {place} /bin/true; rm -f /tried"))
        since = service.now()
        held = results(service.shell(f"unshare --mount --uts aa-exec --profile={NAME} {place} /bin/true"))
    finally:
        service.out("rm", "-r", "/opt/librespot/releases/tried")
    judge(service, "a service", free, held, since)


def test_nothing_starts_without_it(controller: Controller, service: Machine) -> None:
    unload(service)
    service.run("systemctl", "restart", OURS)
    until(lambda: service.show(OURS, "ExecMainStatus")["ExecMainStatus"] == "231", 10, "it is not executed")
    assert service.answer(PORT) is None
    assert converged(controller) > 0
    assert label(service, service.process(OURS)) == ENFORCED


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(controller: Controller, service: Machine, mutant: Mutant) -> None:
    service.shell(mutant.script)
    found = red(audit(service, WANTED, live=False))
    foretold = controller.converge(APPLY, specified([KITCHEN]), ["--check"]).recap(service)["changed"]
    assert converged(controller) == foretold > 0
    assert set(found) == mutant.declared(enforces=True), found
    assert red(audit(service, WANTED, live=False)) == {}
