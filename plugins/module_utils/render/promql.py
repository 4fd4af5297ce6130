# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions in the language of Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.alert import (
    DAYS,
    PERCENT,
    Above,
    Condition,
    Differs,
    Ends,
    Gone,
    Happened,
    Is,
    Older,
    Rate,
    Series,
    Share,
    Threshold,
    threshold_of,
)
from ..model.metrics import METRICS

_LONG_AGO = "1w:30m"
"""How far back, and how closely, a counter is looked for that was not there lately: a host that was off, a gap."""
_RECENT_MIN = 10
_SCRAPES = "5m"
"""Over which a value still counts: a single look at a host that fails would else end the alert, and tell it again."""
UNHEARD = "instance:librespot_monitor:unheard"
_DAY_S = 86400


def number(value: int, threshold: Threshold) -> str:
    """Return *value* of *threshold* as metrics have it: ratios, seconds and plain counts."""
    if threshold.unit == PERCENT:
        return f"{value / 100:g}"
    return str(value * _DAY_S if threshold.unit == DAYS else value)


def unheard() -> dict[str, str]:
    """Return the recording of hosts that Prometheus first hears of, and that have counted for longer.

    What a series of theirs begins with is past: it would be told as new all at once.
    """
    since, look = (f"librespot_monitor_{name}_timestamp_seconds" for name in ("counting_since", "last_look"))
    return {
        UNHEARD: f"{_lately(since)} < time() - {_RECENT_MIN * 60}\n"
        f"unless on (instance, job)\n{_before(look, f'{_RECENT_MIN}m')}"
    }


def expression(condition: Condition, thresholds: Mapping[str, Threshold], values: Mapping[str, int]) -> str:
    """Return what is true while *condition* holds; *values* are those of *thresholds*, by their names."""
    name = threshold_of(condition)
    limit = number(values[name], thresholds[name]) if name else ""
    if isinstance(condition, (Share, Rate)):
        return f"{next(iter(recorded(condition)))} > {limit}"
    if isinstance(condition, Happened):
        least = limit or "1"
        return "\nor\n".join(f"{_told(item, condition)} >= {least}" for item in condition.counters)
    return _moment(condition, limit)


def _moment(condition: Condition, limit: str) -> str:
    """Return the expression of a condition that looks at nothing but what is there now."""
    if isinstance(condition, Is):
        given = f"\nand\n{condition.given} == 1" if condition.given else ""
        return f"{selector(condition.series)} == {condition.value}{given}"
    if isinstance(condition, Above):
        one = selector(condition.series)
        # The alert has a severity of its own, and two that then differ in nothing are an error to Prometheus.
        return f"{f'sum without (severity) ({one})' if 'severity' in condition.series.labels else one} > 0"
    if isinstance(condition, Older):
        one = selector(condition.series)
        return f"time() - {one} > {limit}" if condition.never else f"time() - ({one} > 0) > {limit}"
    if isinstance(condition, Ends):
        return f"{selector(condition.series)} - time() > 0 < {limit}"
    if isinstance(condition, Gone):
        one = selector(condition.series)
        return f"time() - last_over_time({one}[{condition.hours}h:5m])\nunless\n{one}"
    if isinstance(condition, Differs):
        kinds = ", ".join((*condition.by, condition.label))
        by = f" by ({', '.join(condition.by)})" if condition.by else ""
        return f"count{by} (count by ({kinds}) ({selector(condition.series)})) > 1"
    raise TypeError(f"no expression for {condition!r}")


def recorded(condition: Condition) -> dict[str, str]:
    """Return the recording rules that *condition* needs: name to expression."""
    if isinstance(condition, Share):
        parts = " or ".join(condition.parts)
        part = f"({parts})" if len(condition.parts) > 1 else parts
        return {f"{_name(Series(condition.parts[0]))}:ratio": f"{part} / {condition.whole}"}
    if isinstance(condition, Rate):
        return _rate(condition)
    if isinstance(condition, Happened):
        return {_grown_name(item, condition): _grown(selector(item), condition) for item in condition.counters}
    return {}


def _rate(condition: Rate) -> dict[str, str]:
    window = f"[{condition.minutes}m]"
    rate = f"rate({selector(condition.counter)}{window})"
    if not condition.per:
        return {f"{_name(condition.counter)}:rate{condition.minutes}m": rate}
    return {f"{_name(condition.counter)}:ratio_rate{condition.minutes}m": f"{rate} / rate({condition.per}{window})"}


def _grown(counter: str, condition: Happened) -> str:
    """Return by how much *counter* grew, exactly, over gaps as well.

    ``increase()`` does not see what a new series begins with, nor what happened while nobody looked. A counter
    that began anew, as with each start of the monitor, is smaller than before, or was at some time. Of a host that
    is first heard of, what counts is how much it has grown since.
    """
    since = f"{condition.minutes}m"
    now = _lately(counter)
    heard = f"{now} - min_over_time({counter}[{since}])"
    anew = (
        f"({now} unless on (instance, job) {UNHEARD})\nor\n{heard}"
        if condition.rare
        else f"increase({counter}[{since}])"
    )
    known = f"{now}\n- {_before(counter, since)}\n>= 0\nunless resets({counter}[{since}]) > 0"
    return f"{known}\nor\n{anew}"


def _lately(series: str) -> str:
    return f"last_over_time({series}[{_SCRAPES}])"


def _before(series: str, since: str) -> str:
    lately = f"last_over_time({series}[{_SCRAPES}] offset {since})"
    return f"({lately} or last_over_time({series}[{_LONG_AGO}] offset {since}))"


def _grown_name(item: Series, condition: Happened) -> str:
    return f"{_name(item)}:grown{condition.minutes}m"


def _told(item: Series, condition: Happened) -> str:
    """Return what was recorded of *item*; where several tell of one thing, without what would make two alerts of it."""
    name = _grown_name(item, condition)
    return f"sum without ({', '.join(item.labels)}) ({name})" if len(condition.counters) > 1 else name


def _name(counter: Series) -> str:
    """Return how a recording of *counter* begins: what tells its series apart, and which of them it is of."""
    level = "_".join(("instance", *METRICS[counter.metric].labels))
    base = counter.metric[: -len("_total")] if counter.metric.endswith("_total") else counter.metric
    fixed = "".join(f"_{values[0]}" for values in counter.labels.values()).replace("-", "_")
    return f"{level}:{base}{fixed}"


def selector(series: Series) -> str:
    """Return the selector of *series*."""
    matchers = []
    for label, values in series.labels.items():
        operator = "=" if len(values) == 1 else "=~"
        matchers.append(f'{label}{operator}"{"|".join(values)}"')
    return f"{series.metric}{{{', '.join(matchers)}}}" if matchers else series.metric
