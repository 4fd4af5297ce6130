# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-06: someone is told what happens on this host, by itself or by Prometheus.

That it is set up so is one thing, and that what was told last has arrived is another: a password that was changed on
the mail server shows in nothing but that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from ..model.counted import counted
from ..model.errors import HostError
from ..model.finding import NOT_APPLICABLE, NOT_ENFORCED, Finding
from ..model.notify_options import Notify
from ..model.outbox import OUTBOX, PROGRAM, Outbox, Progress, decode
from ..model.told import DamagedError
from ..notify.channels import channels
from ..planners.base import HOST
from ..planners.notify import notify_planners, readable
from ..render.notify_units import INTERVAL_S, KEPT, SERVICE
from .context import Context, finding, guarded

_CONTROL = "RES-06"
_LATE_S = 3600
"""For how long a mail server may be away. Until then it is tried again, and nothing is lost."""

_MISSED_S = 3 * INTERVAL_S
_AHEAD_S = 300
"""By how much a clock may have been set back since."""

_LARGEST = 16 * 1024 * 1024
"""Bytes of its memory that are read. A notifier that was taken over could fill that which an audit has."""

_TOLD = "what happens on this host is told to someone"
_ASK = "Set librespot_monitoring_notify, or have Prometheus look at this host; then run hardened.librespot.site"
_READ = f"Read why: journalctl --unit {PROGRAM} --lines 50; then: systemctl start {SERVICE}"


@dataclass(frozen=True)
class Telling:
    """How someone is told: by this host as *notify* says, or by *prometheus*. Only where that is *asked* it is red."""

    asked: bool = False
    prometheus: bool = False
    notify: Notify | None = None
    now: Callable[[], float] = field(default=time.time)
    uptime: Callable[[], float] = field(default=lambda: time.clock_gettime(time.CLOCK_BOOTTIME))


NOBODY_ASKED = Telling()
"""Of a host of which nobody wants to be told anything."""


def look(telling: Telling, context: Context) -> Iterator[Finding]:
    """Yield RES-06 of the host."""
    if telling.notify is not None:
        yield from guarded(_CONTROL, "notifier", HOST, partial(_notifier, telling.notify, context))
        yield from guarded(_CONTROL, "told", HOST, partial(_told, telling, telling.notify, context))
    elif telling.prometheus:
        said = "Prometheus tells it; its rules are where it runs"
        yield finding(_CONTROL, "told", HOST, True, _TOLD, said, "the inventory", NOT_APPLICABLE)
    elif telling.asked or context.spec.present:
        status = "" if telling.asked else NOT_ENFORCED
        yield finding(_CONTROL, "told", HOST, False, _TOLD, "nobody is told", KEPT, status, _ASK)


def _notifier(notify: Notify, context: Context) -> Iterator[Finding]:
    """Tell whether it is set up as described, waits, and keeps its secrets."""
    plans = [context.plan(planner) for planner in notify_planners(context.host, notify)]
    wrong = [f"{item.subject}: {item.attribute}" for plan in plans for item in plan.differences()]
    wrong += [said for said in (readable(source.path) for source in notify.sources() if source.secret) if said]
    expected = "the notifier is as described, waits for something to happen, and root alone can read its secrets"
    subjects = ", ".join(plan.subject for plan in plans)
    yield finding(
        _CONTROL, "notifier", HOST, not wrong, expected, "; ".join(wrong) or "as expected", f"compared: {subjects}"
    )


def _told(telling: Telling, notify: Notify, context: Context) -> Iterator[Finding]:
    """Tell whether what it had to tell was taken."""
    files, now = context.host.files, telling.now()
    set_up = files.modified(KEPT)
    fresh = bool(set_up) and -_AHEAD_S <= now - set_up <= _MISSED_S
    entry = files.read(OUTBOX, most=_LARGEST)
    seen = _decoded(entry.content) if entry else None
    wrong, good = ([] if fresh else [f"{OUTBOX} does not exist: it never ran"]), "it was set up, and has not run yet"
    if seen is not None:
        ways = channels(notify.mail, notify.webhooks, notify.timeout)
        known = [(way.name, seen.channels.get(way.name, Progress())) for way in ways]
        wrong = [_stale(seen, telling), *(_undelivered(name, progress, now, fresh) for name, progress in known)]
        good = "; ".join(f"{name} took {_took(progress.delivered_at, now)}" for name, progress in known)
    said = "; ".join(filter(None, wrong))
    expected = f"it ran within {_MISSED_S // 60} minutes, and each channel takes what it is told"
    yield finding(_CONTROL, "told", HOST, not said, expected, said or good, OUTBOX, remedy=_READ)


def _decoded(content: bytes) -> Outbox:
    try:
        return decode(content)
    except DamagedError as error:
        raise HostError(f"{OUTBOX}: {error}", f"It is written anew: systemctl start {SERVICE}") from error


def _stale(seen: Outbox, telling: Telling) -> str:
    """Return what is wrong with when it last ran; empty when nothing is. While the host was off it could not."""
    age = telling.now() - seen.at
    if age < -_AHEAD_S:
        return f"its last run is {-age // 60:.0f} minutes ahead of this host's clock"
    return f"its last run was {age // 60:.0f} minutes ago" if min(age, telling.uptime()) > _MISSED_S else ""


def _undelivered(name: str, progress: Progress, now: float, fresh: bool) -> str:
    """Return what is wrong with a channel; empty when nothing is, or it may mend itself."""
    if progress.failing_since and now - progress.failing_since > _LATE_S:
        hours = (now - progress.failing_since) / 3600
        return f"for {hours:.1f} hours, in {progress.tries} tries: {progress.error}"
    if not progress.delivered_at and not progress.failing_since and not fresh:
        return f"{name} never took anything"
    return ""


def _took(moment: int, now: float) -> str:
    if not moment:
        return "nothing yet"
    return f"something {counted(int(max(0, now - moment) // 60), 'minute')} ago"
