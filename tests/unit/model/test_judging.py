# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus would alert of, a host finds by itself, from the same table and the same samples."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.alerts import ALERTS
from ansible_collections.hardened.librespot.plugins.module_utils.model.judging import Judge, Verdict
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import Sample

KITCHEN = {"name": "kitchen"}
NOW = 1_795_838_486.0


def judged(alert: str, *looks: list[Sample], step: float = 5) -> list[Verdict]:
    """Return the verdict of each of the *looks*, which are *step* seconds apart."""
    judge = Judge([ALERTS[alert]])
    found = [judge.look(samples, NOW + step * number, step * number) for number, samples in enumerate(looks)]
    return [next(iter(item.values()), Verdict(False, 0)) for item in found]


def holds(alert: str, *looks: list[Sample], step: float = 5) -> list[bool]:
    return [item.holds for item in judged(alert, *looks, step=step)]


def grows(metric: str, *values: float, **labels: str) -> list[list[Sample]]:
    return [[Sample(metric, value, {**KITCHEN, **labels})] for value in values]


class TestHappened:
    KILLS = "librespot_memory_events_total"

    def test_what_was_there_at_the_first_look_has_happened_before(self) -> None:
        assert holds("LibrespotOutOfMemory", *grows(self.KILLS, 3, 3, event="oom_kill")) == [False, False]

    def test_a_rise_holds_for_its_window(self) -> None:
        looks = grows(self.KILLS, 3, 4, 4, 4, event="oom_kill")
        assert holds("LibrespotOutOfMemory", *looks, step=299) == [False, True, True, True]
        assert holds("LibrespotOutOfMemory", *looks, step=301) == [False, True, True, False]

    def test_what_a_new_series_begins_with_has_happened(self) -> None:
        looks = [[], *grows("librespot_instance_failures_total", 1, result="oom-kill")]
        assert holds("LibrespotOutOfMemory", *looks) == [False, True]

    def test_two_counters_of_the_same_are_one(self) -> None:
        def at(value: float) -> list[Sample]:
            return [
                Sample(self.KILLS, value, {**KITCHEN, "event": "oom_kill"}),
                Sample("librespot_instance_failures_total", value, {**KITCHEN, "result": "oom-kill"}),
            ]

        assert judged("LibrespotOutOfMemory", at(0), at(1))[1] == Verdict(True, 1, 1)

    def test_other_labels_do_not_count(self) -> None:
        assert holds("LibrespotOutOfMemory", *grows(self.KILLS, 0, 9, event="high")) == [False, False]

    def test_a_counter_that_begins_anew(self) -> None:
        assert judged("LibrespotOutOfMemory", *grows(self.KILLS, 5, 1, event="oom_kill"))[1] == Verdict(True, 1, 1)

    def test_only_many_starts_are_a_loop(self) -> None:
        looks = grows("librespot_instance_starts_total", 0, 1, 2, 3, 4)
        assert holds("LibrespotCrashLoop", *looks) == [False, False, False, False, True]

    def test_a_series_that_is_missing_for_a_moment_is_not_new(self) -> None:
        (known,) = grows(self.KILLS, 7, event="oom_kill")
        assert holds("LibrespotOutOfMemory", known, [], known) == [False, False, False]


class TestRate:
    def test_a_share_of_periods(self) -> None:
        def at(periods: float, throttled: float) -> list[Sample]:
            return [
                Sample("librespot_cpu_periods_total", periods, KITCHEN),
                Sample("librespot_cpu_throttled_periods_total", throttled, KITCHEN),
            ]

        found = judged("LibrespotCpuThrottled", at(0, 0), at(100, 20), at(200, 100))
        assert found == [Verdict(False, 0), Verdict(False, 20), Verdict(True, 50)]

    def test_a_share_of_the_time(self) -> None:
        looks = grows("librespot_pressure_seconds_total", 0, 1, 4.5, resource="cpu", kind="some")
        found = judged("LibrespotCpuPressure", *looks)
        assert [round(item.value) for item in found] == [0, 20, 45]
        assert [item.holds for item in found] == [False, False, True]


class TestLevels:
    def test_nearly_at_the_limit(self) -> None:
        def at(used: float) -> list[Sample]:
            return [
                Sample("librespot_memory_bytes", used, KITCHEN),
                Sample("librespot_memory_limit_bytes", 100, KITCHEN),
            ]

        assert holds("LibrespotMemoryNearLimit", at(90), at(91)) == [False, True]

    def test_without_a_limit_there_is_nothing_to_judge(self) -> None:
        assert holds("LibrespotMemoryNearLimit", [Sample("librespot_memory_bytes", 9, KITCHEN)]) == [False]

    @pytest.mark.parametrize(("up", "healthy", "told"), [(1, 0, True), (1, 1, False), (0, 0, False)])
    def test_silent_is_who_is_up(self, up: int, healthy: int, told: bool) -> None:
        look = [
            Sample("librespot_instance_up", up, KITCHEN),
            Sample("librespot_instance_healthy", healthy, KITCHEN),
        ]
        assert holds("LibrespotNotAnswering", look) == [told]

    def test_a_control_that_is_red(self) -> None:
        def red(severity: str) -> list[Sample]:
            return [Sample("librespot_audit_red", 2, {"control": "CFG-04", "severity": severity})]

        assert holds("LibrespotControlRed", red("Medium")) == [True]
        assert holds("LibrespotControlRed", red("High")) == [False]

    def test_a_moment_long_ago(self) -> None:
        def last(moment: float) -> list[Sample]:
            return [Sample("librespot_audit_last_run_timestamp_seconds", moment)]

        assert holds("LibrespotAuditOverdue", last(NOW - 60)) == [False]
        assert holds("LibrespotAuditOverdue", last(NOW - 99_999)) == [True]
        assert holds("LibrespotAuditOverdue", last(0)) == [True]


def test_what_only_others_can_judge_is_left_to_them() -> None:
    looks = [Sample("librespot_instance_info", 1, {**KITCHEN, "version": str(number)}) for number in range(2)]
    assert Judge([ALERTS["LibrespotFleetDiffers"]]).look(looks, NOW, 0) == {}
