# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the last scheduled audit: its findings, and since when each red one is red."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import HostError, why
from .finding import RED, STATUSES, Finding

_FORMAT = 1

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Report:
    """One audit of *host* that came to its end at the moment *at*, in seconds since 1970, after *duration* seconds.

    *by* is the digest of the program and of the description that it ran by. *since* has the moment at which each red
    finding was first seen red, by its key.
    """

    host: str
    at: int
    duration: float
    by: str
    findings: tuple[Finding, ...]
    since: Mapping[Key, int]

    @property
    def red(self) -> dict[Key, Finding]:
        """The red findings by their keys."""
        return {item.key: item for item in self.findings if item.status in RED}


def made(host: str, at: int, duration: float, by: str, found: Sequence[Finding], before: Report | None) -> Report:
    """Return the report of an audit that *found* something; what was red *before* has been since then."""
    known = before.since if before else {}
    # A clock that was set back has not seen tomorrow.
    since = {item.key: min(known.get(item.key, at), at) for item in found if item.status in RED}
    return Report(host, at, duration, by, tuple(found), since)


def turned(report: Report, before: Report | None) -> tuple[list[Finding], list[Key]]:
    """Return the findings that got red since the report *before*, and the keys of those that are no more."""
    red, was = report.red, before.red if before else {}
    return [item for key, item in red.items() if key not in was], [key for key in was if key not in red]


def encode(report: Report) -> str:
    """Return the text of the file."""
    findings = [
        {**item.as_data(), **({"since": report.since[item.key]} if item.key in report.since else {})}
        for item in report.findings
    ]
    head = {"host": report.host, "at": report.at, "duration": round(report.duration, 3), "by": report.by}
    return json.dumps({"format": _FORMAT, **head, "findings": findings}, indent=1) + "\n"


def decode(text: bytes, path: str) -> Report:
    """Return what `encode` made a text of. Raises `HostError`."""
    try:
        said: dict[str, Any] = json.loads(text)
        if said["format"] != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        since: dict[Key, int] = {}
        findings = tuple(_finding(item, since) for item in said["findings"])
        at, duration = said["at"], said["duration"]
        moments = (at, *since.values())
        if not all(isinstance(moment, int) for moment in moments) or not isinstance(duration, (int, float)):
            raise ValueError("a moment is no number")
        return Report(str(said["host"]), at, duration, str(said["by"]), findings, since)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{path} is no report of an audit: {why(error)}",
            "Find out who wrote it; the next scheduled audit writes it anew",
        ) from error


def _finding(item: Mapping[str, Any], since: dict[Key, int]) -> Finding:
    entry = dict(item)
    moment = entry.pop("since", None)
    found = Finding(**{name: str(value) for name, value in entry.items()})
    if found.status not in STATUSES:
        raise ValueError(f"there is no status {found.status!r}")
    if (moment is None) == (found.status in RED):
        raise ValueError(f"{found.id} {found.check} is {found.status}, and does not tell since when it is red")
    if moment is not None:
        since[found.key] = moment
    return found
