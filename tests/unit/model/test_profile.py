# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readings become figures, and nothing is made up where a counter begins again or does not exist."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import (
    CPU_BURST,
    IDLE,
    Delivery,
    course,
    figures,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import CPU, MEMORY, Usage

GROUP = ("/sys/fs/cgroup/librespot.slice/librespot-kitchen.service", 7)


def reading(moment: float, **what: object) -> Usage:
    return Usage(moment=moment, **{"group": GROUP, **what})  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=300))
def test_percentiles_are_values_that_were_measured_in_order(values: list[float]) -> None:
    found = figures(values)
    assert {found.p50, found.p95, found.p99, found.maximum} <= set(values)
    assert found.p50 <= found.p95 <= found.p99 <= found.maximum == max(values)
    assert sum(value <= found.p95 for value in values) >= 0.95 * len(values)


def test_rates_are_of_the_time_that_has_passed() -> None:
    found = course(IDLE, [reading(10.0, cpu_s=1.0), reading(12.0, cpu_s=2.0), reading(13.0, cpu_s=2.0)])
    assert (found.measured[CPU].maximum, found.measured[CPU].p50, found.measured[CPU].samples) == (50.0, 0.0, 2)
    assert (found.seconds, found.samples, found.restarts) == (3.0, 3, 0)


def test_what_is_not_counted_is_not_measured() -> None:
    found = course(IDLE, [reading(1.0, files=3), reading(2.0, files=4)])
    assert set(found.measured) == {"files"}
    assert (found.throttled, found.throttled_s, found.limited) == (None, None, {})
    assert "memory" in found.as_data()["not_measured"]


def test_a_restart_is_noticed_and_no_rate_is_taken_across_it() -> None:
    other = (GROUP[0], 8)
    readings = [
        reading(1.0, cpu_s=90.0, memory=50, memory_peak=60, memory_events={"oom_kill": 3}),
        reading(2.0, cpu_s=90.5, memory=55, memory_peak=60, memory_events={"oom_kill": 3}),
        replace(reading(3.0, cpu_s=0.1, memory=5, memory_peak=70, memory_events={"oom_kill": 1}), group=other),
        replace(reading(4.0, cpu_s=0.2, memory=6, memory_peak=70, memory_events={"oom_kill": 1}), group=other),
    ]
    found = course(IDLE, readings)
    assert found.restarts == 1
    assert found.measured[CPU].samples == 2
    assert found.measured[CPU].maximum == pytest.approx(50.0)
    # The group that was made meanwhile has reached its peak meanwhile; the other one had before.
    assert found.measured[MEMORY].maximum == 70
    assert found.limited == {"oom_kill": 1}


def test_another_process_in_the_same_group_is_a_restart_too() -> None:
    found = course(IDLE, [reading(1.0), reading(2.0), reading(3.0)], [(10, 1), (10, 1), (11, 2)])
    assert found.restarts == 1


def test_a_peak_of_before_is_not_of_this_window() -> None:
    one = course(IDLE, [reading(1.0, memory=10, memory_peak=999), reading(2.0, memory=11, memory_peak=999)])
    assert one.measured[MEMORY].maximum == 11
    two = course(IDLE, [reading(1.0, memory=10, memory_peak=20), reading(2.0, memory=11, memory_peak=50)])
    assert two.measured[MEMORY].maximum == 50


def test_looks_without_a_process_are_counted() -> None:
    found = course(IDLE, [reading(1.0, files=3), None, reading(3.0, files=3)])
    assert (found.missed, found.samples, found.restarts) == (1, 2, 0)
    nothing = course(IDLE, [None, None])
    assert (nothing.missed, nothing.samples, nothing.measured) == (2, 0, {})


def test_a_clock_that_stands_still_divides_nothing() -> None:
    assert CPU not in course(IDLE, [reading(1.0, cpu_s=1.0), reading(1.0, cpu_s=2.0)]).measured


def test_a_counter_that_goes_back_is_left_out() -> None:
    found = course(IDLE, [reading(1.0, cpu_s=5.0), reading(2.0, cpu_s=1.0), reading(3.0, cpu_s=1.5)])
    assert (found.measured[CPU].samples, found.measured[CPU].maximum) == (1, 50.0)


@pytest.mark.parametrize(
    ("what", "held_up"),
    [
        ({"periods": 100, "throttled_periods": 1}, ()),
        ({"periods": 100, "throttled_periods": 50}, (CPU,)),
        ({"memory_events": {"high": 1}}, (MEMORY,)),
        ({"memory_events": {"low": 9, "oom_kill": 0}}, ()),
        ({"tasks_refused": 1}, ("tasks",)),
    ],
)
def test_what_came_to_its_limit_was_held_up(what: dict[str, object], held_up: tuple[str, ...]) -> None:
    before: dict[str, object] = {"periods": 0, "throttled_periods": 0, "tasks_refused": 0}
    found = course(IDLE, [reading(1.0, **before), reading(2.0, **{**before, **what})])
    assert found.held_up == held_up


def test_bursts_are_a_resource_of_their_own() -> None:
    found = course(IDLE, [reading(1.0, cpu_s=0.0), reading(2.0, cpu_s=0.1)], bursts=[0.0, 80.0])
    assert found.measured[CPU].maximum == pytest.approx(10.0)
    assert found.measured[CPU_BURST].maximum == 80.0


@pytest.mark.parametrize(("answered", "arrived"), [(80, True), (79, False), (0, False)])
def test_a_load_has_arrived_when_most_of_it_was_answered(answered: int, arrived: bool) -> None:
    assert Delivery(10.0, 4, 0, 100, answered, 10.0, 3).arrived is arrived
