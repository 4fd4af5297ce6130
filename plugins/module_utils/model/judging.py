# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the conditions of alerts hold on this host, judged by the samples that Prometheus would have of it.

A condition that only someone can judge who asks from outside, or who sees all hosts, is not judged here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .alert import DAYS, Above, Alert, Condition, Differs, Ends, Happened, Is, Older, Rate, Series, Share, threshold_of
from .alerts import THRESHOLDS
from .growth import Growth, Key, Labels
from .metrics import Sample

_DAY_S = 86400


@dataclass(frozen=True)
class Verdict:
    """That a condition *holds*, or holds not, and the *value* that was measured: percent, seconds or a count.

    *total* grows with all that happened, also while it does not hold; 0 for what does not happen but is.
    """

    holds: bool
    value: float
    total: float = 0


class Judge:
    """Judges *alerts* by looks at samples, with *thresholds* by their names; by default those of the table."""

    def __init__(self, alerts: Iterable[Alert], thresholds: Mapping[str, int] | None = None) -> None:
        self._alerts = [alert for alert in alerts if not alert.fleet]
        self._thresholds = thresholds or {name: item.default for name, item in THRESHOLDS.items()}
        self._counters = {name for alert in self._alerts for name in _counters(alert.condition)}
        self._growth = Growth()
        self._now: dict[str, dict[Labels, float]] = {}

    def look(self, samples: Iterable[Sample], now: float, boot: float) -> dict[Key, Verdict]:
        """Return the verdict of each alert and the labels that it is about.

        *now* is the moment by the clock, *boot* in seconds since the boot.
        """
        self._now = {}
        counters: dict[Key, float] = {}
        for item in samples:
            labels = tuple(sorted(item.labels.items()))
            self._now.setdefault(item.name, {})[labels] = item.value
            if item.name in self._counters:
                counters[(item.name, labels)] = item.value
        self._growth.look(counters, boot)
        found: dict[Key, Verdict] = {}
        for alert in self._alerts:
            for labels, verdict in self._verdicts(alert.condition, now, boot):
                found[(alert.name, labels)] = verdict
        return found

    def _verdicts(self, condition: Condition, now: float, boot: float) -> Iterator[tuple[Labels, Verdict]]:
        if isinstance(condition, Happened):
            yield from self._happened(condition, boot)
        elif isinstance(condition, Rate):
            yield from self._rate(condition, boot)
        elif isinstance(condition, Share):
            yield from self._share(condition)
        elif isinstance(condition, Is):
            for labels, value in self._series(condition.series):
                given = not condition.given or self._now.get(condition.given, {}).get(labels) == 1
                yield labels, Verdict(value == condition.value and given, value)
        elif isinstance(condition, Above):
            yield from self._above(condition)
        elif isinstance(condition, Older):
            limit = self._limit(condition)
            for labels, value in self._series(condition.series):
                yield labels, Verdict(now - value > limit and (value > 0 or condition.never), now - value)
        elif isinstance(condition, Ends):
            limit = self._limit(condition)
            for labels, value in self._series(condition.series):
                yield labels, Verdict(0 < value - now < limit, value - now)
        elif isinstance(condition, Differs):
            yield from self._differs(condition)

    def _happened(self, condition: Happened, boot: float) -> Iterator[tuple[Labels, Verdict]]:
        least = self._limit(condition) or 1
        # Several counters tell of the same: it happened as often as the one says that knows of the most.
        apart = {label for item in condition.counters for label in item.labels} if len(condition.counters) > 1 else ()
        found: dict[Labels, list[Key]] = {}
        for item in condition.counters:
            for labels, _value in self._series(item):
                found.setdefault(_without(labels, apart), []).append((item.metric, labels))
        for labels, keys in found.items():
            grown = max(self._growth.within(key, boot, condition.minutes * 60, condition.rare) for key in keys)
            total = max(self._growth.total(key, condition.rare) for key in keys)
            yield labels, Verdict(grown >= least, grown, total)

    def _rate(self, condition: Rate, boot: float) -> Iterator[tuple[Labels, Verdict]]:
        window, limit = condition.minutes * 60, self._limit(condition)
        for labels, _value in self._series(condition.counter):
            key = (condition.counter.metric, labels)
            grown = self._growth.within(key, boot, window, anew=False)
            if condition.per:
                whole = self._growth.within((condition.per, labels), boot, window, anew=False)
            else:
                whole = min(window, self._growth.seen_for(key, boot))
            percent = 100 * grown / whole if whole else 0
            yield labels, Verdict(percent > limit, percent)

    def _share(self, condition: Share) -> Iterator[tuple[Labels, Verdict]]:
        for labels, whole in self._now.get(condition.whole, {}).items():
            parts = (self._now.get(name, {}).get(labels) for name in condition.parts)
            part = next((value for value in parts if value is not None), None)
            if part is not None and whole > 0:
                percent = 100 * part / whole
                yield labels, Verdict(percent > self._limit(condition), percent)

    def _above(self, condition: Above) -> Iterator[tuple[Labels, Verdict]]:
        found: dict[Labels, float] = {}
        for labels, value in self._series(condition.series):
            # The severity of a finding is another thing than that of the alert.
            short = _without(labels, ("severity",)) if "severity" in condition.series.labels else labels
            found[short] = found.get(short, 0) + value
        for labels, value in found.items():
            yield labels, Verdict(value > 0, value)

    def _differs(self, condition: Differs) -> Iterator[tuple[Labels, Verdict]]:
        found: dict[Labels, set[str]] = {}
        for labels, _value in self._series(condition.series):
            common = tuple((name, value) for name, value in labels if name in condition.by)
            found.setdefault(common, set()).add(dict(labels).get(condition.label, ""))
        for labels, values in found.items():
            yield labels, Verdict(len(values) > 1, len(values))

    def _series(self, series: Series) -> Iterator[tuple[Labels, float]]:
        for labels, value in self._now.get(series.metric, {}).items():
            said = dict(labels)
            if all(said.get(name) in values for name, values in series.labels.items()):
                yield labels, value

    def _limit(self, condition: Condition) -> float:
        """Return the threshold of *condition* in percent, seconds or times; 0 where it has none."""
        name = threshold_of(condition)
        if not name:
            return 0
        return self._thresholds[name] * (_DAY_S if THRESHOLDS[name].unit == DAYS else 1)


def _counters(condition: Condition) -> list[str]:
    """Return the counters whose growth *condition* is about."""
    if isinstance(condition, Happened):
        return [item.metric for item in condition.counters]
    return [condition.counter.metric, condition.per] if isinstance(condition, Rate) else []


def _without(labels: Labels, names: Collection[str]) -> Labels:
    return tuple((name, value) for name, value in labels if name not in names)
