# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scan as SARIF 2.1.0, which services that show findings beside code read.

It is written by hand: the one library for it that is kept up brings a compiled validator along, for one JSON object.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ...module_utils.model.gate import EXPLAINED, OPEN, WAIVED, Judged
from ...module_utils.model.scanned import Scanned
from ...module_utils.model.vulnerability import CRITICAL, HIGH, LOW, MEDIUM, Vulnerability

_SCORES = {CRITICAL: 9.0, HIGH: 7.0, MEDIUM: 4.0, LOW: 1.0}
"""A score for what has none: the lowest that is called so."""

_SUPPRESSED = (WAIVED, EXPLAINED)


def as_sarif(scanned: Scanned) -> str:
    """Return the scan as text; what is waived or explained is there as suppressed."""
    rules = {item.found.id: item.found for item in scanned.judged}
    numbers = {identifier: number for number, identifier in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "hardened.librespot scan",
                "rules": [_rule(found) for found in rules.values()],
            },
            "extensions": [{"name": engine["name"], "version": engine["version"]} for engine in scanned.engines],
        },
        "invocations": [{"executionSuccessful": True}],
        "artifacts": [{"location": {"uri": _uri(scanned.path)}, "hashes": {"sha-256": scanned.sha256}}],
        "results": [_result(item, numbers[item.found.id], scanned) for item in scanned.judged],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _rule(found: Vulnerability) -> dict[str, Any]:
    score = found.cvss_score if found.cvss_score is not None else _SCORES[found.judged_severity]
    return {
        "id": found.id,
        "shortDescription": {"text": found.title},
        **({"helpUri": found.url} if found.url else {}),
        "properties": {"security-severity": f"{score:.1f}", "tags": ["security", found.category, *found.aliases]},
    }


def _result(item: Judged, number: int, scanned: Scanned) -> dict[str, Any]:
    found = item.found
    fixed = f", fixed in {' or '.join(found.fixed_in)}" if found.fixed_in else ""
    said = {
        "ruleId": found.id,
        "ruleIndex": number,
        "level": "error" if item.status == OPEN else "note",
        "message": {
            "text": f"{found.package} {found.package_version}: {found.title}{fixed}; by way of {' > '.join(found.path)}"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(scanned.path), "index": 0},
                    "region": {"startLine": scanned.inventory.line(found.package, found.package_version)},
                }
            }
        ],
        # The same finding for as long as the package has it, whichever version it is of.
        "partialFingerprints": {"package/v1": hashlib.sha256(f"{found.id} {found.package}".encode()).hexdigest()},
    }
    if item.status in _SUPPRESSED:
        until = f" (until {item.until})" if item.until else ""
        said["suppressions"] = [{"kind": "external", "status": "accepted", "justification": f"{item.why}{until}"}]
    return said


def _uri(path: str) -> str:
    """Return where *path* is from here, as those who show findings beside code want it; else its address."""
    here = os.path.relpath(path)
    return Path(path).as_uri() if here.startswith("..") else here
