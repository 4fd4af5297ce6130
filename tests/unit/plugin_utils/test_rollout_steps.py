# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a rollout: what modules returned is evidence, and without any nothing is taken for right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout import (
    BROKEN,
    CURRENT,
    FAILED,
    INTERRUPTED,
    PREDICTED,
    PRODUCTION,
    PROVE,
    RETURN,
    ROLLED_BACK,
    ROLLING_BACK,
    STOPPED,
    SWITCH,
    SWITCHING,
    TO_PROVE,
    TO_RETURN,
    UNREACHABLE,
    UPDATED,
    HostState,
    Looked,
    Release,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.rollout import bad
from ansible_collections.hardened.librespot.plugins.plugin_utils import rollout_steps as steps
from ansible_collections.hardened.librespot.plugins.plugin_utils.rollout_store import Rollout

OLD, NEW = "0.7.1-x86_64-glibc2.36-000000000000", "0.8.0-x86_64-glibc2.36-111111111111"
STATE = HostState(PRODUCTION, Release(NEW, "0.8.0"), Release(OLD, "0.7.1"), todo=SWITCH, begun=1.0)
BETWEEN = replace(STATE, step=SWITCHING)
NO_EVIDENCE: list[dict[str, Any]] = [{}, {"unreachable": True}, {"failed": True, "msg": "no"}, {"skipped": True}]


def instance(**said: Any) -> dict[str, Any]:
    plain = {"name": "kitchen", "healthy": True, "reason": "healthy", "seen": "it answers", "version": "0.7.1"}
    return {**plain, "release": OLD, "image": "", **said}


def health(*instances: dict[str, Any]) -> dict[str, Any]:
    found = instances or (instance(),)
    return {"instances": list(found), "healthy": all(item["healthy"] for item in found)}


def audit(*statuses: str) -> dict[str, Any]:
    return {
        "findings": [
            {"id": f"X-{at}", "check": "c", "scope": "host", "status": status, "observed": "it is so"}
            for at, status in enumerate(statuses)
        ]
    }


def asked(**options: Any) -> dict[str, Any]:
    plain = {"stage": None, "hold": "", "preflight": {}, "artifact": {"id": NEW, "path": "/new"}, "reason": ""}
    return {**plain, "deployment": "systemd", "image": {}, "health": health(), **options}


class TestLooked:
    def test_it_says_what_runs_and_what_shall(self) -> None:
        seen = steps.looked(asked(), [])
        assert (seen.running, seen.wanted, seen.path) == (Release(OLD, "0.7.1"), Release(NEW, "0.8.0"), "/new")
        assert (seen.reached, seen.refused) == (True, "")

    def test_of_containers_the_image_counts(self) -> None:
        image = {"image": "sha256:new", "path": "/image"}
        said = health(instance(image="sha256:old"))
        seen = steps.looked(asked(deployment="container", image=image, health=said), [])
        assert (seen.running, seen.wanted) == (Release("sha256:old", "0.7.1"), Release("sha256:new", "0.8.0"))
        assert seen.path == "/image"

    def test_another_version_than_the_wanted_one_is_well(self) -> None:
        other = instance(healthy=False, reason="version")
        assert steps.looked(asked(health=health(other)), []).running.id == OLD

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ([instance(healthy=False, reason="silent", seen="no answer")], "kitchen: no answer"),
            ([instance(release="")], "no release"),
            ([instance(), instance(release=NEW)], f"{OLD}, {NEW}"),
        ],
    )
    def test_what_is_not_well_before_is_not_updated(self, said: list[dict[str, Any]], why: str) -> None:
        seen = steps.looked(asked(health=health(*said)), [])
        assert why in seen.refused
        assert seen.running.id == ""

    @pytest.mark.parametrize("said", NO_EVIDENCE)
    def test_what_was_not_looked_at_is_not_updated(self, said: dict[str, Any]) -> None:
        seen = steps.looked(asked(health=said), [])
        assert seen.refused or not seen.reached

    @pytest.mark.parametrize("said", NO_EVIDENCE)
    def test_what_could_not_be_got_is_not_rolled_out(self, said: dict[str, Any]) -> None:
        seen = steps.looked(asked(artifact=said), [])
        assert (seen.wanted.id, seen.path) == ("", "")
        assert seen.refused.startswith("what it shall run could not be got")
        assert said.get("msg", "") in seen.refused
        contained = asked(deployment="container", image=said, health=health(instance(image="sha256:old")))
        seen = steps.looked(contained, [])
        assert (seen.wanted.id, seen.refused.partition(":")[0]) == ("", "what it shall run could not be got")

    def test_one_that_was_not_reached_says_so(self) -> None:
        assert not steps.looked(asked(preflight={"unreachable": True}, health={"skipped": True}), []).reached

    def test_a_group_that_is_not_there_is_refused_unless_it_is_the_usual_one(self) -> None:
        stage = {"groups": ["a"], "staging": "staging", "canary": "canary"}
        assert steps.looked(asked(stage=stage), ["a"]).stage == PRODUCTION
        with pytest.raises(SpecificationError, match="librespot_update_staging: 'stagging'"):
            steps.looked(asked(stage={**stage, "staging": "stagging"}), ["a"])


