# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rollout: the action plugin that takes the steps of a rollout, one task after the other."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.playbook.task import Task

from ansible_collections.hardened.librespot.plugins.action.rollout import ActionModule
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout_options import ROLLOUT_OPTIONS
from ansible_collections.hardened.librespot.plugins.modules import rollout as documented

OLD, NEW = "0.7.1-x86_64-glibc2.36-000000000000", "0.8.0-x86_64-glibc2.36-111111111111"
UNUSED: Any = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))
"""A connection that does nothing: the action runs nothing on any host."""

AUDITED = {"findings": [{"id": "X", "check": "c", "scope": "host", "status": "passed", "observed": "so"}]}


class Take(Protocol):
    def __call__(self, step: str, host: str = "kitchen", *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        """Return what the action says of one step."""


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Return what takes a step, as the task of a host."""

    def act(step: str, host: str = "kitchen", *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        task: Any = Task()
        task.args, task.check_mode = {"step": step, "directory": str(tmp_path), **arguments}, check
        make: Any = ActionModule
        action = make(task, UNUSED, None, None, None, None)
        # Ansible's loader sets it.
        action._load_name = "hardened.librespot.rollout"
        result: dict[str, Any] = action.run(None, {"inventory_hostname": host, "groups": {"all": ["kitchen", "attic"]}})
        return result

    return act


def running(release: str) -> dict[str, Any]:
    item = {"name": "speaker", "healthy": True, "reason": "healthy", "seen": "it answers", "image": ""}
    return {"healthy": True, "instances": [{**item, "release": release, "version": release.partition("-")[0]}]}


def plan(take: Take, *hosts: str, check: bool = False, path: str = "") -> dict[str, Any]:
    """Plan for *hosts*, which run the old release, and open the gate."""
    take("open", check=check)
    for host in hosts:
        take("looked", host, check=check, artifact={"id": NEW, "path": "/new"}, health=running(OLD))
    planned = take("plan", hosts[0], check=check, hosts=list(hosts), path=path, serial=["2"])
    scan = {"item": {"id": NEW}, "red": 0, "vulnerabilities": []}
    take("gate", check=check, artifacts=planned["artifacts"] or [{"id": NEW}], scan=[scan])
    return planned


def update(take: Take, host: str) -> dict[str, Any]:
    """Take all steps of a host that is well afterwards."""
    assert take("turn", host)["todo"] == "switch"
    take("switch", host, audit=AUDITED)
    assert not take("judge", host, health=running(NEW), audit=AUDITED, soak=60).get("failed")
    take("attested", host, attestation={"changes": []})
    return take("done", host, health=running(NEW))


def test_all_go_through(take: Take, tmp_path: Path) -> None:
    planned = plan(take, "kitchen", "attic", path=str(tmp_path / "report.json"))
    assert (planned["canary"], planned["production"], planned["serial"]) == (["kitchen"], ["attic"], ["2"])
    assert planned["ansible_facts"]["librespot_update_plan"]["name"] == "librespot"
    assert [update(take, host)["outcome"] for host in ("kitchen", "attic")] == ["updated"] * 2
    said = take("report")
    assert not said.get("failed")
    assert not said["changed"]
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == said["report"]
    assert {item["now"] for item in said["report"]["hosts"].values()} == {NEW}


def test_one_that_fails_goes_back_and_stops_the_others(take: Take) -> None:
    plan(take, "kitchen", "attic")
    take("turn")
    take("switch", audit=AUDITED)
    unwell = {"failed": True, "msg": "kitchen is late"}
    assert "kitchen is late" in take("judge", health=unwell, audit=AUDITED)["msg"]
    assert take("failed", reason="kitchen is late")["interrupted"]
    assert take("returned", health=running(OLD))["outcome"] == "rolled back"
    assert take("turn", "attic")["todo"] == "nothing"
    said = take("report")
    assert said["failed"]
    assert [item["outcome"] for item in said["report"]["hosts"].values()] == ["rolled back", "not started"]


def plan_again(take: Take, *hosts: str, release: str = NEW) -> None:
    """Begin another run for *hosts*, which run *release*."""
    take("open")
    for host in hosts:
        take("looked", host, artifact={"id": NEW, "path": "/new"}, health=running(release))
    planned = take("plan", hosts[0], hosts=list(hosts))
    take("gate", artifacts=planned["artifacts"], scan=[{"item": {"id": NEW}, "red": 0, "vulnerabilities": []}])


def test_what_a_host_has_shown_is_known_to_later_runs(take: Take) -> None:
    plan(take, "kitchen")
    assert take("turn")["shown"] == {}
    take("switch", audit=AUDITED)
    assert take("judge", health=running(NEW), audit=AUDITED)["shown"]["passed"] == ["staging", "health", "audit"]
    shown = take("judge", health=running(NEW), audit=AUDITED, soak=60)["shown"]
    assert shown["passed"] == ["staging", "health", "audit", "soak"]
    take("done", health=running(NEW))
    plan_again(take, "kitchen")
    assert take("turn")["shown"] == shown


def test_one_that_went_away_while_it_was_watched_has_shown_nothing(take: Take) -> None:
    plan(take, "kitchen")
    take("turn")
    take("switch", audit=AUDITED)
    assert take("judge", health={"unreachable": True}, audit=AUDITED, soak=60)["failed"]


@pytest.mark.parametrize("said", [{}, {"unreachable": True, "msg": "no route"}, {"failed": True, "msg": "no disk"}])
def test_what_is_not_on_record_is_not_proved(take: Take, said: dict[str, Any]) -> None:
    plan(take, "kitchen")
    update(take, "kitchen")
    plan_again(take, "kitchen")
    assert take("turn")["proved"]
    with pytest.raises(AnsibleError, match="has not on record"):
        take("attested", attestation=said)
    assert take("failed", reason="it has it not on record")["outcome"] == "failed"
    assert take("report")["failed"]
    # Then it is proved anew, and attested.
    plan_again(take, "kitchen")
    assert take("turn")["todo"] == "prove"


def test_one_that_is_not_well_on_the_old_release_either_is_broken(take: Take) -> None:
    plan(take, "kitchen")
    take("turn")
    take("switch", audit=AUDITED)
    take("failed", reason="kitchen is late")
    assert take("broken", reason="no way back")["outcome"] == "broken"
    assert take("report")["failed"]


def test_a_run_that_ended_at_once_is_gone_on_with(take: Take) -> None:
    plan(take, "kitchen", "attic")
    update(take, "kitchen")
    take("turn", "attic")
    take("switch", "attic", audit=AUDITED)
    # No report: it was killed. The next run sees what it left.
    take("open")
    for host, release in (("kitchen", NEW), ("attic", NEW)):
        take("looked", host, artifact={"id": NEW, "path": "/new"}, health=running(release))
    planned = take("plan", hosts=["kitchen", "attic"])
    take("gate", artifacts=planned["artifacts"], scan=[{"item": {"id": NEW}, "red": 0, "vulnerabilities": []}])
    assert (take("turn", "kitchen")["todo"], take("turn", "kitchen")["outcome"]) == ("nothing", "updated")
    turn = take("turn", "attic")
    assert (turn["todo"], turn["resumed"], turn["before"]) == ("switch", True, OLD)


@pytest.mark.parametrize("hold", ["a party", ""])
def test_the_canary_has_something_to_do_and_stays_it(take: Take, hold: str) -> None:
    def begin(**of_kitchen: Any) -> list[str]:
        take("open")
        wanted = {"id": NEW, "path": "/new"}
        take("looked", "kitchen", artifact=wanted, **of_kitchen)
        take("looked", "attic", artifact=wanted, health=running(OLD))
        planned = take("plan", hosts=["kitchen", "attic"])
        take("gate", artifacts=planned["artifacts"], scan=[{"item": {"id": NEW}, "red": 0, "vulnerabilities": []}])
        return list(planned["canary"])

    assert begin(health=running(OLD if hold else NEW), hold=hold) == ["attic"]
    # Killed here, with nothing begun: the next run chooses no other, though the first has something to do by now.
    assert begin(health=running(OLD)) == ["attic"]
    assert take("turn", "kitchen")["outcome"] == "not started"
    assert begin(health=running(OLD)) == ["attic"]
    update(take, "attic")
    assert update(take, "kitchen")["outcome"] == "updated"
    assert take("report")["report"]["hosts"]["attic"]["stage"] == "canary"


@pytest.mark.parametrize("check", [False, True])
def test_the_plan_says_who_stands_in_for_a_named_canary(
    take: Take, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(
        "ansible.utils.display.Display.display", lambda _self, text, *_more, **_named: shown.append(text)
    )
    stage = {"groups": ["canary"], "staging": "staging", "canary": "canary"}
    take("open", check=check)
    for host, more in (("kitchen", {"stage": stage, "hold": "a party"}), ("attic", {})):
        take("looked", host, check=check, artifact={"id": NEW, "path": "/new"}, health=running(OLD), **more)
    planned = take("plan", check=check, hosts=["kitchen", "attic"])
    said = "No canary that is named tries what the others get (kitchen: held), so attic is the canary"
    assert said in shown[-1].splitlines()
    assert planned["canary"] == ([] if check else ["kitchen", "attic"])


def test_a_host_that_went_away_ends_its_turn(take: Take) -> None:
    plan(take, "kitchen")
    take("turn")
    said = take("switch", audit={"unreachable": True})
    assert (said["failed"], said["outcome"], said["interrupted"]) == (True, "unreachable", False)


def test_the_gate_speaks_for_what_was_proved_before_as_well(take: Take) -> None:
    plan(take, "kitchen")
    update(take, "kitchen")
    plan_again(take, "kitchen")
    found = [{"id": "RUSTSEC-1", "status": "open"}]
    take("gate", artifacts=[{"id": NEW}], scan=[{"item": {"id": NEW}, "red": 1, "vulnerabilities": found}])
    assert take("turn")["proved"]
    said = take("report")
    assert said["failed"]
    told = said["report"]["hosts"]["kitchen"]
    assert (told["outcome"], told["reason"]) == ("updated", "the gate is closed: open are RUSTSEC-1")
    # It is not kept as what became of the host.
    plan_again(take, "kitchen")
    assert not take("report").get("failed")


def test_a_host_that_left_the_inventory_is_said_and_holds_nobody_up(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(
        "ansible.utils.display.Display.display", lambda _self, text, *_more, **_named: shown.append(text)
    )
    plan(take, "gone")
    take("turn", "gone")
    take("switch", "gone", audit=AUDITED)
    take("failed", "gone", reason="it is late")
    take("broken", "gone", reason="no way back")
    plan_again(take, "kitchen", release=OLD)
    assert update(take, "kitchen")["outcome"] == "updated"
    assert not take("report").get("failed")
    assert all("gone is not in the inventory any more" in text for text in shown[-2:])


def test_check_mode_gives_no_host_its_turn(take: Take, tmp_path: Path) -> None:
    planned = plan(take, "kitchen", check=True)
    assert [planned[stage] for stage in ("staging", "canary", "production")] == [[], [], []]
    said = take("report", check=True)
    assert not said.get("failed")
    assert said["report"]["hosts"]["kitchen"]["outcome"] == "to be updated"
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("step", "given", "name"),
    [
        ("looked", {"terms": {"soak": -5}}, "librespot_update_soak"),
        ("looked", {"max_fail_percentage": -1}, "librespot_update_max_fail_percentage"),
        ("plan", {"hosts": ["kitchen"], "serial": ["abc"]}, "librespot_update_serial"),
        ("plan", {"hosts": ["kitchen"], "path": "/none/report.json"}, "librespot_update_report"),
    ],
)
def test_bad_input_is_refused_before_anything_is_changed(
    take: Take, step: str, given: dict[str, Any], name: str
) -> None:
    take("open")
    take("looked", artifact={"id": NEW, "path": "/new"}, health=running(OLD))
    with pytest.raises(AnsibleError, match=name):
        take(step, **given)


def test_no_step_comes_before_the_first(take: Take) -> None:
    with pytest.raises(AnsibleError, match="Run the playbook"):
        take("turn")


def test_the_documentation_has_the_options() -> None:
    options = yaml.safe_load(documented.DOCUMENTATION)["options"]
    assert set(options) == set(ROLLOUT_OPTIONS)
    assert {name: item.get("default") for name, item in options.items()} == {
        name: item.get("default") for name, item in ROLLOUT_OPTIONS.items()
    }
