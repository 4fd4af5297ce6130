# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit's findings for people and for machines, from one structure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..model.comparison import OUTCOMES, UNCHANGED, Comparison
from ..model.controls import CONTROLS
from ..model.environments import Difference
from ..model.finding import PASSED, RED, STATUSES, Finding, summary
from ..model.report import FLEET, HostReport, Report, fingerprint, fingerprint_of
from .table import printable, short, table, wrapped

FORMAT = 2
"""The number of the JSON's form, which docs/schemas/report-2.json describes. A reader needs the one that it knows."""

TOOL = "hardened.librespot"

_COLUMNS = ("control", "check", "of", "status", "observed")


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data: the same findings always give the same data, in the same order."""
    return {
        "format": FORMAT,
        "tool": {"name": TOOL, "version": report.version},
        "kind": report.kind,
        "made": report.made or None,
        "red": report.red,
        "summary": report.summary,
        "controls": {
            item.id: {
                "title": item.title,
                "severity": item.severity,
                "threat": item.threat,
                "rationale": item.rationale,
                "remedy": item.remedy,
            }
            for item in CONTROLS.values()
        },
        "environments": {name: list(hosts) for name, hosts in report.environments.items()},
        "fleet": _group("", report.fleet),
        "hosts": {name: _host(name, item) for name, item in sorted(report.hosts.items())},
        "differences": [_difference(item) for item in report.differences],
        "comparison": _comparison(report.comparison) if report.comparison else None,
    }


def _group(host: str, findings: Sequence[Finding]) -> dict[str, Any]:
    listed = [{**item.as_data(), "fingerprint": fingerprint(host, item)} for item in findings]
    return {"summary": summary(findings), "findings": listed}


def _host(name: str, host: HostReport) -> dict[str, Any]:
    data = {
        "audited": host.audited,
        "at": host.at or None,
        "environment": host.environment or None,
        **_group(name, host.findings),
    }
    if host.settings is not None:
        data["settings"] = [item.as_data() for item in host.settings]
    return data


def _difference(item: Difference) -> dict[str, Any]:
    return {
        "control": item.control,
        "instance": item.instance,
        "path": item.path,
        "values": {
            environment: [{"value": value, "hosts": list(hosts)} for value, hosts in values.items()]
            for environment, values in item.values.items()
        },
        "stated": item.stated,
        "reason": item.reason,
        "until": item.until or None,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "made": found.made or None,
        "counts": found.counts,
        "appeared": list(found.appeared),
        "vanished": list(found.vanished),
        "changes": [
            {
                "outcome": item.outcome,
                "host": item.key.host or None,
                "id": item.key.control,
                "check": item.key.check,
                "scope": item.key.scope,
                "before": item.before or None,
                "after": item.after or None,
                "fingerprint": fingerprint_of(item.key.host, item.key.control, item.key.check, item.key.scope),
            }
            for outcome in OUTCOMES
            if outcome != UNCHANGED
            for item in found.of(outcome)
        ],
    }


def as_json(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_data(report), indent=2, ensure_ascii=True) + "\n"


def _rows(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    return [
        (short(item.id), short(item.check), short(item.scope), item.status, wrapped(item.observed)) for item in findings
    ]


def as_table(report: Report, problems: bool = False) -> str:
    """Return the report as a table for a terminal; with *problems*, without what has passed."""
    parts = []
    groups: list[tuple[str, Sequence[Finding]]] = [(FLEET, report.fleet)] if report.fleet else []
    for name, findings in [*groups, *((name, host.findings) for name, host in sorted(report.hosts.items()))]:
        chosen = [item for item in findings if not problems or item.status != PASSED]
        lines = table(_COLUMNS, _rows(chosen))
        counts = summary(findings)
        said = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
        parts.append("\n".join([f"{printable(name)}: {said}", "", *lines, ""]))
        parts.append(_remedies(chosen))
    if report.comparison is not None:
        parts.append(_changes(report.comparison))
    return "\n".join(part for part in parts if part)


def _remedies(findings: Sequence[Finding]) -> str:
    remedies: dict[str, list[str]] = {}
    for item in findings:
        if item.status in RED and item.id not in remedies.setdefault(item.remedy, []):
            remedies[item.remedy].append(item.id)
    return "".join(
        f"To do for {printable(', '.join(controls))}: {printable(remedy)}\n" for remedy, controls in remedies.items()
    )


def _changes(found: Comparison) -> str:
    """Return what has changed since an earlier report: how much of each kind, and what got worse."""
    counted = ", ".join(f"{number} {outcome}" for outcome, number in found.counts.items() if number)
    said = [f"since the report of {printable(found.made) or 'an unknown day'}: {counted or 'nothing to compare'}"]
    said += [f"host {what}: {', '.join(map(printable, names))}" for what, names in _moved(found) if names]
    rows = [
        (item.key.host or FLEET, item.key.control, item.key.check, item.key.scope, item.before, item.after)
        for item in found.regressions
    ]
    lines = table(("host", "control", "check", "of", "before", "now"), [tuple(map(short, row)) for row in rows])
    return "\n".join([*said, "", *(lines if rows else []), ""])


def _moved(found: Comparison) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("appeared", found.appeared), ("vanished", found.vanished))
