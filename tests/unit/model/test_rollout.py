# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done with each host of a rollout, and which of them may go on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout import (
    BROKEN,
    CANARY,
    CURRENT,
    FAILED,
    GOOD,
    HELD,
    NONE,
    NOTHING,
    OUTCOMES,
    PRODUCTION,
    PROVE,
    RETURN,
    ROLLED_BACK,
    ROLLING_BACK,
    STAGES,
    STAGING,
    STOPPED,
    SWITCH,
    SWITCHING,
    UNREACHABLE,
    UPDATED,
    HostState,
    Looked,
    Release,
    as_data,
    host_state,
    looked,
    newly_red,
    planned,
    refusal,
    stage_of,
    staged,
    turn,
)

OLD, NEW, NEWER = Release("0.7.1-old", "0.7.1"), Release("0.8.0-new", "0.8.0"), Release("0.9.0-newer", "0.9.0")
RUN = "this run"
SEEN = Looked(PRODUCTION, wanted=NEW, path="/cache/new", running=OLD)


def one(seen: Looked, old: HostState | None = None) -> HostState:
    return planned({"host": seen}, {"host": old} if old else {}, RUN)["host"]


class TestPlan:
    def test_what_runs_another_release_is_switched(self) -> None:
        state = one(SEEN)
        assert (state.todo, state.target, state.before, state.outcome) == (SWITCH, NEW, OLD, "")

    def test_what_runs_it_already_is_proved(self) -> None:
        assert one(replace(SEEN, running=NEW)).todo == PROVE

    @pytest.mark.parametrize("outcome", [UPDATED, CURRENT])
    def test_what_was_proved_is_not_proved_again(self, outcome: str) -> None:
        old = HostState(PRODUCTION, NEW, OLD, NEW, outcome=outcome, run="earlier")
        state = one(replace(SEEN, running=NEW), old)
        assert (state.todo, state.outcome, state.run) == (NOTHING, outcome, "earlier")

    def test_what_was_proved_with_another_release_is_begun_anew(self) -> None:
        old = HostState(PRODUCTION, NEW, OLD, NEW, outcome=UPDATED)
        state = one(replace(SEEN, wanted=NEWER, running=NEW), old)
        assert (state.todo, state.before, state.target) == (SWITCH, NEW, NEWER)

    @pytest.mark.parametrize("outcome", [ROLLED_BACK, FAILED, STOPPED, UNREACHABLE])
    def test_what_failed_is_tried_again(self, outcome: str) -> None:
        assert one(SEEN, HostState(PRODUCTION, NEW, OLD, OLD, outcome=outcome)).todo == SWITCH

    @pytest.mark.parametrize(
        ("seen", "outcome", "reason"),
        [
            (replace(SEEN, reached=False), UNREACHABLE, "not reached"),
            (replace(SEEN, hold="a party"), HELD, "a party"),
            (replace(SEEN, hold="a party", reached=False), HELD, "a party"),
            (replace(SEEN, hold="a party", refused="no port"), HELD, "a party"),
            (replace(SEEN, refused="no port"), FAILED, "no port"),
        ],
    )
    def test_what_is_not_begun_says_why(self, seen: Looked, outcome: str, reason: str) -> None:
        state = one(seen)
        assert (state.todo, state.outcome) == (NOTHING, outcome)
        assert reason in state.reason

    @pytest.mark.parametrize(
        ("groups", "stage"),
        [({"first"}, STAGING), ({"second"}, CANARY), ({"first", "second"}, STAGING), ({"third"}, PRODUCTION)],
    )
    def test_groups_give_the_stage(self, groups: set[str], stage: str) -> None:
        assert stage_of(groups, "first", "second") == stage


def canaries(seen: dict[str, Looked], earlier: dict[str, HostState] | None = None) -> list[str]:
    """Return the hosts that are canaries."""
    return [name for name, item in planned(seen, earlier or {}, RUN).items() if item.stage == CANARY]


HELD_ONE = replace(SEEN, hold="a party")
SAME = replace(SEEN, running=NEW)
TODO = HostState(PRODUCTION, NEW, OLD, OLD, todo=SWITCH)
PROVED = HostState(PRODUCTION, NEW, OLD, NEW, outcome=UPDATED, run="earlier")
CHOSEN = replace(PROVED, stage=CANARY)