def rollout(**hosts: HostState) -> Rollout:
    return Rollout(run="r", order=list(hosts), hosts=dict(hosts))


class TestPlan:
    def test_stages_and_artifacts_follow(self) -> None:
        made = Rollout(run="r")
        wanted = Release(NEW, "0.8.0")
        made.seen = {name: Looked("staging", wanted=wanted, path="/new", running=wanted) for name in ("b", "a")}
        found = steps.plan(made, ["b", "a"], ["a", "b"])
        assert (found["staging"], found["canary"], found["production"]) == (["b", "a"], [], [])
        assert found["artifacts"] == [{"id": NEW, "path": "/new"}]

    def test_a_host_of_which_nothing_is_known_stops_it(self) -> None:
        with pytest.raises(HostError, match="Nothing is known of kitchen"):
            steps.plan(Rollout(), ["kitchen"], ["kitchen"])

    def test_nobody_waits_for_a_host_that_left_the_inventory(self) -> None:
        wanted = Release(NEW, "0.8.0")
        made = rollout(kitchen=replace(BETWEEN, outcome=BROKEN), attic=BETWEEN)
        made.order, made.seen = [], {"hall": Looked(PRODUCTION, wanted=wanted, path="/new", running=Release(OLD))}
        steps.plan(made, ["hall"], ["hall", "attic"])
        assert (made.gone, list(made.here)) == (["kitchen"], ["hall", "attic"])
        # It is not forgotten.
        steps.plan(made, ["hall"], ["hall", "attic", "kitchen"])
        assert (made.gone, list(made.here)) == ([], ["hall", "kitchen", "attic"])


class TestGate:
    @pytest.mark.parametrize("scan", [*NO_EVIDENCE, {"failed": False, "msg": "no database"}])
    def test_what_was_not_scanned_does_not_pass(self, scan: dict[str, Any]) -> None:
        made = Rollout()
        steps.gate(made, [{"item": {"id": NEW}, **scan}] if scan else [], [NEW], "")
        assert "incomplete" in made.closed[NEW]

    def test_what_is_open_does_not_pass_and_what_is_not_does(self) -> None:
        made = Rollout(closed={"of an earlier run": "open"})
        found = [{"id": "RUSTSEC-1", "status": "open"}, {"id": "RUSTSEC-2", "status": "waived"}]
        scans = [{"item": {"id": NEW}, "red": 1, "vulnerabilities": found}]
        steps.gate(made, [*scans, {"item": {"id": OLD}, "red": 0, "vulnerabilities": found[1:]}], [NEW, OLD], "")
        assert made.closed == {NEW: "the gate is closed: open are RUSTSEC-1"}


class TestSwitch:
    def test_it_keeps_what_was_red_before(self) -> None:
        state = steps.switch(STATE, audit("passed", "failed"))
        assert (state.step, state.red) == (SWITCHING, (("X-1", "c", "host"),))

    def test_one_that_was_interrupted_keeps_what_was_red_before_that(self) -> None:
        assert steps.switch(replace(BETWEEN, red=(("A", "b", "c"),)), {}).red == (("A", "b", "c"),)

    def test_one_that_is_not_reached_any_more_is_done(self) -> None:
        state = steps.switch(STATE, {"unreachable": True})
        assert (state.outcome, state.step) == (UNREACHABLE, "")
        assert steps.failed(state, "it failed") == state

    @pytest.mark.parametrize("said", [item for item in NO_EVIDENCE if "unreachable" not in item])
    def test_without_an_audit_it_does_not_begin(self, said: dict[str, Any]) -> None:
        with pytest.raises(HostError, match="not audited"):
            steps.switch(STATE, said)


