# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit's findings for people and for machines, from one structure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.controls import CONTROLS
from ..model.finding import ERROR, PASSED, RED, STATUSES, Finding, summary
from .table import table, wrapped

FORMAT = 1

_COLUMNS = ("control", "check", "of", "status", "observed")


def not_audited(reason: str) -> Finding:
    """Return the finding for a host that gave none: it is red, since nothing is known of it."""
    return Finding(
        "CFG-06", "audit", ERROR, "host", "was audited", reason, "the controller", "Reach the host, and audit it"
    )


def as_data(hosts: Mapping[str, Sequence[Finding]]) -> dict[str, Any]:
    """Return the report as plain data: the same findings always give the same data, in the same order."""
    return {
        "format": FORMAT,
        "controls": {
            item.id: {
                "title": item.title,
                "severity": item.severity,
                "threat": item.threat,
                "rationale": item.rationale,
            }
            for item in CONTROLS.values()
        },
        "hosts": {
            name: {"summary": summary(findings), "findings": [item.as_data() for item in findings]}
            for name, findings in sorted(hosts.items())
        },
    }


def as_json(hosts: Mapping[str, Sequence[Finding]]) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_data(hosts), indent=2, ensure_ascii=True) + "\n"


def red(hosts: Mapping[str, Sequence[Finding]]) -> int:
    """Return how many findings make the audit fail."""
    return sum(item.status in RED for findings in hosts.values() for item in findings)


def _rows(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    return [(item.id, item.check, item.scope, item.status, wrapped(item.observed)) for item in findings]


def as_table(hosts: Mapping[str, Sequence[Finding]], problems: bool = False) -> str:
    """Return the report as a table for a terminal; with *problems*, without what has passed."""
    parts = []
    for name, findings in sorted(hosts.items()):
        chosen = [item for item in findings if not problems or item.status != PASSED]
        lines = table(_COLUMNS, _rows(chosen))
        counts = summary(findings)
        said = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
        parts.append("\n".join([f"{name}: {said}", "", *lines, ""]))
        parts.append(_remedies(chosen))
    return "\n".join(part for part in parts if part)


def _remedies(findings: Sequence[Finding]) -> str:
    remedies: dict[str, list[str]] = {}
    for item in findings:
        if item.status in RED and item.id not in remedies.setdefault(item.remedy, []):
            remedies[item.remedy].append(item.id)
    return "".join(f"To mend {', '.join(controls)}: {remedy}\n" for remedy, controls in remedies.items())
