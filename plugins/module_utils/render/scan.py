# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scan for people and for machines, from one structure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.gate import EXPLAINED, OPEN, STATUSES, WAIVED, Judged, summary
from ..model.scanned import Scanned
from ..model.vulnerability import NO_FIX, REFRESH, UNKNOWN, UPGRADE, Vulnerability
from .table import printable, short, table

FORMAT = 1

_REASON = 1024

_COLUMNS = ("id", "package", "version", "category", "severity", "fixed in", "status", "why")
_MENDS = {
    REFRESH: "A refreshed lock file mends them, with a build from it; those of the distribution, an image made again",
    UPGRADE: "Only a release of librespot that takes a newer package mends them; until then, waive or explain them",
    NO_FIX: "No version is known that mends them; waive them with a reason and an end, or explain them in a VEX",
}


def as_json(scanned: Scanned) -> str:
    """Return the scan as JSON text."""
    return json.dumps({"format": FORMAT, **scanned.as_data()}, indent=2, ensure_ascii=True) + "\n"


def as_table(scanned: Scanned, problems: bool = False) -> str:
    """Return the scan as a table for a terminal; with *problems*, without what is explained or waived."""
    chosen = [item for item in scanned.judged if not problems or item.status not in (WAIVED, EXPLAINED)]
    counts = summary(scanned.judged)
    said = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status]) or "nothing found"
    engines = ", ".join(f"{engine['name']} {engine['version']} ({_databases(engine)})" for engine in scanned.engines)
    lines = [f"{scanned.path}: {said}", f"{scanned.packages} packages, looked at by {engines}", ""]
    if chosen:
        lines += [*table(_COLUMNS, [_row(item) for item in chosen]), "", *_open(chosen), *_in_full(chosen)]
    lines += [f"The waiver of {identifier} is about nothing that was found: remove it" for identifier in scanned.unused]
    return "\n".join(map(printable, lines)).rstrip() + "\n"


def _databases(engine: Mapping[str, Any]) -> str:
    system = f", of the distribution {engine['distribution']['updated']}" if engine["distribution"] else ""
    return f"database of {engine['database']['updated']}{system}"


def severity(found: Vulnerability) -> str:
    """Return a severity as people read it; one that no advisory gives is marked."""
    if found.severity == UNKNOWN:
        return f"({found.judged_severity})"
    return f"{found.severity} {found.cvss_score:.1f}" if found.cvss_score is not None else found.severity


def _row(item: Judged) -> tuple[str, ...]:
    found = item.found
    return (
        found.id,
        found.package,
        found.package_version,
        found.category,
        severity(found),
        short(" or ".join(found.fixed_in) or "-", 24),
        item.status,
        short(_why(item)),
    )


def _why(item: Judged) -> str:
    return f"until {item.until}: {item.why}" if item.until else item.why


def _in_full(chosen: Sequence[Judged]) -> list[str]:
    """Return the reasons that the table has no room for, each once with all that it is about."""
    reasons: dict[str, list[str]] = {}
    for item in chosen:
        if short(_why(item)) != _why(item) and item.found.id not in reasons.setdefault(_why(item), []):
            reasons[_why(item)].append(item.found.id)
    return [f"{', '.join(ids)}: {short(why, _REASON)}" for why, ids in reasons.items()]


def _open(chosen: Sequence[Judged]) -> list[str]:
    """Return, for each way to mend what is open, what it mends, and how the program comes by each package."""
    lines: list[str] = []
    for way, remedy in _MENDS.items():
        labels = {f"{item.found.package} {item.found.package_version}": item.found for item in chosen if _is(item, way)}
        if labels:
            lines += [f"{remedy}:", *(f"  {' > '.join(found.path) or label}" for label, found in labels.items())]
    return lines


def _is(item: Judged, way: str) -> bool:
    return item.status == OPEN and item.found.fix == way
