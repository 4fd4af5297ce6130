# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance used over a while, under a stated load: readings in, figures out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .usage import CPU, IO, MEMORY, SOME, Usage

IDLE = "idle"
DISCOVERY = "discovery"
DECODE_LIKE = "decode_like"
OBSERVED = "observed"
"""Whatever it did in weeks in which Prometheus looked on."""

LOADS: dict[str, str] = {
    IDLE: "Nobody asked it for anything.",
    DISCOVERY: "It was asked for getInfo, as devices do that look for speakers.",
    DECODE_LIKE: (
        "It was sent as many bytes as a track has, to be decoded from base64 and authenticated (HMAC-SHA1), after an "
        "exchange of keys (Diffie-Hellman), as a part of logins that fail. That is work of the real program on the "
        "data of a track, as far as it goes without an account. It is not the decoding of music: nothing was fetched, "
        "decoded or played."
    ),
    OBSERVED: "Whatever it did while Prometheus looked on. Whether music was played then is not known.",
}
"""The loads, and what each of them is and is not."""

TASKS = "tasks"
FILES = "files"
CPU_BURST = "cpu_burst"
READ = "read"
WRITTEN = "written"

UNITS: dict[str, str] = {
    CPU: "% of one processor",
    CPU_BURST: "% of one processor, in 0.1 s",
    MEMORY: "bytes",
    TASKS: "tasks",
    FILES: "open files",
    READ: "bytes/s",
    WRITTEN: "bytes/s",
    f"{CPU}_pressure": "% of the time",
    f"{MEMORY}_pressure": "% of the time",
    f"{IO}_pressure": "% of the time",
}
"""What is measured, and in which unit."""

FEWEST = 30
"""Samples without which there are figures and no recommendation: with fewer, the maximum of a minute's work is luck."""


@dataclass(frozen=True)
class Figures:
    """Percentiles of *samples* values by the nearest rank, so that each is a value that was measured."""

    p50: float
    p95: float
    p99: float
    maximum: float
    samples: int

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {name: _rounded(getattr(self, name)) for name in ("p50", "p95", "p99", "maximum")} | {
            "samples": self.samples
        }


def figures(values: Sequence[float]) -> Figures:
    """Return the figures of *values*, of which there is one at least."""
    ranked = sorted(values)
    p50, p95, p99 = (ranked[max(0, math.ceil(share * len(ranked)) - 1)] for share in (0.50, 0.95, 0.99))
    return Figures(p50, p95, p99, ranked[-1], len(ranked))


@dataclass(frozen=True)
class Delivery:
    """How a load arrived: how many requests were *asked* of it in *seconds*, and how many *answered*.

    *connections* is how many were open at once, *rate* what was to be asked in a second, *body* the bytes of each
    request, *worst_ms* the longest time to an answer, and *error* the last thing that came instead of one.
    """

    rate: float
    connections: int
    body: int
    asked: int
    answered: int
    seconds: float
    worst_ms: int
    error: str = ""

    @property
    def arrived(self) -> bool:
        """Whether most of it was there: else whatever was measured was measured under less."""
        return self.answered >= 0.8 * self.rate * self.seconds

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        whole = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**whole, "rate": _rounded(self.rate), "seconds": _rounded(self.seconds)}


@dataclass(frozen=True)
class Course:
    """What was measured of one instance under one *load*.

    *measured* has the figures by resource; what this kernel does not count is not in it. *throttled* is the share of
    the quota's periods that were used up, *limited* how often memory or tasks came to a limit, by the kernel's words.
    """

    load: str
    seconds: float
    samples: int
    measured: Mapping[str, Figures]
    restarts: int = 0
    missed: int = 0
    """Looks at which there was no process."""
    throttled: float | None = None
    throttled_s: float | None = None
    limited: Mapping[str, int] = field(default_factory=dict)
    delivery: Delivery | None = None
    thin: str = ""
    """Why no limit may be lowered on it; empty when one may."""

    @property
    def held_up(self) -> tuple[str, ...]:
        """Resources of which it may have used more if it had been let."""
        more = {
            CPU: self.throttled is not None and self.throttled > _HELD_UP,
            MEMORY: any(self.limited.get(word) for word in ("high", "max", "oom", "oom_kill")),
            TASKS: bool(self.limited.get("tasks")),
        }
        return tuple(name for name, yes in more.items() if yes)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "load": self.load,
            "about": LOADS[self.load],
            "seconds": _rounded(self.seconds),
            "samples": self.samples,
            "restarts": self.restarts,
            "missed": self.missed,
            "figures": {name: self.measured[name].as_data() for name in UNITS if name in self.measured},
            "not_measured": [name for name in UNITS if name not in self.measured],
            "throttled": None if self.throttled is None else _rounded(self.throttled),
            "throttled_s": None if self.throttled_s is None else _rounded(self.throttled_s),
            "limited": dict(self.limited),
            "delivery": None if self.delivery is None else self.delivery.as_data(),
        }


_HELD_UP = 0.02
"""Share of used up periods from which on what was measured is the limit and not the need."""


