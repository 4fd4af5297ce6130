# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings of an audit as SARIF 2.1.0, for services that show findings beside the inventory that they are about."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ...module_utils.model.controls import CONTROLS, HIGH, LOW, MEDIUM, Control
from ...module_utils.model.finding import ERROR, FAILED, NOT_APPLICABLE, NOT_ENFORCED, PASSED, WAIVED, Finding
from ...module_utils.model.report import FLEET, Report, fingerprint
from ...module_utils.model.strategies import STRATEGIES, strategy_of
from .audit_view import visible

_LEVELS = {HIGH: "error", MEDIUM: "warning", LOW: "note"}
_SCORES = {HIGH: "8.0", MEDIUM: "5.5", LOW: "2.0"}
_KINDS = {
    FAILED: "fail",
    ERROR: "fail",
    NOT_ENFORCED: "open",
    WAIVED: "fail",
    PASSED: "pass",
    NOT_APPLICABLE: "notApplicable",
}
"""What the format calls each status. Only what has failed has a level; what is waived is suppressed."""

_UNKNOWN = Control("UNKNOWN", "Not in this catalogue", MEDIUM, "", "", "")
_INVENTORY = "inventory"
"""Where a finding stands whose host has no file that is known."""


def audit_sarif(report: Report) -> str:
    """Return the findings of *report* as text."""
    rules = [*CONTROLS.values(), _UNKNOWN]
    numbers = {item.id: number for number, item in enumerate(rules)}
    uris = sorted({_uri(host.source) for host in report.hosts.values()} | {_uri("")})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "hardened.librespot audit",
                **({"version": report.version, "semanticVersion": report.version} if report.version else {}),
                "rules": [_rule(item) for item in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": all(host.audited for host in report.hosts.values()),
                **({"endTimeUtc": report.made} if report.made else {}),
            }
        ],
        "artifacts": [{"location": {"uri": uri}} for uri in uris],
        "logicalLocations": [{"name": name, "fullyQualifiedName": name, "kind": "resource"} for name in _names(report)],
        "results": [_result(report, host, item, numbers, uris) for host, item in report.located],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _names(report: Report) -> Iterable[str]:
    return [FLEET, *(visible(name, 200) for name in report.hosts)]


def text(plain: str) -> str:
    """Return *plain* as text of a message, in which brackets make links and braces stand for something else."""
    escaped = visible(plain).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return escaped.replace("{", "{{").replace("}", "}}")


def _rule(item: Control) -> dict[str, Any]:
    strategy = next((one.title for one in STRATEGIES if one.id == strategy_of(item.id)), "")
    helped = [("Threat", item.threat), ("Why this way", item.rationale), ("Remedy", item.remedy)]
    said = "\n\n".join(f"{title}: {text(what)}" for title, what in helped if what) or text(item.title)
    return {
        "id": item.id,
        "name": item.id.replace("-", ""),
        "shortDescription": {"text": text(item.title)},
        "fullDescription": {"text": text(item.threat or item.title)},
        "help": {"text": said},
        "defaultConfiguration": {"level": _LEVELS[item.severity]},
        "properties": {
            "security-severity": _SCORES[item.severity],
            "tags": ["security", *([strategy] if strategy else [])],
        },
    }


def _result(report: Report, host: str, item: Finding, numbers: dict[str, int], uris: list[str]) -> dict[str, Any]:
    rule = item.id if item.id in CONTROLS else _UNKNOWN.id
    source = report.hosts[host].source if host else next((x.source for x in report.hosts.values() if x.source), "")
    uri = _uri(source)
    name = visible(host, 200) or FLEET
    level = _LEVELS[CONTROLS.get(item.id, _UNKNOWN).severity] if _KINDS[item.status] == "fail" else "none"
    said: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": numbers[rule],
        "kind": _KINDS[item.status],
        "level": level,
        "message": {
            "text": f"{text(name)}, {text(item.scope)}, {text(item.check)}: {text(item.observed)}; expected: "
            f"{text(item.expected)}. {text(item.remedy)}"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri, "index": uris.index(uri)},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {
                        "name": visible(item.scope, 200),
                        "fullyQualifiedName": f"{name}/{visible(item.scope, 200)}",
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {"finding/v1": fingerprint(host, item)},
        "properties": {"status": item.status, "evidence": visible(item.evidence)},
    }
    if item.status == WAIVED:
        until = f" (until {item.until})" if item.until else ""
        reason = visible(item.reason or item.observed)
        said["suppressions"] = [{"kind": "external", "status": "accepted", "justification": f"{reason}{until}"}]
    return said


def _uri(path: str) -> str:
    """Return where *path* is from here, as those who show findings beside code want it; else its address."""
    if not path:
        return _INVENTORY
    here = os.path.relpath(path)
    return PurePath(os.path.abspath(path)).as_uri() if here.startswith("..") else quote(here)
