# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPD-01, UPD-02: the check is made, on a schedule, and someone is told.

Of the check itself its own record is read, which belongs to the user that checks: whoever is that user can make one up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from ..model.check_record import Record, decode
from ..model.errors import HostError
from ..model.finding import Finding
from ..model.schedule import Schedule
from ..planners.base import HOST
from ..planners.schedule import schedule_planners
from ..render.check_units import NAME, RECORD, SERVICE, TIMER
from .context import Context, finding, guarded
from .timers import asleep

MAX_AGE_S = 3 * 86400
"""The age above which a look is too old. A timer that runs daily has missed two."""

_AHEAD_S = 300
"""By how much a clock may have been set back since."""


def look(schedule: Schedule, context: Context, max_age_s: int = MAX_AGE_S) -> Iterator[Finding]:
    """Yield UPD-01 and UPD-02 of the host that checks as *schedule* says."""
    yield from guarded("UPD-01", "looked", HOST, partial(_looked, context, max_age_s))
    yield from guarded("UPD-02", "scheduled", HOST, partial(_scheduled, context, schedule))
    yield from guarded("UPD-02", "told", HOST, partial(_told, context, max_age_s))


def _record(context: Context) -> Record:
    entry = context.host.files.read(RECORD)
    if entry is None:
        raise HostError(f"{RECORD} does not exist: no check has come to its end", f"systemctl start {SERVICE}")
    return decode(entry.content, RECORD)


def _looked(context: Context, max_age_s: int) -> Iterator[Finding]:
    record = _record(context)
    old = _old("the last look that was complete", record.complete_at, max_age_s)
    missed = [f"{name}: {error}" for name, error in record.looked_at.items() if error]
    expected = f"all was looked at within the last {max_age_s // 3600} hours"
    looked = ", ".join(name for name, error in record.looked_at.items() if not error)
    yield finding(
        "UPD-01",
        "looked",
        HOST,
        record.complete and not old,
        expected,
        "; ".join(filter(None, (old, *missed))) or ("" if record.complete else "nothing was looked at") or expected,
        f"{RECORD}: {looked or 'nothing'}",
    )


def _scheduled(context: Context, schedule: Schedule) -> Iterator[Finding]:
    """Judge what systemd will do next, and what came of the last time."""
    plans = [context.plan(planner) for planner in schedule_planners(context.host, schedule)]
    wrong = [f"{x.subject}: {x.attribute}" for plan in plans for x in plan.differences()]
    late, coming = asleep(context.host.systemd, TIMER, SERVICE)
    wrong += late
    expected = "the timer has a next run, and the last one did not fail"
    yield finding(
        "UPD-02",
        "scheduled",
        HOST,
        not wrong,
        expected,
        "; ".join(wrong) or coming,
        f"systemctl show {TIMER} {SERVICE}; compared: {', '.join(plan.subject for plan in plans)}",
    )


def _told(context: Context, max_age_s: int) -> Iterator[Finding]:
    record = _record(context)
    old = _old("the last time that everyone was told all", record.delivered_at, max_age_s)
    untold = [item.error for item in record.undelivered]
    expected = f"everyone was told all within the last {max_age_s // 3600} hours"
    yield finding(
        "UPD-02",
        "told",
        HOST,
        not old and not untold,
        expected,
        "; ".join(filter(None, (old, *untold))) or expected,
        f"{RECORD}: {', '.join(f'{item.count} by {item.channel}' for item in record.sent) or 'nothing was new'}",
        remedy=f"Mend what it says, or name someone as librespot_check_mail or _webhooks; journalctl --unit {NAME}",
    )


def _old(what: str, moment: int, max_age_s: int) -> str:
    """Return what is wrong with a *moment*, in seconds since 1970; empty when nothing is."""
    if not moment:
        return f"{what} never was"
    age = int(time.time()) - moment
    if age < -_AHEAD_S:
        return f"{what} is {-age // 60} minutes ahead of this host's clock"
    return f"{what} was {age // 3600} hours ago" if age > max_age_s else ""
