# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says: one finding for each check of a control and each instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

PASSED = "passed"
FAILED = "failed"
NOT_ENFORCED = "not enforced"
WAIVED = "waived"
ERROR = "error"
NOT_APPLICABLE = "not applicable"

STATUSES = (FAILED, ERROR, NOT_ENFORCED, WAIVED, PASSED, NOT_APPLICABLE)
"""All statuses, the worst first. *not enforced*: set as wanted, and the host does not act on it."""

RED = (FAILED, ERROR)
"""Statuses that make an audit fail. What could not be seen is not known to be right, so an error is red as well."""


@dataclass(frozen=True)
class Finding:
    """One check of one control.

    *id* is the control's, *check* tells its checks apart, *scope* is ``host``, an instance's name, or ``fleet``.
    *evidence* says where *observed* was read. What is waived has its *reason*, and the day on which that ends, if any.
    """

    id: str
    check: str
    status: str
    scope: str
    expected: str
    observed: str
    evidence: str
    remedy: str
    reason: str = ""
    until: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this finding from all others of a host."""
        return (self.id, self.check, self.scope)

    def as_data(self) -> dict[str, Any]:
        """Return the finding as plain data, in a fixed order of keys; those of a waiver only where there is one."""
        return {name: text for name, text in asdict(self).items() if text or name not in ("reason", "until")}


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings in one fixed order: by control, check and scope."""
    return sorted(findings, key=lambda item: item.key)


def summary(findings: Sequence[Finding]) -> dict[str, int]:
    """Return how many findings have each status."""
    return {status: sum(item.status == status for item in findings) for status in STATUSES}
