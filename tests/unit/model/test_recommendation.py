# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits follow from what was measured, and never from what was not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import Limits, parse_limits
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import (
    CPU_BURST,
    DECODE_LIKE,
    DISCOVERY,
    FEWEST,
    IDLE,
    OBSERVED,
    Course,
    Delivery,
    Figures,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.recommendation import (
    KEEP,
    LIMITED,
    LOWER,
    RAISE,
    UNKNOWN,
    Advice,
    checked,
    recommend,
    recommended_limits,
)

MIB = 1024 * 1024
USED = {"memory": 40.0 * MIB, "cpu": 10.0, CPU_BURST: 30.0, "tasks": 20.0, "files": 24.0}


def measured(load: str, samples: int = 60, used: dict[str, float] | None = None, **more: Any) -> Course:
    values = {name: Figures(most, most, most, most, samples) for name, most in (used or USED).items()}
    return Course(load, 60.0, samples, values, **more)


def advised(courses: list[Course], limits: Limits | None = None, headroom: int = 50) -> dict[str, Advice]:
    return {item.resource: item for item in recommend(courses, limits or Limits(), headroom)}


ALL = [measured(IDLE, used={**USED, "memory": 4.0 * MIB}), measured(DISCOVERY), measured(DECODE_LIKE)]


def test_all_is_lowered_after_all_loads() -> None:
    assert recommended_limits(list(advised(ALL).values())) == {"memory": "64M", "cpu": "45%", "tasks": 40, "files": 256}


def test_only_idle_lowers_nothing_and_says_why() -> None:
    found = advised([measured(IDLE)])
    assert {item.action for item in found.values()} == {KEEP}
    assert "profile it under decode_like" in found["memory"].reason
    assert recommended_limits(list(found.values())) == {}


def test_what_is_not_measured_is_unknown_and_not_nought() -> None:
    found = advised([measured(DECODE_LIKE, used={"files": 10.0})])
    assert [found[name].action for name in ("memory", "cpu", "tasks")] == [UNKNOWN] * 3
    assert found["memory"].value is None
    assert found["memory"].used is None


@pytest.mark.parametrize("samples", [1, FEWEST - 1])
def test_a_window_that_is_too_short_recommends_nothing(samples: int) -> None:
    found = advised([*ALL, measured(DECODE_LIKE, samples)])
    assert {item.action for item in found.values()} == {UNKNOWN}
    assert f"{samples} samples" in found["memory"].reason


def test_more_than_the_limit_is_raised() -> None:
    found = advised([measured(DECODE_LIKE, used={**USED, "memory": 180.0 * MIB})])
    assert (found["memory"].action, found["memory"].text) == (RAISE, "288M")


@pytest.mark.parametrize(
    ("more", "resource", "text"),
    [
        ({"throttled": 0.5}, "cpu", "150%"),
        ({"limited": {"oom_kill": 1}}, "memory", "288M"),
        ({"limited": {"high": 3}}, "memory", "288M"),
        ({"limited": {"tasks": 1}}, "tasks", 96),
    ],
)
def test_what_the_limit_has_cut_off_is_raised(more: dict[str, Any], resource: str, text: str | int) -> None:
    found = advised([measured(DECODE_LIKE, **more)])
    assert (found[resource].action, found[resource].text) == (RAISE, text)
    assert "Profile it again" in found[resource].reason
    least = found[resource].least
    assert least is not None
    assert least > found[resource].now


def test_one_that_ended_with_its_memory_full_gets_more() -> None:
    limits = parse_limits({"memory": "48M"}, "limits")
    found = advised([measured(DECODE_LIKE, restarts=2)], limits)
    assert (found["memory"].action, found["memory"].text) == (RAISE, "72M")
    assert advised([measured(DECODE_LIKE, restarts=2)])["memory"].action == KEEP


def test_a_quota_that_was_never_used_up_is_not_raised() -> None:
    found = advised([measured(DECODE_LIKE, used={**USED, CPU_BURST: 95.0}, throttled=0.0)])
    assert (found["cpu"].action, found["cpu"].value) == (KEEP, 100)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"restarts": 1}, "started anew 1 times"),
        ({"missed": 2}, "it was away"),
        ({"thin": "3 days are less than 7"}, "3 days are less than 7"),
        ({"delivery": Delivery(10, 1, 0, 10, 1, 60, 1)}, "most of the load did not arrive"),
    ],
)
def test_what_was_not_seen_well_lowers_nothing(more: dict[str, Any], why: str) -> None:
    found = advised([measured(IDLE), measured(DECODE_LIKE, **more)])
    assert {item.action for item in found.values()} == {KEEP}
    assert why in found["memory"].reason


