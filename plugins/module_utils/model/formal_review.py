# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-09: whether the live configuration was formally reviewed, judged by the review itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .comparison import Statuses
from .controls import CONTROLS
from .counted import counted
from .environments import FLEET
from .finding import ERROR, FAILED, NOT_ENFORCED, PASSED, Finding
from .timestamp import seconds

_CONTROL = "CFG-09"
_CHECK = "review"
_DAY = 24 * 60 * 60.0
_AHEAD_S = 300.0
_MOST = 8


@dataclass(frozen=True)
class Earlier:
    """A report that was written earlier: of which *kind*, when it was *made* (RFC 3339, empty when it does not say).

    *hosts* tells of each host whether it was audited.
    """

    kind: str
    made: str
    hosts: Mapping[str, bool]
    statuses: Statuses


def _finding(status: str, expected: str, observed: str, evidence: str) -> Finding:
    return Finding(_CONTROL, _CHECK, status, FLEET, expected, observed, evidence, CONTROLS[_CONTROL].remedy)


def unnamed() -> Finding:
    """Return the finding where no review is named, and nobody said that there shall be one."""
    return _finding(NOT_ENFORCED, "the hosts were formally reviewed", "no review is named", "librespot_audit_review")


def unreadable(path: str, why: str) -> Finding:
    """Return the finding of a review at *path* that cannot be read."""
    return _finding(ERROR, "the last formal review can be read", why, path)


def never(path: str) -> Finding:
    """Return the finding where there is no review at *path*."""
    return _finding(FAILED, "the hosts were formally reviewed", "there is no review", path)


def itself(hosts: Mapping[str, bool], lacking: Sequence[str], path: str) -> Finding:
    """Return the finding of a review that is being made: whether it is complete. *lacking* are forms that it lacks."""
    missed = sorted(name for name, audited in hosts.items() if not audited)
    wrong = [f"not audited: {_listed(missed)}"] if missed else []
    wrong += [f"not written as {', '.join(lacking)}"] if lacking else []
    wrong += [] if hosts else ["it has no host"]
    said = "; ".join(wrong) or f"{counted(len(hosts), 'host')}, each audited"
    expected = "this review has every host, audited, for people and for machines"
    return _finding(FAILED if wrong else PASSED, expected, said, path or "this review")


def judged(review: Earlier, kind: str, hosts: Sequence[str], now: float, max_age: int, path: str) -> Finding:
    """Return the finding of an earlier *review* of a *kind*, held against the *hosts* of today and the clock.

    *now* is in seconds since 1970, *max_age* in days.
    """
    wrong = [] if review.kind == kind else [f"it is no {kind}, but an {review.kind}"]
    missed = sorted(name for name, audited in review.hosts.items() if not audited)
    absent = sorted(set(hosts) - set(review.hosts))
    wrong += [f"not audited in it: {_listed(missed)}"] if missed else []
    wrong += [f"not in it: {_listed(absent)}"] if absent else []
    wrong += _age(review.made, now, max_age)
    said = "; ".join(wrong) or f"made on {review.made}, {counted(len(review.hosts), 'host')}, each audited"
    expected = f"a formal review of all hosts, each audited, within {max_age} days"
    return _finding(FAILED if wrong else PASSED, expected, said, path)


def _age(made: str, now: float, max_age: int) -> list[str]:
    if not made:
        return ["it does not say when it was made"]
    age = now - seconds(made)
    if age < -_AHEAD_S:
        return [f"it was made in the future, on {made}"]
    return [f"it was made {int(age // _DAY)} days ago"] if age > max_age * _DAY else []


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