class TestCanary:
    def test_it_is_the_first_of_production(self) -> None:
        assert canaries({"staging": replace(SEEN, stage=STAGING), "a": SEEN, "b": SEEN}) == ["a"]

    @pytest.mark.parametrize(
        "idle", [HELD_ONE, SAME, replace(SEEN, reached=False), replace(SEEN, refused="no port"), SEEN]
    )
    def test_one_with_nothing_to_change_tries_nothing_for_the_others(self, idle: Looked) -> None:
        assert canaries({"a": idle, "b": SEEN, "c": SEEN}) == ["a" if idle == SEEN else "b"]

    def test_one_that_is_proved_already_tries_nothing_either(self) -> None:
        assert canaries({"a": SAME, "b": SEEN, "c": SEEN}, {"a": PROVED}) == ["b"]

    def test_where_nothing_is_changed_the_first_that_is_to_be_proved_is_it(self) -> None:
        assert canaries({"a": HELD_ONE, "b": SAME, "c": SAME}) == ["b"]

    def test_where_there_is_nothing_to_do_there_is_none(self) -> None:
        assert canaries({"a": HELD_ONE, "b": SAME}, {"b": PROVED}) == []

    @pytest.mark.parametrize(
        ("left", "seen"),
        [
            (HostState(CANARY, NEW, OLD, OLD, todo=SWITCH), SEEN),
            (HostState(CANARY, NEW, OLD, OLD, todo=SWITCH), SAME),
            (HostState(CANARY, NEW, OLD, OLD, todo=SWITCH, step=SWITCHING), SEEN),
            (HostState(CANARY, NEW, OLD, OLD, todo=SWITCH, step=SWITCHING), replace(SAME, reached=False)),
            (HostState(CANARY, NEW, OLD, OLD, todo=SWITCH, step=ROLLING_BACK), SAME),
            (CHOSEN, SAME),
        ],
    )
    def test_the_one_that_was_chosen_stays_it_wherever_the_run_was_killed(self, left: HostState, seen: Looked) -> None:
        earlier = {"a": TODO, "b": left, "c": TODO}
        assert canaries({"a": SEEN, "b": seen, "c": SEEN}, earlier) == ["b"]

    def test_it_is_known_when_nothing_is_left_to_do(self) -> None:
        seen, earlier = {"a": SAME, "b": SAME}, {"a": PROVED, "b": CHOSEN}
        assert canaries(seen, earlier) == ["b"]
        # A host that comes later gets what was tried.
        assert canaries({**seen, "c": SEEN}, planned(seen, earlier, RUN)) == ["b"]

    @pytest.mark.parametrize("seen", [HELD_ONE, replace(SEEN, refused="no port")])
    def test_one_that_was_chosen_and_has_nothing_to_do_any_more_is_none(self, seen: Looked) -> None:
        assert canaries({"a": seen, "b": SEEN}, {"a": HostState(CANARY, NEW, OLD, OLD, todo=SWITCH)}) == ["b"]

    def test_what_was_tried_before_is_tried_for_that_release_alone(self) -> None:
        seen = {"a": replace(SAME, wanted=NEW), "b": replace(SEEN, wanted=NEWER)}
        assert canaries(seen, {"a": CHOSEN}) == ["b"]

    def test_a_named_one_is_the_only_one(self) -> None:
        assert canaries({"a": SEEN, "b": replace(SEEN, stage=CANARY)}) == ["b"]
        earlier = {"a": HostState(CANARY, NEW, OLD, OLD, todo=SWITCH)}
        assert canaries({"a": SEEN, "b": replace(SEEN, stage=CANARY)}, earlier) == ["b"]

    @pytest.mark.parametrize(
        ("named", "old", "alone"),
        [
            (HELD_ONE, None, False),
            (replace(SAME, wanted=OLD, running=OLD), replace(CHOSEN, target=OLD), False),
            (SAME, CHOSEN, True),
            (SAME, None, True),
            # They stop the others.
            (replace(SEEN, reached=False), None, True),
            (replace(SEEN, refused="no port"), None, True),
        ],
    )
    def test_where_no_named_one_tries_what_the_others_get_another_does(
        self, named: Looked, old: HostState | None, alone: bool
    ) -> None:
        seen = {"a": HELD_ONE, "named": replace(named, stage=CANARY), "b": SEEN, "c": SEEN}
        assert canaries(seen, {"named": old} if old else {}) == (["named"] if alone else ["named", "b"])


