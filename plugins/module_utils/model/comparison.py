# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has become of findings since an earlier report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .finding import ERROR, FAILED, NOT_APPLICABLE, NOT_ENFORCED, PASSED, RED, STATUSES, WAIVED

WORSE = "worse"
NEW = "new"
BETTER = "better"
ACCEPTED = "accepted"
GONE = "gone"
UNCHANGED = "unchanged"
OUTCOMES = (WORSE, NEW, BETTER, ACCEPTED, GONE, UNCHANGED)
"""What can become of a finding, what needs a look first. *accepted*: it is waived since."""

_RANK = {FAILED: 0, ERROR: 0, NOT_ENFORCED: 1, WAIVED: 2, PASSED: 3, NOT_APPLICABLE: 3}
"""How good a status is. Whether something fails or cannot be seen makes no difference; nor does what does not apply."""


@dataclass(frozen=True)
class Key:
    """What tells a finding from all others: of which *host*, empty for the fleet, and of which check."""

    host: str
    control: str
    check: str
    scope: str


@dataclass(frozen=True)
class Change:
    """What has become of one finding. *before* and *after* are its statuses; empty where it was not, or is not."""

    key: Key
    outcome: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """What has become of all findings since the report that was *made* then (RFC 3339), which was at *path*.

    *appeared* and *vanished* are hosts of one of the two reports alone; their findings are no changes, but for those
    of a host that appeared and are red.
    """

    path: str
    made: str
    changes: tuple[Change, ...]
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many findings have each outcome."""
        return {outcome: sum(item.outcome == outcome for item in self.changes) for outcome in OUTCOMES}

    def of(self, outcome: str) -> list[Change]:
        """Return the changes with this *outcome*."""
        return [item for item in self.changes if item.outcome == outcome]

    @property
    def regressions(self) -> list[Change]:
        """What is red and was not before, or was not there."""
        return [item for item in self.changes if item.outcome in (WORSE, NEW) and item.after in RED]


Statuses = Mapping[Key, str]


def worst(found: Sequence[tuple[Key, str]]) -> dict[Key, str]:
    """Return the status of each finding; of several with the same key the worst."""
    statuses: dict[Key, str] = {}
    for key, status in found:
        if key not in statuses or STATUSES.index(status) < STATUSES.index(statuses[key]):
            statuses[key] = status
    return statuses


def compare(
    before: Statuses, after: Statuses, hosts_before: Sequence[str], hosts_after: Sequence[str], path: str, made: str
) -> Comparison:
    """Return what has become of the findings of *before*, by the host names of both reports."""
    appeared = tuple(sorted(set(hosts_after) - set(hosts_before)))
    vanished = tuple(sorted(set(hosts_before) - set(hosts_after)))
    changes = []
    for key in sorted(set(before) | set(after), key=lambda item: (item.host, item.control, item.check, item.scope)):
        old, new = before.get(key, ""), after.get(key, "")
        if key.host in vanished or (key.host in appeared and new not in RED):
            continue
        changes.append(Change(key, _outcome(old, new), old, new))
    return Comparison(path, made, tuple(changes), appeared, vanished)


def _outcome(before: str, after: str) -> str:
    if not before:
        return NEW
    if not after:
        return GONE
    if after == WAIVED and before != WAIVED:
        # From passed as well: something is accepted that was not there before.
        return ACCEPTED
    if _RANK[after] == _RANK[before]:
        return UNCHANGED
    return BETTER if _RANK[after] > _RANK[before] else WORSE
