# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may pass: nothing that is open and at least as bad as the gate says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .statements import FIXED, NOT_AFFECTED, Program, Statement
from .vulnerability import REFRESH, SEVERITIES, Vulnerability, at_least
from .waivers import Waiver

ANY = "any"
BOUNDS = (ANY, *reversed(SEVERITIES))
"""What the gate can be set to."""

OPEN = "open"
BELOW = "below the gate"
WAIVED = "waived"
EXPLAINED = "not affected"
STATUSES = (OPEN, BELOW, WAIVED, EXPLAINED)
"""All statuses, the worst first. Only what is open makes a scan fail."""


@dataclass(frozen=True)
class Judged:
    """A vulnerability, what is thought of it, *why*, and the last day on which that holds, if it has one."""

    found: Vulnerability
    status: str
    why: str = ""
    until: date | None = None
    statement: Statement | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, in a fixed order of keys."""
        said = {"status": self.status, "why": self.why, "until": self.until.isoformat() if self.until else ""}
        return {**said, "unless_proxy": self.unless_proxy, **self.found.as_data()}

    @property
    def unless_proxy(self) -> bool:
        """Tell whether that holds only while the program does not connect through a proxy."""
        return self.statement is not None and self.statement.unless_proxy


def judge(
    found: Sequence[Vulnerability],
    program: Program,
    bound: str,
    waivers: Sequence[Waiver],
    statements: Sequence[Statement],
) -> list[Judged]:
    """Return what is thought of each vulnerability *found* in a *program*, in the same order."""
    return [_judged(item, program, bound, waivers, statements) for item in found]


def summary(judged: Sequence[Judged]) -> dict[str, int]:
    """Return how many have each status."""
    return {status: sum(item.status == status for item in judged) for status in STATUSES}


def _judged(
    item: Vulnerability, program: Program, bound: str, waivers: Sequence[Waiver], statements: Sequence[Statement]
) -> Judged:
    said = [statement for statement in statements if statement.covers(item, program)]
    holds = next((statement for statement in said if statement.status in (NOT_AFFECTED, FIXED)), None)
    # Two that contradict each other explain nothing.
    if holds is not None and all(statement.status in (NOT_AFFECTED, FIXED) for statement in said):
        return Judged(item, EXPLAINED, f"{holds.origin}: {holds.reason}", statement=holds)
    contradicted = f"statements contradict each other: {', '.join(sorted({s.origin for s in said}))}" if holds else ""
    waiver = next((waiver for waiver in waivers if waiver.covers(item)), None)
    if waiver is not None and (waiver.fixable or item.fix != REFRESH):
        return Judged(item, WAIVED, waiver.reason, waiver.until)
    if bound != ANY and not at_least(item.judged_severity, bound):
        return Judged(item, BELOW, contradicted)
    if waiver is not None:
        return Judged(item, OPEN, "waived, but a refresh mends it; the waiver must say fixable: true")
    return Judged(item, OPEN, contradicted)
