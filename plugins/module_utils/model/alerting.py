# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alerts a user wants, and at which thresholds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .alert import SEVERITIES, Alert, Threshold
from .alerts import ALERTS, THRESHOLDS
from .errors import SpecificationError
from .reading import boolean, integer, line, mapping

_LABEL = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OURS = ("service", "severity", "alertname", "instance", "name", "job")
_LONGEST_HOLD_S = 2_678_400


@dataclass(frozen=True)
class Alerting:
    """The *alerts* that are wanted, *thresholds* by name, and *labels* that each alert gets."""

    alerts: tuple[Alert, ...]
    thresholds: Mapping[str, int]
    labels: Mapping[str, str]


def read_alerting(alerts: Any, thresholds: Any, labels: Any) -> Alerting:
    """Return what the options of a user say. Raises `SpecificationError` that names the path of the value."""
    changed = mapping(alerts, "alerts", tuple(ALERTS))
    values = mapping(thresholds, "thresholds", tuple(THRESHOLDS))
    wanted = [_alert(alert, changed.get(name, {}), f"alerts.{name}") for name, alert in ALERTS.items()]
    chosen = tuple(alert for alert in wanted if alert is not None)
    if not chosen:
        raise SpecificationError("alerts", alerts, "leaves no alert", "Write state: absent to have none")
    return Alerting(
        chosen,
        {name: _value(item, values.get(name, item.default)) for name, item in THRESHOLDS.items()},
        _labels(labels),
    )


def default_alerting() -> Alerting:
    """Return all alerts at their default thresholds."""
    return read_alerting({}, {}, {})


def _alert(alert: Alert, given: Any, path: str) -> Alert | None:
    said = mapping(given, path, ("enabled", "hold", "severity"))
    hold = integer(said.get("hold", alert.hold_s), f"{path}.hold", 0, _LONGEST_HOLD_S, "seconds")
    severity = said.get("severity", alert.severity)
    if severity not in SEVERITIES:
        raise SpecificationError(
            f"{path}.severity", severity, "is no severity", f"Choose one of: {', '.join(SEVERITIES)}"
        )
    enabled = boolean(said.get("enabled", True), f"{path}.enabled")
    return replace(alert, hold_s=hold, severity=severity) if enabled else None


def _value(item: Threshold, given: Any) -> int:
    return integer(given, f"thresholds.{item.name}", item.minimum, item.maximum, item.unit)


def _labels(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise SpecificationError("labels", given, "is not a mapping", "Write names of labels with their values")
    for name in given:
        if not isinstance(name, str) or not _LABEL.fullmatch(name) or name.startswith("__"):
            raise SpecificationError(f"labels.{name}", name, "is no name of a label", "Write a-z, 0-9 and _")
        if name in _OURS:
            raise SpecificationError(f"labels.{name}", name, "is a label that alerts have", "Choose another name")
    return {name: _template_free(given[name], f"labels.{name}") for name in sorted(given)}


def _template_free(value: Any, path: str) -> str:
    text = line(value, path, 200)
    if "{{" in text:
        raise SpecificationError(path, value, "is a template of Prometheus", "Write the value of the label")
    return text