LEFT = HostState(PRODUCTION, NEW, OLD, OLD, step=SWITCHING, red=(("A", "b", "c"),), run="earlier")


class TestInterrupted:
    """A host that a killed run left between two releases."""

    @pytest.mark.parametrize("running", [OLD, NEW, NONE])
    def test_it_goes_on_and_forgets_nothing(self, running: Release) -> None:
        state = one(replace(SEEN, running=running, refused="" if running.id else "it does not answer"), LEFT)
        assert (state.todo, state.before, state.target, state.red) == (SWITCH, OLD, NEW, LEFT.red)
        assert state.now == running

    def test_what_was_going_back_goes_back(self) -> None:
        state = one(SEEN, replace(LEFT, step=ROLLING_BACK, reason="it was late"))
        assert (state.todo, state.before, state.reason) == (RETURN, OLD, "it was late")

    @pytest.mark.parametrize(
        ("running", "outcome", "todo"),
        [(NEW, BROKEN, PROVE), (OLD, BROKEN, RETURN), (NONE, BROKEN, RETURN), (NEW, "", RETURN)],
    )
    def test_what_was_broken_and_is_mended_is_proved(self, running: Release, outcome: str, todo: str) -> None:
        old = replace(LEFT, step=ROLLING_BACK, outcome=outcome, reason="it was late")
        state = one(replace(SEEN, running=running), old)
        assert (state.todo, state.interrupted) == (todo, todo == RETURN)

    def test_what_is_held_meanwhile_goes_back(self) -> None:
        assert one(replace(SEEN, hold="a party"), LEFT).todo == RETURN

    @pytest.mark.parametrize(("refused", "said"), [("no cargo", "no cargo"), ("", "could not be got")])
    def test_it_goes_back_when_there_is_nothing_to_go_on_with(self, refused: str, said: str) -> None:
        state = one(replace(SEEN, wanted=NONE, refused=refused), LEFT)
        assert (state.todo, state.before, state.outcome, state.interrupted) == (RETURN, OLD, "", True)
        assert said in state.reason

    def test_one_that_is_not_reached_is_not_forgotten(self) -> None:
        state = one(replace(SEEN, reached=False), LEFT)
        assert (state.outcome, state.interrupted, state.before) == (UNREACHABLE, True, OLD)
        assert one(SEEN, state).todo == SWITCH

    def test_another_release_may_be_wanted_now(self) -> None:
        state = one(replace(SEEN, wanted=NEWER, running=NEW), LEFT)
        assert (state.todo, state.target, state.before) == (SWITCH, NEWER, OLD)

    def test_it_goes_back_when_it_must_not_go_on(self) -> None:
        hosts = {"host": one(SEEN, LEFT)}
        assert turn("host", hosts, {NEW.id: "the gate is closed"}, 0, 1.0).todo == RETURN
        assert turn("host", hosts, {}, 0, 1.0).todo == SWITCH


def fleet(*outcomes: str, stage: str = PRODUCTION) -> dict[str, HostState]:
    return {f"h{number}": HostState(stage, NEW, OLD, outcome=item) for number, item in enumerate(outcomes)}


