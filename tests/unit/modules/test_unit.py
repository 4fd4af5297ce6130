# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""unit: users, units and services, from the arguments of a task to what systemd is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.modules import settings, unit

from .conftest import Run
from .machine import RELEASE, Machine

LOGIN = json.dumps({"username": "alice", "auth_data": "c3RvcmVkLWxvZ2lu"})
SERVICE = "librespot-kitchen.service"
TIMER = "librespot-kitchen-watchdog.timer"
UNIT = f"/etc/systemd/system/{SERVICE}"


def test_the_first_run_makes_user_and_service_and_the_second_changes_nothing(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    assert run(unit, instances=[kitchen]).changes
    assert machine.told == ["useradd librespot-kitchen", f"enable {SERVICE} {TIMER}", f"restart {SERVICE}"]
    assert "NoNewPrivileges=yes" in machine.path(UNIT).read_text(encoding="utf-8")
    machine.told.clear()
    before = machine.snapshot()
    assert run(unit, instances=[kitchen]).changes == []
    assert machine.told == []
    assert machine.snapshot() == before


def test_check_mode_predicts_and_changes_nothing(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    before = machine.snapshot()
    predicted = run(unit, check=True, instances=[kitchen])
    assert machine.snapshot() == before
    assert machine.told == []
    done = run(unit, instances=[kitchen])
    assert predicted.changes == done.changes


def test_check_mode_predicts_the_restart_for_another_option(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    run(unit, instances=[kitchen])
    machine.told.clear()
    kitchen["options"]["bitrate"] = 96
    predicted = run(unit, check=True, instances=[kitchen])
    assert machine.told == []
    assert {f"{UNIT}: content", f"service {SERVICE}: generation"} <= set(predicted.changes)
    done = run(unit, instances=[kitchen])
    assert machine.told == ["daemon-reload", f"restart {SERVICE}"]
    assert set(predicted.changes) <= set(done.changes)


def test_a_login_that_was_given_restarts_it_once(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    run(unit, instances=[kitchen])
    for module in (settings, unit):
        run(module, instances=[kitchen], credentials={"kitchen": LOGIN})
    assert machine.told[-1] == f"restart {SERVICE}"
    assert run(unit, instances=[kitchen], credentials={"kitchen": LOGIN}).changes == []


def test_a_login_that_was_changed_restarts_it(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    for login in (LOGIN, LOGIN.replace("alice", "bob")):
        machine.told.clear()
        for module in (settings, unit):
            run(module, instances=[kitchen], credentials={"kitchen": login})
    assert machine.told == [f"restart {SERVICE}"]


def test_check_mode_predicts_the_restart_for_a_new_release(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    run(unit, instances=[kitchen])
    assert run(unit, instances=[kitchen], release=RELEASE).changes == []
    other = RELEASE.replace("0.8.0", "0.9.0")
    machine.told.clear()
    assert run(unit, check=True, instances=[kitchen], release=other).changes == [f"service {SERVICE}: binary"]
    assert machine.told == []


def test_one_that_does_not_answer_fails_with_the_next_step(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    machine.silent = True
    said = run(unit, instances=[kitchen])
    assert said.failed
    assert f"{SERVICE} does not answer" in said.data["msg"]
    assert f"journalctl --unit {SERVICE}" in said.data["remedy"]
    machine.silent = False
    run(unit, instances=[kitchen])
    assert run(unit, instances=[kitchen]).changes == []


def test_absent_removes_all_of_ours_and_nothing_else(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    machine.unit_of_another("librespot-foreign.service")
    machine.unit_of_another("other.service")
    before = machine.snapshot()
    run(unit, instances=[kitchen, {"name": "bedroom", "port": kitchen["port"] + 1}])
    there = machine.snapshot()
    predicted = run(unit, check=True, state="absent")
    assert machine.snapshot() == there
    assert run(unit, state="absent").changes == predicted.changes != []
    assert machine.snapshot() == before
    assert run(unit, state="absent").changes == []


def test_one_instance_goes_and_the_other_is_left_alone(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    bedroom = {"name": "bedroom", "port": kitchen["port"] + 1}
    run(unit, instances=[kitchen])
    before = machine.snapshot()
    run(unit, instances=[kitchen, bedroom])
    machine.told.clear()
    run(unit, instances=[kitchen, {**bedroom, "state": "absent"}])
    assert machine.snapshot() == before
    assert not [command for command in machine.told if "kitchen" in command]


def test_a_user_of_that_name_that_is_not_ours_is_refused(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    machine.run(["useradd", "--home-dir", "/", "--shell", "/bin/sh", "--comment", "Anna", "librespot-kitchen"])
    said = run(unit, instances=[kitchen])
    assert said.failed
    assert "not ours" in said.data["msg"]
    assert machine.users["librespot-kitchen"].comment == "Anna"


@pytest.mark.parametrize(
    ("missing", "by"),
    [
        ("/opt/librespot/current", "librespot_install"),
        ("/etc/systemd/system/librespot-firewall.service", "hardened.librespot.firewall"),
    ],
)
def test_without_what_others_do_it_says_who_and_changes_nothing(
    run: Run, machine: Machine, kitchen: dict[str, Any], missing: str, by: str
) -> None:
    machine.path(missing).unlink()
    before = machine.snapshot()
    said = run(unit, instances=[kitchen])
    assert by in said.data["remedy"]
    assert machine.snapshot() == before
    assert run(unit, check=True, instances=[kitchen]).changes


def test_absent_finds_the_user_that_a_killed_removal_has_left(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    run(unit, instances=[kitchen])
    for name in (SERVICE, TIMER, SERVICE.replace(".service", "-watchdog.service")):
        machine.path(f"/etc/systemd/system/{name}").unlink()
    machine.told.clear()
    assert run(unit, state="absent").changes
    assert "userdel librespot-kitchen" in machine.told
    assert run(unit, state="absent").changes == []
