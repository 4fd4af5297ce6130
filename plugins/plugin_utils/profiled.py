# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles on the controller: those that a Prometheus has recorded, and the limits that follow from any."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..module_utils.model.errors import HostError, SpecificationError, missing
from ..module_utils.model.instance import SYSTEMD, Instance, parse_specification
from ..module_utils.model.limits import parse_limits
from ..module_utils.model.profile import FILES, OBSERVED, READ, TASKS, WRITTEN, Course, Figures, figures
from ..module_utils.model.profile_record import PROMETHEUS_SOURCE, Made, profile_data
from ..module_utils.model.reading import integer
from ..module_utils.model.recommendation import HEADROOM, LIMITED, checked
from ..module_utils.model.usage import CPU, IO, MEMORY
from ..module_utils.module import SPECIFICATION_ARGUMENTS
from .prometheus import MOST_SAMPLES, Prometheus, Samples, selector

_PATH = "prometheus"
_DAY_S = 86400.0
_WHOLE_DAYS = 7
"""Days without which a limit is not lowered: a week has all the uses that a household has."""
_COVERED = 0.5
"""The share of the time of which there must be samples, for a limit to be lowered."""
_LABEL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


def wanted_limits(
    args: Mapping[str, Any], profiles: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the limits that should change by instance, and those that the specification in *args* has now.

    What a host has returned is taken for limits only as far as it is some. Raises `SpecificationError`.
    """
    given = {str(item["name"]): dict(item.get("limits") or {}) for item in _instances(args)}
    wanted = {}
    for item in profiles:
        name, limits = str(item["name"]), dict(item["recommended"])
        if name not in given:
            raise SpecificationError("profiles", name, "is no instance of this host", "Look at that host")
        where = f"the limits recommended for {name}"
        for key, value in limits.items():
            if key not in LIMITED:
                raise SpecificationError(f"{where}.{key}", value, "is not recommended", "Look at that host")
        parse_limits({**given[name], **limits}, where)
        if limits:
            wanted[name] = limits
    return wanted, given


def _instances(args: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = args.get("instances") or SPECIFICATION_ARGUMENTS["instances"]["default"]
    return [item for item in found if isinstance(item, Mapping) and "name" in item]


def present(args: Mapping[str, Any]) -> list[Instance]:
    """Return the instances that *args* of a task describe, checked as a whole. Raises `SpecificationError`."""
    usual = {name: argument.get("default") for name, argument in SPECIFICATION_ARGUMENTS.items()}
    whole = {**usual, **{name: args[name] for name in usual if name in args}}
    spec = parse_specification(
        whole["version"], whole["instances"], {}, whole["zones"], str(args.get("deployment") or SYSTEMD)
    )
    if not spec.present:
        raise missing("instances", "Describe one that is present, or leave this host out", "has none to profile")
    return spec.present


@dataclass(frozen=True)
class _Window:
    """What is asked about: until *end*, in seconds since 1970, from *span* seconds before, each *step* seconds."""

    end: float
    span: float
    step: int
    max_age: int

    @property
    def expected(self) -> int:
        return int(self.span / self.step) + 1


def observed(
    given: Mapping[str, Any],
    args: Mapping[str, Any],
    host: str,
    opener: Callable[..., Any],
    now: Callable[[], float] = time.time,
) -> list[dict[str, Any]]:
    """Return the profiles of the instances of *host* as the Prometheus that is *given* has recorded them.

    *args* are those of the task, with the specification. Raises `LibrespotError` when it does not have them.
    """
    window = _window(given, now())
    labels = _labels(given["labels"])
    headroom = checked(int(args.get("headroom", HEADROOM)), "headroom")
    prometheus = Prometheus(given, _PATH, opener)
    found = []
    for item in present(args):
        course, notes = _course(prometheus, window, labels, host, item.name)
        info = prometheus.labels(f"librespot_instance_info{selector(labels, host, item.name)}", window.end)
        made = Made(
            item.name,
            item.deployment,
            info.get("release", ""),
            datetime.fromtimestamp(window.end, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            None,
            window.span,
            float(window.step),
            headroom,
            PROMETHEUS_SOURCE,
        )
        found.append(profile_data(made, [course], item.limits, notes))
    return found


def _window(given: Mapping[str, Any], now: float) -> _Window:
    days = given["days"]
    if not 0.01 <= days <= 366:
        raise SpecificationError(f"{_PATH}.days", days, "is out of range", "Write a number of days from 0.01 to 366")
    step = integer(given["step"], f"{_PATH}.step", 60, 86400, "seconds")
    window = _Window(now, days * _DAY_S, step, integer(given["max_age"], f"{_PATH}.max_age", 60, 604800, "seconds"))
    integer(given["timeout"], f"{_PATH}.timeout", 1, 3600, "seconds")
    if window.expected > MOST_SAMPLES:
        least = int(window.span / (MOST_SAMPLES - 1)) + 1
        raise SpecificationError(
            f"{_PATH}.step",
            step,
            f"gives {window.expected} samples, and Prometheus has {MOST_SAMPLES} at most",
            f"Write {least} or more",
        )
    return window


def _labels(given: Any) -> dict[str, str]:
    for name, value in given.items():
        right = str(name) and set(str(name)) <= set(_LABEL) and not str(name)[0].isdigit()
        if not right or not isinstance(value, (str, int)):
            raise SpecificationError(f"{_PATH}.labels.{name}", value, "is no label", "Write a name and a text")
    return {str(name): str(value) for name, value in given.items()}


def _course(
    prometheus: Prometheus, window: _Window, labels: Mapping[str, str], host: str, name: str
) -> tuple[Course, list[str]]:
    begin, step = window.end - window.span, window.step
    mine = selector(labels, host, name)

    def asked(query: str) -> Samples:
        return prometheus.series(query, begin, window.end, step)

    def most(metric: str, **more: str) -> Samples:
        return asked(f"max_over_time({metric}{selector(labels, host, name, **more)}[{step}s])")

    def fastest(metric: str, scale: float = 1.0, **more: str) -> Samples:
        chosen = selector(labels, host, name, **more)
        found = asked(f"max_over_time(rate({metric}{chosen}[{_RATE_S}s])[{step}s:{_RATE_S // 2}s])")
        return [(moment, scale * value) for moment, value in found]

    def grown(metric: str, **more: str) -> float | None:
        found = asked(f"increase({metric}{selector(labels, host, name, **more)}[{step}s])")
        return sum(value for _moment, value in found) if found else None

    memory = most("librespot_memory_bytes")
    series = {
        CPU: fastest("librespot_cpu_seconds_total", 100.0),
        MEMORY: memory,
        TASKS: most("librespot_tasks"),
        FILES: most("librespot_open_files"),
        READ: fastest("librespot_io_read_bytes_total"),
        WRITTEN: fastest("librespot_io_written_bytes_total"),
        **{
            f"{resource}_pressure": fastest("librespot_pressure_seconds_total", 100.0, resource=resource, kind="some")
            for resource in (CPU, MEMORY, IO)
        },
    }
    ups = most("librespot_instance_up")
    if not ups:
        raise HostError(
            f"{prometheus.where} has nothing of {mine} in the last {window.span / _DAY_S:g} days",
            "Look whether it scrapes this host, which the role librespot_monitoring feeds; else write its labels",
        )
    age = window.end - max(moment for moment, _value in ups)
    if age > window.max_age + step:
        raise HostError(
            f"{prometheus.where} has nothing of {mine} since {age / 3600:.1f} hours",
            "Look why it does not scrape this host any more; or raise max_age",
        )
    peak = most("librespot_memory_peak_bytes")
    periods, throttled = grown("librespot_cpu_periods_total"), grown("librespot_cpu_throttled_periods_total")
    limited = {word: grown("librespot_memory_events_total", event=word) for word in _EVENTS}
    limited[TASKS] = grown("librespot_tasks_refused_total")
    covered = len(ups) / window.expected
    thin = _thin(window, covered)
    course = Course(
        OBSERVED,
        window.span,
        len(ups),
        {name: _figures(found, peak if name == MEMORY else []) for name, found in series.items() if found},
        restarts=round(grown("librespot_instance_starts_total") or 0),
        throttled=None if periods is None or throttled is None else throttled / periods if periods else 0.0,
        throttled_s=grown("librespot_cpu_throttled_seconds_total"),
        limited={word: round(count) for word, count in limited.items() if count is not None},
        thin=thin,
    )
    notes = [f"Of {window.span / _DAY_S:g} days, Prometheus has samples of {100 * covered:.0f} %"]
    notes += [f"Nothing is lowered: {thin}"] if thin else []
    if course.restarts:
        notes.append(f"It was started anew {course.restarts} times in that time")
    return course, notes


_RATE_S = 120
"""Over how many seconds the rate of a counter is taken: two scrapes lie in it even if only one a minute is made."""
_EVENTS = ("high", "max", "oom", "oom_kill")


def _thin(window: _Window, covered: float) -> str:
    if window.span < _WHOLE_DAYS * _DAY_S:
        return f"{window.span / _DAY_S:g} days are less than the {_WHOLE_DAYS} that have all uses of a week"
    if covered < _COVERED:
        return f"there are samples of {100 * covered:.0f} % of the time, and {100 * _COVERED:.0f} % are needed"
    return ""


def _figures(found: Samples, peak: Samples) -> Figures:
    seen = figures([value for _moment, value in found])
    highest = max([seen.maximum, *(value for _moment, value in peak)])
    return Figures(seen.p50, seen.p95, seen.p99, highest, seen.samples)
