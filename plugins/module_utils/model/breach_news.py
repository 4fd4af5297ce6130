# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a host's breaches is news: at once what begins, and what goes on or is over no more often than someone reads.

Of a breach that comes and goes there are two messages in each pause at most, however often it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .alert import CRITICAL, DAYS, INFO, PERCENT, SECONDS, SEVERITIES, WARNING, Alert, threshold_of, unit_of
from .alerts import ALERTS, THRESHOLDS
from .breaches import Breach
from .notice import BREACH, RECOVERY, Item, plain
from .outbox import Outbox, Told
from .vulnerability import CRITICAL as MOST_SEVERE
from .vulnerability import LOW, MEDIUM

_RATED = {CRITICAL: MOST_SEVERE, WARNING: MEDIUM, INFO: LOW}
_KEPT_S = 7 * 24 * 3600
"""How long it is remembered what was told of a breach that is not among those of the host any more."""
_KEPT = 2000
"""Of how many it is. A host has a few; a monitor that was taken over can make up new ones at each look."""

_TITLE = 200
_TEXT = 1000
_LABEL = 100


@dataclass(frozen=True)
class Policy:
    """What is told: breaches of the severity *least* or worse.

    Between two messages about one there are *pause_s* seconds, and after *remind_s* one that goes on is told again; 0
    for never.
    """

    least: str
    pause_s: int
    remind_s: int


def news(outbox: Outbox, breaches: Sequence[Breach], policy: Policy, host: str, now: int) -> Outbox:
    """Return *outbox* with what is new of the *breaches* of *host*, for all channels."""
    told = {key: item for key, item in outbox.told.items() if now - item.at < _KEPT_S}
    items = []
    for breach in sorted(breaches, key=lambda item: item.since):
        alert = ALERTS.get(breach.alert)
        if alert is None or SEVERITIES.index(alert.severity) > SEVERITIES.index(policy.least):
            continue
        before = told.get(breach.key)
        if _due(breach, before, policy, now):
            told[breach.key] = Told(bool(breach.until), breach.count, now)
            items.append(_item(alert, breach, before, host, now))
    kept = sorted(told, key=lambda key: told[key].at)[-_KEPT:]
    return replace(outbox.taking(items), told={key: told[key] for key in kept})


def _due(breach: Breach, before: Told | None, policy: Policy, now: int) -> bool:
    if before is None or before.over:
        # What came and went since is news as well.
        return before is None or breach.count > before.count
    # A clock that was set back keeps nothing from being told.
    passed = now - before.at if now >= before.at else policy.pause_s
    if breach.until or breach.count > before.count:
        return passed >= policy.pause_s
    return bool(policy.remind_s) and passed >= policy.remind_s


def _item(alert: Alert, breach: Breach, before: Told | None, host: str, now: int) -> Item:
    """Return what is told of *breach*, of which *before* was told last."""
    words = {name: plain(value, _LABEL) for name, value in breach.labels}
    words |= {"host": host, "value": _shown(breach.value, unit_of(alert.condition))}
    threshold = THRESHOLDS.get(threshold_of(alert.condition))
    if threshold:
        words["threshold"] = _shown(threshold.default, threshold.unit)
    over = bool(breach.until)
    title = _filled(alert.summary, words)
    more = breach.count - before.count if before else 0
    said = [
        f"since {_moment(breach.since)}",
        f"over since {_moment(breach.until)}" if over else "",
        f"{more} more since {_moment(before.at)}" if before and more > 0 else "",
    ]
    lines = [f"{'; '.join(filter(None, said))}.", _filled(alert.description, words)]
    lines += [] if over else [f"What to do: {_filled(alert.action, words)}."]
    return Item(
        f"{breach.key} {breach.since} {breach.until} {breach.count} {now}",
        RECOVERY if over else BREACH,
        plain(f"over: {title}" if over else title, _TITLE),
        plain(" ".join(lines), _TEXT),
        severity=_RATED[alert.severity],
    )


def _shown(number: float, unit: str) -> str:
    if unit == PERCENT:
        return f"{number:.0f} %"
    if unit == DAYS:
        return f"{number:.0f} days"
    if unit != SECONDS:
        return f"{number:.0f}"
    minutes, seconds = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        " ".join(f"{part} {name}" for part, name in ((hours, "h"), (minutes, "min"), (seconds, "s")) if part) or "0 s"
    )


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
