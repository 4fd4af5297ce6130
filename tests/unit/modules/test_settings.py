# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""settings: environment files and stored logins, from the arguments of a task to the files of a host."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.modules import settings, unit

from .conftest import Run
from .machine import Machine

LOGIN = json.dumps({"username": "alice", "auth_data": "c3RvcmVkLWxvZ2lu"})
ENVIRONMENT = "/etc/librespot/kitchen.env"
STORED = "/etc/librespot/credentials/kitchen.json"


def test_the_first_run_writes_what_root_alone_can_read_and_the_second_nothing(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    first = run(settings, instances=[kitchen], credentials={"kitchen": LOGIN})
    assert {change.partition(":")[0] for change in first.changes} == {
        "/etc/librespot",
        "/etc/librespot/credentials",
        ENVIRONMENT,
        STORED,
    }
    assert 'LIBRESPOT_BITRATE="320"\n' in machine.path(ENVIRONMENT).read_text(encoding="utf-8")
    assert machine.path(STORED).read_text(encoding="utf-8") == LOGIN
    assert stat.S_IMODE(machine.path(ENVIRONMENT).stat().st_mode) == 0o600
    assert stat.S_IMODE(machine.path(STORED).stat().st_mode) == 0o400
    before = machine.snapshot()
    assert run(settings, instances=[kitchen], credentials={"kitchen": LOGIN}).changes == []
    assert machine.snapshot() == before


def test_check_mode_predicts_and_changes_nothing(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    arguments = {"instances": [kitchen], "credentials": {"kitchen": LOGIN}}
    before = machine.snapshot()
    predicted = run(settings, check=True, diff=True, **arguments)
    assert machine.snapshot() == before
    done = run(settings, diff=True, **arguments)
    assert (predicted.changes, predicted.data["diff"]) == (done.changes, done.data["diff"])


def test_check_mode_predicts_a_small_change_alone(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    run(settings, instances=[kitchen])
    before = machine.snapshot()
    kitchen["options"]["bitrate"] = 96
    assert run(settings, check=True, instances=[kitchen]).changes == [f"{ENVIRONMENT}: content"]
    assert machine.snapshot() == before
    assert run(settings, instances=[kitchen]).changes == [f"{ENVIRONMENT}: content"]


def test_a_diff_shows_what_an_option_was_and_is(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    run(settings, instances=[kitchen])
    machine.path(ENVIRONMENT).write_text("by hand\n", encoding="utf-8")
    (shown,) = run(settings, diff=True, instances=[kitchen]).data["diff"]
    assert shown["before_header"] == ENVIRONMENT
    assert "by hand" in shown["before"]
    assert 'LIBRESPOT_BITRATE="320"' in shown["after"]


def test_without_the_mode_there_is_no_diff(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    assert "diff" not in run(settings, instances=[kitchen]).data
    assert machine.path(ENVIRONMENT).exists()


def test_a_login_that_is_taken_away_leaves_the_host(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    run(settings, instances=[kitchen], credentials={"kitchen": LOGIN})
    run(settings, instances=[kitchen])
    assert not machine.path(STORED).exists()
    assert machine.path(ENVIRONMENT).exists()


def test_one_instance_goes_and_the_other_stays_as_it_is(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    bedroom = {"name": "bedroom", "port": kitchen["port"] + 1}
    for module in (settings, unit):
        run(module, instances=[kitchen, bedroom], credentials={"bedroom": LOGIN})
    before = machine.snapshot()
    changes = run(settings, instances=[kitchen, {"name": "bedroom", "state": "absent"}]).changes
    assert {change.partition(":")[0] for change in changes} == {
        "/etc/librespot/bedroom.env",
        "/etc/librespot/credentials/bedroom.json",
    }
    assert {path: entry for path, entry in before.items() if "librespot/" not in path or "bedroom" not in path} == {
        path: entry for path, entry in machine.snapshot().items() if "librespot/" not in path or "bedroom" not in path
    }


def test_absent_removes_all_of_ours_and_nothing_else(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    foreign = machine.path("/etc/other.conf")
    foreign.write_text("x", encoding="utf-8")
    before = machine.snapshot()
    run(settings, instances=[kitchen], credentials={"kitchen": LOGIN})
    there = machine.snapshot()
    predicted = run(settings, check=True, state="absent")
    assert machine.snapshot() == there
    assert run(settings, state="absent").changes == predicted.changes != []
    assert machine.snapshot() == before
    assert run(settings, state="absent").changes == []


def test_a_link_that_was_planted_is_refused_and_not_followed(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    run(settings, instances=[kitchen])
    victim = machine.path("/etc/victim")
    victim.write_text("x", encoding="utf-8")
    machine.path(ENVIRONMENT).unlink()
    machine.path(ENVIRONMENT).symlink_to(victim)
    said = run(settings, instances=[kitchen])
    assert said.failed
    assert said.data["remedy"]
    assert victim.read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("bad", ["", "text", "[]"])
def test_what_is_no_login_is_refused_by_its_path(run: Run, machine: Machine, kitchen: dict[str, Any], bad: str) -> None:
    before = machine.snapshot()
    said = run(settings, instances=[kitchen], credentials={"kitchen": bad})
    assert said.data["msg"].startswith("librespot_credentials.kitchen:")
    assert machine.snapshot() == before


def test_a_login_may_come_as_a_mapping_as_ansible_core_2_18_makes_of_a_template(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    run(settings, instances=[kitchen], credentials={"kitchen": json.loads(LOGIN)})
    assert json.loads(machine.path(STORED).read_text(encoding="utf-8")) == json.loads(LOGIN)


@pytest.mark.parametrize("name", ["host", "kitchen-watchdog", "kitchen\n"])
def test_a_name_that_something_of_ours_has_is_refused(run: Run, machine: Machine, name: str) -> None:
    before = machine.snapshot()
    said = run(settings, instances=[{"name": name}])
    assert "librespot_instances[0].name" in said.data["msg"]
    assert machine.snapshot() == before


def test_absent_leaves_what_others_have_put_beside_it(run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
    run(settings, instances=[kitchen], credentials={"kitchen": LOGIN})
    theirs = machine.path("/etc/librespot/theirs.conf")
    theirs.write_text("theirs", encoding="utf-8")
    assert run(settings, state="absent").changes
    assert [str(path.name) for path in machine.path("/etc/librespot").rglob("*")] == ["theirs.conf"]
    assert run(settings, state="absent").changes == []


def test_absent_finds_a_login_by_the_environment_file_alone(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    run(settings, instances=[kitchen], credentials={"kitchen": LOGIN})
    assert run(settings, state="absent").changes
    assert not machine.path("/etc/librespot").exists()


@pytest.mark.parametrize("check", [True, False])
def test_a_link_in_the_place_of_a_file_is_refused_in_check_mode_as_well(
    run: Run, machine: Machine, kitchen: dict[str, Any], check: bool
) -> None:
    run(settings, instances=[kitchen])
    machine.path(ENVIRONMENT).unlink()
    machine.path(ENVIRONMENT).symlink_to("/etc/passwd")
    said = run(settings, check=check, instances=[kitchen])
    assert "a link stands where a file of ours belongs" in said.data["msg"]
