# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-06 and NET-06: the host audits itself regularly, by what its inventory says now.

Of what those audits found nothing is repeated: whoever looks at this looks at the host as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ..model.audit_description import Description, encode
from ..model.audit_report import Report, decode
from ..model.counted import counted
from ..model.finding import NOT_ENFORCED, Finding
from ..planners.base import HOST
from ..planners.scheduled_audit import made_by, scheduled_audit_planners
from ..render.audit_units import DESCRIPTION, PATIENCE_S, REPORT, SERVICE, TIMER
from .context import Context, finding, guarded
from .timers import asleep

_MISSED = 2
"""How many runs may be missed; one is when the host is busy."""

_AHEAD_S = 300
"""By how much a clock may have been set back since."""

_NETWORK = "NET-"
_ITSELF = "NET-06"
_ROOT = 0
_OTHERS = 0o022
"""Whoever can write a report can make one up."""

_UNASKED = "the inventory asks for no audit on a schedule"
_ASK = "Set librespot_monitored, and run hardened.librespot.site against this host"


@dataclass(frozen=True)
class Review:
    """How a host shall audit itself: by *description* and the program *archive*. Without, nobody asks it to.

    *itself*: this is such an audit.
    """

    description: Description | None = None
    archive: bytes = b""
    itself: bool = False
    now: Callable[[], float] = field(default=time.time)
    uptime: Callable[[], float] = field(default=lambda: time.clock_gettime(time.CLOCK_BOOTTIME))


NOT_REVIEWED = Review()
"""Of a host that nobody asked to audit itself."""


def look(review: Review, context: Context) -> Iterator[Finding]:
    """Yield CFG-06 and NET-06 of the host."""
    if review.description is None:
        if context.spec.present:
            yield _not_asked("CFG-06", "scheduled")
            yield _not_asked(_ITSELF, "reviewed")
        return
    seen = _Scheduled(review, review.description, context)
    yield from guarded("CFG-06", "scheduled", HOST, seen.scheduled)
    yield from guarded(_ITSELF, "reviewed", HOST, seen.reviewed)


def _not_asked(control: str, check: str) -> Finding:
    expected = "the host audits itself regularly"
    return finding(control, check, HOST, False, expected, _UNASKED, TIMER, NOT_ENFORCED, _ASK)


@dataclass
class _Scheduled:
    """The scheduled audit of a host as it is, held against its *wanted* description."""

    review: Review
    wanted: Description
    context: Context

    def scheduled(self) -> Iterator[Finding]:
        """Tell whether it runs, in time, and by what the inventory says."""
        planners = scheduled_audit_planners(self.context.host, self.wanted, self.review.archive)
        plans = [self.context.plan(planner) for planner in planners]
        wrong = [f"{item.subject}: {item.attribute}" for plan in plans for item in plan.differences()]
        late, coming = asleep(self.context.host.systemd, TIMER, SERVICE)
        wrong += [*late, self._late()]
        expected = f"it ran within {self._allowed // 60} minutes, runs again, and by the description of the inventory"
        yield finding(
            "CFG-06",
            "scheduled",
            HOST,
            not any(wrong),
            expected,
            "; ".join(filter(None, wrong)) or coming,
            f"systemctl show {TIMER} {SERVICE}; {REPORT}; compared: {', '.join(plan.subject for plan in plans)}",
        )

    def reviewed(self) -> Iterator[Finding]:
        """Tell whether the last one looked at firewall and network, by what the inventory says."""
        expected = "the last scheduled audit looked at rules and network settings"
        wrong = [] if self.review.itself else self._unreviewed()
        good = "this one does" if self.review.itself else self._counted()
        yield finding(_ITSELF, "reviewed", HOST, not wrong, expected, "; ".join(wrong) or good, REPORT)

    @cached_property
    def _report(self) -> Report | None:
        """The last report; None where there is none yet. Raises `HostError` for one that cannot be read."""
        entry = self.context.host.files.read(REPORT)
        return decode(entry.content, REPORT) if entry else None

    @property
    def _at(self) -> float:
        return self._report.at if self._report else 0.0

    @cached_property
    def _allowed(self) -> int:
        """How old a report may be, in seconds."""
        timer = self.wanted.timer
        interval = self.context.host.systemd.longest_interval(timer.calendar)
        return _MISSED * interval + timer.random_delay + PATIENCE_S

    def _age(self, at: float) -> int:
        """Return for how many seconds there could have been a run since *at*: none was while the host was off."""
        return int(min(self.review.now() - at, self.review.uptime()))

    @property
    def _fresh(self) -> bool:
        """Whether it was set up, or its description changed, so lately that it need not have run since."""
        set_up = self.context.host.files.modified(DESCRIPTION)
        return bool(set_up) and 0 <= self._age(set_up) <= self._allowed

    def _late(self) -> str:
        """Return what is wrong with when it last ran; empty when nothing is."""
        if self.review.itself:
            return ""
        if self._report is None:
            return "" if self._fresh else f"{REPORT} does not exist: no audit has come to its end"
        age = self._age(self._at)
        if age < -_AHEAD_S:
            return f"the last run is {-age // 60} minutes ahead of this host's clock"
        return f"the last run was {age // 60} minutes ago" if age > self._allowed and not self._fresh else ""

    def _unreviewed(self) -> list[str]:
        wrong = [self._late(), *self._open_to_others()]
        if self._report and not self._fresh and self._report.by != self._wanted_by:
            wrong.append("the last audit was by another program or description than the inventory's")
        if self._report and not self._looked_at:
            wrong.append("the last audit looked at no rules and no network settings")
        return list(filter(None, wrong))

    @property
    def _looked_at(self) -> list[Finding]:
        found = self._report.findings if self._report else ()
        return [item for item in found if item.id.startswith(_NETWORK) and item.id != _ITSELF]

    def _counted(self) -> str:
        if self._report is None:
            return "it was set up, and has not run yet"
        return f"{self._age(self._at) // 60} minutes ago: {counted(len(self._looked_at), 'finding')}"

    @property
    def _wanted_by(self) -> str:
        return made_by(self.review.archive, encode(self.wanted).encode())

    def _open_to_others(self) -> Iterator[str]:
        entry = self.context.host.files.read(REPORT, content=False)
        if entry is not None and (entry.uid != _ROOT or entry.mode & _OTHERS):
            yield f"others than root can write {REPORT}: mode {entry.mode:04o}, owner {entry.uid}"