def course(
    load: str,
    readings: Sequence[Usage | None],
    runs: Sequence[object] = (),
    delivery: Delivery | None = None,
    bursts: Sequence[float] = (),
) -> Course:
    """Return what *readings* say, one after another; None is a look at which there was no process.

    *runs* tells for each which run of the instance it is of. Counters begin again with each control group, and
    processes with each run, so nothing is compared across them. *bursts* is the use of the processor between two
    glances that are as far apart as the periods of its quota, in percent.
    """
    whose = list(runs) or [item.group if item else None for item in readings]
    seen = [(item, run) for item, run in zip(readings, whose) if item is not None]
    if not seen:
        return Course(load, 0.0, 0, {}, missed=len(readings), delivery=delivery)
    values: dict[str, list[float]] = {name: [] for name in UNITS}
    for item, _run in seen:
        for name, now in ((MEMORY, item.memory), (TASKS, item.tasks), (FILES, item.files)):
            if now is not None:
                values[name].append(now)
    spans = _spans(seen)
    for begin, end in _pairs(spans):
        for name, rate in _rates(begin, end):
            values[name].append(rate)
    values[CPU_BURST] += bursts
    measured = {name: figures(found) for name, found in values.items() if found}
    for name in (MEMORY, TASKS):
        if name in measured:
            measured[name] = _with_peak(measured[name], f"{name}_peak", spans)
    periods, throttled = (_grown(spans, name) for name in ("periods", "throttled_periods"))
    return Course(
        load,
        seen[-1][0].moment - seen[0][0].moment,
        len(seen),
        measured,
        restarts=len(spans) - 1,
        missed=len(readings) - len(seen),
        throttled=None if throttled is None or periods is None else throttled / periods if periods else 0.0,
        throttled_s=_grown(spans, "throttled_s"),
        limited=_limited(spans),
        delivery=delivery,
    )


def _spans(seen: Sequence[tuple[Usage, object]]) -> list[list[Usage]]:
    """Return the readings by the runs that they are of, in order."""
    spans: list[list[Usage]] = []
    before: object = None
    for item, run in seen:
        if not spans or (run, item.group) != before:
            spans.append([])
        spans[-1].append(item)
        before = (run, item.group)
    return spans


def _pairs(spans: Sequence[Sequence[Usage]]) -> list[tuple[Usage, Usage]]:
    return [
        (begin, end) for span in spans for begin, end in zip(span, span[1:]) if end.moment - begin.moment > _SHORTEST_S
    ]


_SHORTEST_S = 0.01


def _rates(begin: Usage, end: Usage) -> list[tuple[str, float]]:
    """Return what was used in each second between two readings of one group."""
    found = []
    span = end.moment - begin.moment
    counters = [(CPU, begin.cpu_s, end.cpu_s, 100.0)]
    counters += [(READ, begin.read_bytes, end.read_bytes, 1.0), (WRITTEN, begin.written_bytes, end.written_bytes, 1.0)]
    counters += [
        (f"{name}_pressure", begin.pressure.get((name, SOME)), end.pressure.get((name, SOME)), 100.0)
        for name in (CPU, MEMORY, IO)
    ]
    for name, before, after, scale in counters:
        if before is not None and after is not None and after >= before:
            found.append((name, scale * (after - before) / span))
    return found


def _with_peak(seen: Figures, name: str, spans: Sequence[Sequence[Usage]]) -> Figures:
    """Return *seen* with the kernel's own maximum, of a group that reached it while it was looked at."""
    peaks = []
    for number, span in enumerate(spans):
        first, last = getattr(span[0], name), getattr(span[-1], name)
        # A group that was made meanwhile has had no other time to reach it in.
        if last is not None and (number or first is None or last > first):
            peaks.append(last)
    return Figures(seen.p50, seen.p95, seen.p99, max([seen.maximum, *peaks]), seen.samples)


def _grown(spans: Sequence[Sequence[Usage]], name: str) -> float | None:
    """Return by how much a counter grew in all; None when it is not counted."""
    grown = None
    for number, span in enumerate(spans):
        # A group that was made meanwhile began with 0.
        first, last = 0 if number else getattr(span[0], name), getattr(span[-1], name)
        if first is not None and last is not None:
            grown = (grown or 0) + max(0, last - first)
    return grown


def _limited(spans: Sequence[Sequence[Usage]]) -> dict[str, int]:
    """Return how often each limit was come to."""
    found: dict[str, int] = {}
    for number, span in enumerate(spans):
        for word, last in span[-1].memory_events.items():
            first = 0 if number else span[0].memory_events.get(word, 0)
            found[word] = found.get(word, 0) + max(0, last - first)
    refused = _grown(spans, "tasks_refused")
    return found if refused is None else {**found, TASKS: int(refused)}


def _rounded(number: float) -> float | int:
    """Return *number* as people and JSON read it: three digits behind the point, and none where they would be 0."""
    found = round(number, 3)
    return int(found) if found == int(found) else found