def test_the_processor_is_not_lowered_on_averages_of_minutes() -> None:
    used = {name: value for name, value in USED.items() if name != CPU_BURST}
    found = advised([measured(OBSERVED, used=used)])
    assert (found["cpu"].action, found["memory"].action) == (KEEP, LOWER)
    assert "0.1 s" in found["cpu"].reason


def test_memory_keeps_room_for_a_track() -> None:
    # Almost all that it uses, it uses without a load: a third of the limit is scratch space, and that has to be free.
    idle = {**USED, "memory": 50.0 * MIB}
    found = advised([measured(IDLE, used=idle), measured(DECODE_LIKE, used={**USED, "memory": 52.0 * MIB})])
    assert found["memory"].text == "120M"
    assert "for tracks" in found["memory"].reason


def test_explicit_parts_of_the_memory_stay_possible() -> None:
    limits = parse_limits({"memory": "192M", "scratch": "100M"}, "limits")
    found = advised(ALL, limits)
    assert found["memory"].action == KEEP
    assert "memory_high or scratch is 100M" in found["memory"].reason


def test_a_second_profile_with_slightly_other_figures_changes_nothing() -> None:
    given = recommended_limits(list(advised(ALL).values()))
    limits = parse_limits(given, "limits")
    for factor in (0.85, 0.95, 1.0, 1.05, 1.15):
        used = {name: value * factor for name, value in USED.items()}
        again = advised([measured(IDLE, used={**used, "memory": 4.0 * MIB}), measured(DECODE_LIKE, used=used)], limits)
        assert {name: item.action for name, item in again.items()} == dict.fromkeys(LIMITED, KEEP), factor


@given(
    memory=st.floats(0, 2**40),
    cpu=st.floats(0, 20000),
    tasks=st.floats(0, 10000),
    files=st.floats(0, 1e7),
    headroom=st.integers(10, 400),
    loads=st.lists(st.sampled_from([IDLE, DISCOVERY, DECODE_LIKE, OBSERVED]), min_size=1, max_size=4),
    throttled=st.sampled_from([None, 0.0, 0.5]),
    oom=st.integers(0, 2),
    now=st.sampled_from(
        [{}, {"memory": "32M", "cpu": "5%", "tasks": 24, "files": 64}, {"memory": "64G", "cpu": "6400%"}]
    ),
)
def test_whatever_was_measured_the_limits_are_limits(
    memory: float,
    cpu: float,
    tasks: float,
    files: float,
    headroom: int,
    loads: list[str],
    throttled: float | None,
    oom: int,
    now: dict[str, Any],
) -> None:
    used = {"memory": memory, "cpu": cpu, CPU_BURST: cpu, "tasks": tasks, "files": files}
    courses = [measured(load, used=used, throttled=throttled, limited={"oom_kill": oom}) for load in loads]
    advice = recommend(courses, parse_limits(now, "limits"), headroom)
    parse_limits({**now, **recommended_limits(advice)}, "limits")
    for item in advice:
        if item.action == LOWER:
            assert item.value is not None
            assert item.used is not None
            # What was used has room in it, unless a specification can have no more.
            assert item.value >= item.used
            assert set(loads) & {DISCOVERY, DECODE_LIKE, OBSERVED}


def test_a_headroom_that_is_none_is_refused() -> None:
    with pytest.raises(SpecificationError, match="headroom: 5 is out of range"):
        checked(5, "headroom")
