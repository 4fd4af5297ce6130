# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an alert is: a condition on metrics, as data. Prometheus' rules are made from it; a host can judge by it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

CRITICAL = "critical"
WARNING = "warning"
INFO = "info"
SEVERITIES = (CRITICAL, WARNING, INFO)

PERCENT = "percent"
SECONDS = "seconds"
DAYS = "days"
TIMES = "times"


@dataclass(frozen=True)
class Threshold:
    """A number that a user may change, within *minimum* and *maximum*, in its *unit*."""

    name: str
    default: int
    minimum: int
    maximum: int
    unit: str
    about: str


@dataclass(frozen=True)
class Series:
    """The series of a *metric* whose *labels* each have one of these values; the other labels tell them apart."""

    metric: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """A gauge is above a percentage of its limit. Of *parts*, the first that there is counts."""

    parts: tuple[str, ...]
    whole: str
    above: str


@dataclass(frozen=True)
class Rate:
    """A counter grew by more than a percentage of what *per* grew by within *minutes*, or without it, of the time."""

    counter: Series
    above: str
    per: str = ""
    minutes: int = 5


@dataclass(frozen=True)
class Happened:
    """One of *counters* grew at least *times* times within *minutes*.

    With *rare*, one event is one too many, so what a new series begins with has happened as well, unless it is the
    past of a host that was not known before.
    """

    counters: tuple[Series, ...]
    times: str = ""
    minutes: int = 10
    rare: bool = True


@dataclass(frozen=True)
class Is:
    """A gauge has a *value* while another one, *given*, is 1."""

    series: Series
    value: int
    given: str = ""


@dataclass(frozen=True)
class Above:
    """A gauge is above 0. Series that differ in a label ``severity`` alone are added up where it has given values."""

    series: Series


@dataclass(frozen=True)
class Older:
    """The moment in a gauge is longer ago than *than*. 0 is no moment unless *never* counts."""

    series: Series
    than: str
    never: bool = False


@dataclass(frozen=True)
class Ends:
    """The moment in a gauge comes within *within*, and has not passed."""

    series: Series
    within: str


@dataclass(frozen=True)
class Gone:
    """A gauge with a moment, which was there within *hours*, is no more."""

    series: Series
    hours: int = 24


@dataclass(frozen=True)
class Differs:
    """There is more than one value of *label* among series that have all labels *by* in common."""

    series: Series
    label: str
    by: tuple[str, ...] = ()


Condition = Union[Share, Rate, Happened, Is, Above, Older, Ends, Gone, Differs]


@dataclass(frozen=True)
class Alert:
    """One alert. It is told when its *condition* has held for *hold_s* seconds.

    *summary*, *description* and *action* (what to do) may have ``{host}``, ``{value}``, ``{threshold}`` and labels of
    the series in braces. *fleet* is what only someone who sees all hosts can judge.
    """

    name: str
    group: str
    condition: Condition
    severity: str
    hold_s: int
    summary: str
    description: str
    action: str
    fleet: bool = False


def threshold_of(condition: Condition) -> str:
    """Return the name of the threshold that *condition* is measured by; empty for what has none."""
    if isinstance(condition, (Share, Rate)):
        return condition.above
    if isinstance(condition, Happened):
        return condition.times
    if isinstance(condition, Older):
        return condition.than
    return condition.within if isinstance(condition, Ends) else ""


def unit_of(condition: Condition) -> str:
    """Return the unit of the value of *condition*."""
    if isinstance(condition, (Share, Rate)):
        return PERCENT
    return SECONDS if isinstance(condition, (Older, Ends, Gone)) else TIMES