class TestJudge:
    def test_what_is_well_is_well(self) -> None:
        assert steps.judge(BETWEEN, health(), audit("passed", "not enforced"), strict=False) == []

    def test_strict_counts_what_was_red_before(self) -> None:
        state = replace(BETWEEN, red=(("X-0", "c", "host"),))
        assert steps.judge(state, health(), audit("failed"), strict=False) == []
        assert steps.judge(state, health(), audit("failed"), strict=True) == ["the audit found X-0 c host: it is so"]

    @pytest.mark.parametrize("said", NO_EVIDENCE)
    def test_what_was_not_looked_at_is_not_well(self, said: dict[str, Any]) -> None:
        assert steps.judge(BETWEEN, said, audit("passed"), strict=False)
        assert steps.judge(BETWEEN, health(), said, strict=False) == ["it was not audited"]

    @pytest.mark.parametrize("said", [*NO_EVIDENCE, health(instance(healthy=False)), {"instances": []}])
    def test_nothing_is_proved_without_evidence(self, said: dict[str, Any]) -> None:
        with pytest.raises(HostError):
            steps.done(BETWEEN, said)


class TestOutcome:
    def test_proved(self) -> None:
        state = steps.done(BETWEEN, health())
        assert (state.outcome, state.step, state.now) == (UPDATED, "", STATE.target)
        assert steps.done(replace(STATE, todo=PROVE), health()).outcome == CURRENT

    def test_failed_before_anything_was_changed(self) -> None:
        state = steps.failed(STATE, "no audit")
        assert (state.outcome, state.step, state.reason) == (FAILED, "", "no audit")

    def test_failed_between_two_releases(self) -> None:
        state = steps.failed(BETWEEN, "it is late")
        assert (state.outcome, state.step) == ("", ROLLING_BACK)
        back = steps.returned(state, health())
        assert (back.outcome, back.step, back.now, back.reason) == (ROLLED_BACK, "", STATE.before, "it is late")
        assert back.back >= 0

    def test_not_reached_between_two_releases(self) -> None:
        state = steps.returned(steps.failed(BETWEEN, "it is late"), {"unreachable": True})
        assert (state.outcome, state.step) == (UNREACHABLE, ROLLING_BACK)

    def test_not_reached_on_the_way_back_to_an_image(self) -> None:
        state = steps.failed(BETWEEN, "it is late")
        lost = steps.broken(state, "The host was not reached", {"unreachable": True})
        assert (lost.outcome, lost.step, lost.reason) == (UNREACHABLE, ROLLING_BACK, "it is late")
        assert steps.broken(state, "no way back", {"image": "sha256:old"}).outcome == BROKEN

    @pytest.mark.parametrize("said", [{}, {"failed": True, "msg": "no"}, health(instance(healthy=False))])
    def test_not_well_on_the_old_release_either(self, said: dict[str, Any]) -> None:
        state = steps.returned(steps.failed(BETWEEN, "it is late"), said)
        assert (state.outcome, state.interrupted) == (BROKEN, True)
        assert "it is late; and on the release before" in state.reason


def test_no_host_ends_without_an_outcome() -> None:
    made = rollout(a=STATE, b=BETWEEN, c=replace(STATE, outcome=UPDATED))
    steps.unplanned(made)
    assert [item.outcome for item in made.hosts.values()] == [STOPPED, INTERRUPTED, UPDATED]


def test_what_would_be_done_is_predicted() -> None:
    older = Release(OLD, "0.7.1")
    made = rollout(
        a=STATE,
        b=replace(STATE, target=older),
        c=replace(STATE, todo=PROVE),
        d=replace(BETWEEN, todo=RETURN, reason="it was late"),
        e=replace(BETWEEN, target=older),
        f=BETWEEN,
    )
    made.closed = {OLD: "the gate is closed"}
    steps.predict(made)
    assert [(item.outcome, item.reason) for item in made.hosts.values()] == [
        (PREDICTED, ""),
        (STOPPED, "the gate is closed"),
        (TO_PROVE, ""),
        (TO_RETURN, "it was late"),
        (TO_RETURN, "the gate is closed"),
        (PREDICTED, ""),
    ]
    assert bad(made.hosts, {}) == ["b", "d", "e"]


def test_a_report_needs_a_directory(tmp_path: Path) -> None:
    steps.check_report(str(tmp_path / "report.json"))
    with pytest.raises(SpecificationError, match="is in no directory"):
        steps.check_report(str(tmp_path / "none/report.json"))
    with pytest.raises(SpecificationError, match="is a directory"):
        steps.check_report(str(tmp_path))
