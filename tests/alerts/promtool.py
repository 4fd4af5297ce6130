# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""promtool's own unit tests of rules, made from cases."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from tests.alerts.cases import Case


def without_prose(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return *rules* with no annotation but the summary: promtool compares all of them, word by word."""
    found = copy.deepcopy(dict(rules))
    for group in found["groups"]:
        for rule in group["rules"]:
            if "annotations" in rule:
                rule["annotations"] = {"summary": rule["annotations"]["summary"]}
    return found


def unit_tests(cases: Iterable[Case], rules_file: str) -> dict[int, dict[str, Any]]:
    """Return promtool's files, by the minutes between two looks at the rules.

    Each case fires when it shall, and is silent before, afterwards and just below.
    """
    found: dict[int, dict[str, Any]] = {}
    for case in cases:
        interval = f"{case.step_min}m"
        file = found.setdefault(
            case.step_min, {"rule_files": [rules_file], "evaluation_interval": interval, "tests": []}
        )
        end = case.fires + 20 * case.step_min
        above = [(case.fires, True), *((at, False) for at in case.silent)]
        below = [(at, False) for at in sorted({case.fires, *range(0, end, 5 * case.step_min)})]
        file["tests"] += [
            _test(case, "fires", case.series, above),
            _test(case, "just not", case.below, below),
        ]
    return found


def _test(case: Case, which: str, series: Mapping[str, str], moments: Iterable[tuple[int, bool]]) -> dict[str, Any]:
    return {
        "name": f"{case.alert}: {case.why}: {which}",
        "interval": f"{case.step_min}m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [_expected(case, at, fires) for at, fires in moments],
    }


def _expected(case: Case, at: int, fires: bool) -> dict[str, Any]:
    labels = {**case.labels, "service": "librespot", "severity": case.severity}
    alerts = [{"exp_labels": labels, "exp_annotations": {"summary": case.summary}}] if fires else []
    return {"eval_time": f"{at}m", "alertname": case.alert, "exp_alerts": alerts}