class TestTurn:
    def test_a_closed_gate_stops_what_wants_that_release_alone(self) -> None:
        hosts = {"a": TODO, "b": replace(TODO, target=NEWER)}
        assert turn("a", hosts, {NEW.id: "the gate is closed"}, 0, 1.0).outcome == STOPPED
        assert turn("b", hosts, {NEW.id: "the gate is closed"}, 0, 1.0).todo == SWITCH

    @pytest.mark.parametrize("earlier", [STAGING, CANARY])
    @pytest.mark.parametrize("outcome", ["", *OUTCOMES])
    def test_an_earlier_stage_has_to_pass(self, earlier: str, outcome: str) -> None:
        hosts = {**fleet(UPDATED, outcome, stage=earlier), "host": TODO}
        assert bool(refusal("host", hosts, {}, 100)) == (outcome not in GOOD)

    @pytest.mark.parametrize("stage", [STAGING, CANARY])
    def test_one_that_fails_stops_staging_and_the_canary(self, stage: str) -> None:
        hosts = {**fleet(UPDATED, ROLLED_BACK, stage=stage), "host": replace(TODO, stage=stage)}
        assert refusal("host", hosts, {}, 100)

    @pytest.mark.parametrize(("most", "stopped"), [(0, True), (24, True), (25, False), (100, False)])
    def test_so_many_of_production_may_fail(self, most: float, stopped: bool) -> None:
        hosts = {**fleet(UPDATED, ROLLED_BACK, STOPPED), "host": TODO}
        assert bool(refusal("host", hosts, {}, most)) == stopped

    def test_one_that_is_broken_stops_everything(self) -> None:
        assert refusal("host", {**fleet(BROKEN), "host": TODO}, {}, 100)

    @pytest.mark.parametrize("todo", [NOTHING, RETURN])
    def test_what_is_done_or_goes_back_asks_nobody(self, todo: str) -> None:
        state = replace(TODO, todo=todo, outcome=HELD if todo == NOTHING else "")
        assert turn("host", {**fleet(BROKEN), "host": state}, {}, 0, 5.0) == replace(state, begun=5.0)

    @given(
        st.lists(st.tuples(st.sampled_from(STAGES), st.sampled_from(["", *OUTCOMES])), max_size=8),
        st.sampled_from(STAGES),
        st.floats(0, 100),
    )
    def test_no_host_begins_while_one_before_it_is_not_well(
        self, others: list[tuple[str, str]], stage: str, most: float
    ) -> None:
        hosts = {f"h{at}": HostState(where, NEW, OLD, outcome=item) for at, (where, item) in enumerate(others)}
        hosts["host"] = replace(TODO, stage=stage)
        state = turn("host", hosts, {}, most, 1.0)
        earlier = [item for where, item in others if STAGES.index(where) < STAGES.index(stage)]
        if any(item not in GOOD for item in earlier) or any(item == BROKEN for _where, item in others):
            assert (state.todo, state.outcome) == (NOTHING, STOPPED)
            assert state.reason


def finding(status: str, check: str = "modes", observed: str = "0644") -> dict[str, Any]:
    return {"id": "CFG-04", "check": check, "scope": "host", "status": status, "observed": observed}


@pytest.mark.parametrize(
    ("before", "item", "said"),
    [
        ((), finding("passed"), []),
        ((), finding("failed"), ["CFG-04 modes host: 0644"]),
        ((), finding("error"), ["CFG-04 modes host: 0644"]),
        ((), finding("not enforced"), []),
        ((("CFG-04", "modes", "host"),), finding("failed"), []),
        ((("CFG-04", "modes", "kitchen"),), finding("failed"), ["CFG-04 modes host: 0644"]),
        ((("CFG-04", "drift", "host"),), finding("failed", "drift"), ["CFG-04 drift host: 0644"]),
    ],
)
def test_what_was_red_before_is_not_newly_red_but_drift(before: Any, item: Any, said: list[str]) -> None:
    assert newly_red(before, [item]) == said


@pytest.mark.parametrize(
    ("stage", "first", "known"),
    [
        (STAGING, HostState(CANARY, NEW), True),
        (CANARY, HostState(PRODUCTION, NEW), True),
        (PRODUCTION, HostState(CANARY, NEW, outcome=UPDATED), True),
        (PRODUCTION, HostState(STAGING, NEW, outcome=CURRENT), True),
        (PRODUCTION, HostState(STAGING, NEW, outcome=HELD), False),
        (PRODUCTION, HostState(STAGING, NEWER, outcome=UPDATED), False),
        (PRODUCTION, HostState(PRODUCTION, NEW, outcome=UPDATED), False),
    ],
)
def test_a_release_that_no_earlier_host_was_content_with_is_not_staged(
    stage: str, first: HostState, known: bool
) -> None:
    assert staged("host", {"first": first, "host": HostState(stage, NEW)}) is known


@pytest.mark.parametrize("state", [LEFT, replace(TODO, begun=3.5, outcome=UPDATED, reason="ä")])
def test_a_state_is_read_as_it_was_written(state: HostState) -> None:
    assert host_state(json.loads(json.dumps(as_data(state)))) == state


def test_what_was_seen_is_read_as_it_was_written() -> None:
    assert looked(json.loads(json.dumps(as_data(SEEN)))) == SEEN


def test_what_the_gate_has_let_through_sends_no_host_back() -> None:
    item = {"id": "UPD-09", "check": "fixable", "scope": "host", "status": "failed", "observed": "left"}
    assert newly_red((), [item]) == []
    assert newly_red((), [{**item, "id": "UPD-05"}]) == ["UPD-05 fixable host: left"]
