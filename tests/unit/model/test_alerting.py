# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of alerts holds together, and what a user writes of it is taken or named."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert import (
    SEVERITIES,
    Alert,
    Differs,
    Happened,
    Rate,
    Series,
    Share,
    threshold_of,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerting import default_alerting, read_alerting
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerts import ALERTS, GROUPS, THRESHOLDS
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import COUNTER, METRICS


def series_of(alert: Alert) -> list[Series]:
    """Return the series that an alert is about."""
    condition = alert.condition
    if isinstance(condition, Share):
        return [Series(name) for name in (*condition.parts, condition.whole)]
    if isinstance(condition, Rate):
        return [condition.counter, *([Series(condition.per)] if condition.per else [])]
    return list(condition.counters) if isinstance(condition, Happened) else [condition.series]


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
class TestAlert:
    def test_it_looks_at_metrics_and_labels_that_there_are(self, alert: Alert) -> None:
        for series in series_of(alert):
            assert set(series.labels) <= set(METRICS[series.metric].labels)
            assert (METRICS[series.metric].kind == COUNTER) == isinstance(alert.condition, (Rate, Happened))

    def test_its_words_name_what_it_knows(self, alert: Alert) -> None:
        known = {"host", "value", *(["threshold"] if threshold_of(alert.condition) else [])}
        if isinstance(alert.condition, Differs):
            known |= set(alert.condition.by)
            known -= set() if "instance" in alert.condition.by else {"host"}
        else:
            labels = [set(METRICS[series.metric].labels) for series in series_of(alert)]
            known |= set.intersection(*labels)
        for text in (alert.summary, alert.description, alert.action):
            assert set(re.findall(r"\{(\w+)\}", text)) <= known

    def test_it_has_a_place_a_severity_and_a_threshold_of_the_table(self, alert: Alert) -> None:
        assert alert.group in GROUPS
        assert alert.severity in SEVERITIES
        assert threshold_of(alert.condition) in ("", *THRESHOLDS)
        assert alert.action
        assert not alert.action.endswith(".")


def test_every_threshold_is_one_of_an_alert() -> None:
    assert {threshold_of(alert.condition) for alert in ALERTS.values()} - {""} == set(THRESHOLDS)


def test_thresholds_begin_within_their_ranges() -> None:
    assert all(item.minimum <= item.default <= item.maximum for item in THRESHOLDS.values())


def test_a_user_changes_what_they_name_and_nothing_else() -> None:
    changed = {"LibrespotCrashLoop": {"enabled": False}, "LibrespotInstanceDown": {"hold": "5", "severity": "info"}}
    alerting = read_alerting(changed, {"memory_percent": "75"}, {"site": "home"})
    found = {alert.name: alert for alert in alerting.alerts}
    assert set(ALERTS) - set(found) == {"LibrespotCrashLoop"}
    assert (found["LibrespotInstanceDown"].hold_s, found["LibrespotInstanceDown"].severity) == (5, "info")
    assert found["LibrespotTasksRefused"] == ALERTS["LibrespotTasksRefused"]
    assert alerting.thresholds == {**default_alerting().thresholds, "memory_percent": 75}
    assert alerting.labels == {"site": "home"}


@pytest.mark.parametrize(
    ("alerts", "thresholds", "labels", "path", "right"),
    [
        ({"LibrespotCrashLop": {}}, {}, {}, "alerts.LibrespotCrashLop", "Did you mean LibrespotCrashLoop?"),
        ({"LibrespotCrashLoop": {"for": 3}}, {}, {}, "alerts.LibrespotCrashLoop.for", "enabled, hold, severity"),
        ({"LibrespotCrashLoop": {"hold": -1}}, {}, {}, "alerts.LibrespotCrashLoop.hold", "from 0 to"),
        ({"LibrespotCrashLoop": {"severity": "page"}}, {}, {}, "alerts.LibrespotCrashLoop.severity", "critical"),
        ({"LibrespotCrashLoop": {"enabled": "maybe"}}, {}, {}, "alerts.LibrespotCrashLoop.enabled", "true or false"),
        ({"LibrespotCrashLoop": False}, {}, {}, "alerts.LibrespotCrashLoop", "Write keys of"),
        (["LibrespotCrashLoop"], {}, {}, "alerts", "Write keys of"),
        ({name: {"enabled": False} for name in ALERTS}, {}, {}, "alerts", "state: absent"),
        ({}, {"memory_percent": 101}, {}, "thresholds.memory_percent", "from 1 to 100 percent"),
        ({}, {"memory_percent": 0}, {}, "thresholds.memory_percent", "from 1 to 100 percent"),
        ({}, {"memory_percent": "90%"}, {}, "thresholds.memory_percent", "whole number"),
        ({}, {"memory": 90}, {}, "thresholds.memory", "Did you mean"),
        ({}, {"starts": True}, {}, "thresholds.starts", "whole number"),
        ({}, {}, {"severity": "low"}, "labels.severity", "another name"),
        ({}, {}, {"Site!": "home"}, "labels.Site!", "a-z"),
        ({}, {}, {"__site": "home"}, "labels.__site", "a-z"),
        ({}, {}, {"site": ""}, "labels.site", "some text"),
        ({}, {}, {"site": "{{ $value }}"}, "labels.site", "Write the value"),
        ({}, {}, ["site"], "labels", "names of labels"),
    ],
)
def test_a_wrong_value_is_named(alerts: Any, thresholds: Any, labels: Any, path: str, right: str) -> None:
    with pytest.raises(SpecificationError, match=re.escape(right)) as found:
        read_alerting(alerts, thresholds, labels)
    assert found.value.path == path
