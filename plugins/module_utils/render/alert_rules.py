# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of Prometheus, as the data that its file of rules is."""

from __future__ import annotations

import re
from typing import Any

from ..model.alert import PERCENT, SECONDS, TIMES, Alert, Happened, threshold_of, unit_of
from ..model.alerting import Alerting
from ..model.alerts import THRESHOLDS
from .promql import expression, recorded, unheard

SERVICE = "librespot"
"""The label ``service`` that all alerts have: routes and silences go by it."""

GROUP = "librespot"

_PLACE = re.compile(r"\{(\w+)\}")
_SHOWN = {
    PERCENT: "{{ $value | humanizePercentage }}",
    SECONDS: "{{ $value | humanizeDuration }}",
    TIMES: '{{ $value | printf "%.0f" }}',
}


def rules(alerting: Alerting) -> dict[str, Any]:
    """Return the file's data: one group, which is evaluated in order, so that alerts see what was recorded just now."""
    found = unheard() if any(isinstance(alert.condition, Happened) for alert in alerting.alerts) else {}
    for alert in alerting.alerts:
        found.update(recorded(alert.condition))
    recordings = [{"record": record, "expr": expr} for record, expr in found.items()]
    return {"groups": [{"name": GROUP, "rules": [*recordings, *(_rule(alert, alerting) for alert in alerting.alerts)]}]}


def _rule(alert: Alert, alerting: Alerting) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "alert": alert.name,
        "expr": expression(alert.condition, THRESHOLDS, alerting.thresholds),
    }
    if alert.hold_s:
        rule["for"] = f"{alert.hold_s}s"
    rule["labels"] = {**alerting.labels, "service": SERVICE, "severity": alert.severity}
    rule["annotations"] = {
        "summary": _text(alert.summary, alert, alerting),
        "description": _text(alert.description, alert, alerting),
        "action": _text(f"{alert.action}.", alert, alerting),
    }
    return rule


def _text(text: str, alert: Alert, alerting: Alerting) -> str:
    """Return *text* as a template of Prometheus."""

    def place(found: re.Match[str]) -> str:
        word = found.group(1)
        if word == "value":
            return _SHOWN[unit_of(alert.condition)]
        if word == "threshold":
            return threshold_text(threshold_of(alert.condition), alerting)
        return f"{{{{ $labels.{'instance' if word == 'host' else word} }}}}"

    return _PLACE.sub(place, text)


def threshold_text(name: str, alerting: Alerting) -> str:
    """Return the threshold *name* for people."""
    unit = THRESHOLDS[name].unit
    value = alerting.thresholds[name]
    if unit == PERCENT:
        return f"{value}%"
    return str(value) if unit == TIMES else f"{value} {unit}"
