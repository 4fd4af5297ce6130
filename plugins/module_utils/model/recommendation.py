# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits out of a profile: what was used at most, and a headroom. Each value says why.

A limit is lowered only on what was seen under load, long enough and not cut off by the limit itself: a limit that is
too wide costs little, one that is too tight ends the music.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .errors import SpecificationError
from .limits import FEWEST_TASKS, Limits, memory_high, parse_limits, size_text
from .profile import CPU_BURST, DECODE_LIKE, DISCOVERY, FEWEST, FILES, IDLE, OBSERVED, TASKS, Course
from .usage import CPU, MEMORY

RAISE = "raise"
LOWER = "lower"
KEEP = "keep"
UNKNOWN = "unknown"

LIMITED = (MEMORY, CPU, TASKS, FILES)
"""What is recommended, by the names that the limits have in a specification."""

HEADROOM = 50
"""Percent above what was used at most. What was not met in the window, such as a longer track, has to fit in there."""

WIDE = 2.0
"""How many times what is recommended a limit may be before it is said to be wide."""

_UNDER = {
    MEMORY: (DECODE_LIKE, OBSERVED),
    CPU: (DECODE_LIKE, OBSERVED),
    TASKS: (DISCOVERY, DECODE_LIKE, OBSERVED),
    FILES: (DISCOVERY, DECODE_LIKE, OBSERVED),
}
"""The loads under which a resource is used as in earnest. A limit is not lowered without one of them."""

_MIB = 1024 * 1024
_LEAST = {MEMORY: 32 * _MIB, CPU: 20, TASKS: FEWEST_TASKS, FILES: 256}
"""The least that is recommended. Of the processor, a start and a sign of life in time take as much on a small computer;
of files, as librespot never accepts a connection again after the last one, and strangers open some as well."""
_MOST = {MEMORY: 64 * 1024 * _MIB, CPU: 6400, TASKS: 4096, FILES: 524288}
_STEPS: dict[str, tuple[tuple[float, int], ...]] = {
    MEMORY: ((128 * _MIB, 8 * _MIB), (512 * _MIB, 32 * _MIB), (math.inf, 128 * _MIB)),
    CPU: ((100, 5), (math.inf, 25)),
    TASKS: ((256, 8), (math.inf, 64)),
    FILES: ((256, 64), (math.inf, 256)),
}
"""To which step a value is rounded up, by its size."""


@dataclass(frozen=True)
class Advice:
    """What to do about the limit of one *resource*. Numbers are bytes, percent of one processor, or counts.

    *now* is the limit in force, *value* what is recommended; None is nothing. *least* is what holds what was seen with
    half of the headroom: a limit below it is too tight. *used* is the most that was seen.
    """

    resource: str
    action: str
    now: int
    value: int | None
    least: int | None
    used: float | None
    reason: str

    @property
    def text(self) -> str | int:
        """The value as a specification has it."""
        number = self.now if self.value is None else self.value
        return written(self.resource, number)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "written": self.text}


def written(resource: str, number: int) -> str | int:
    """Return a limit as a specification has it."""
    if resource == MEMORY:
        return size_text(number)
    return f"{number}%" if resource == CPU else number


def recommend(courses: Sequence[Course], limits: Limits, headroom: int = HEADROOM) -> list[Advice]:
    """Return one advice for each resource, from what was measured under each load while *limits* were in force.

    *headroom* is in percent of what was used at most.
    """
    return [_advice(name, courses, limits, headroom) for name in LIMITED]


def recommended_limits(advice: Sequence[Advice]) -> dict[str, str | int]:
    """Return the limits that should change, as a specification has them."""
    return {item.resource: item.text for item in advice if item.action in (RAISE, LOWER)}


def _advice(resource: str, courses: Sequence[Course], limits: Limits, headroom: int) -> Advice:
    now = int(getattr(limits, resource))
    seen = [item for item in courses if resource in item.measured]
    nothing = Advice(resource, UNKNOWN, now, None, None, None, "")
    if not seen:
        return replace(nothing, reason="not measured: this host does not count it for the instance")
    used, top = max((_most(resource, item), item.load) for item in seen)
    fewest, under = min((item.measured[resource].samples, item.load) for item in seen)
    if fewest < FEWEST:
        said = f"no recommendation: {fewest} samples under {under} say too little, {FEWEST} are needed"
        return replace(nothing, used=used, reason=said)
    floor, what_for = _floor(resource, used, courses, headroom)
    wanted = _readable(resource, max(used * (1 + headroom / 100), floor))
    least = min(wanted, _readable(resource, used * (1 + headroom / 200)))
    said = f"{shown(resource, used)} at most ({top}), and {headroom} % headroom"
    if floor > used * (1 + headroom / 100):
        said += what_for
    found = Advice(resource, KEEP, now, now, least, used, f"{said}: the present limit is close to that")
    held_up = [item.load for item in seen if resource in item.held_up or _ended_full(resource, item, now)]
    if held_up:
        # What was measured is what was let through, so the need is not known; only that it is more than this.
        more = min(max(wanted, _readable(resource, now * (1 + headroom / 100))), _MOST[resource])
        why = f"the present limit held it up ({', '.join(held_up)}), so that it needs more than it was seen to use"
        found = replace(found, action=RAISE, value=more, least=now + 1, reason=f"{why}. Profile it again with this")
    elif resource == CPU and wanted > now:
        # A quota that was never used up is enough, whatever was used for less than a period of it.
        found = replace(found, least=min(least, now), reason=f"{said}; the present limit never held it up")
    elif least > now:
        found = replace(found, action=RAISE, value=wanted, reason=said)
    elif now > wanted * _CLOSE:
        kept = _why_not_lower(resource, courses, limits, wanted)
        found = replace(found, reason=f"{said}; {kept}") if kept else replace(found, value=wanted, reason=said)
        found = found if kept else replace(found, action=LOWER)
    return found


_CLOSE = 1.5
"""How many times what is recommended a limit is left at: two profiles of one instance are never quite the same."""


_FULL = 0.75
"""The share of its memory from which on an instance that ended is taken for one that was killed for want of it."""


def _ended_full(resource: str, item: Course, now: int) -> bool:
    """Whether it ended with its memory almost full: the kernel's count of those that it killed went with the group."""
    return resource == MEMORY and item.restarts > 0 and item.measured[MEMORY].maximum >= _FULL * now


def _most(resource: str, item: Course) -> float:
    """Return the most that was used: of the processor also in a time as short as the period of its quota."""
    names = (CPU, CPU_BURST) if resource == CPU else (resource,)
    return max(item.measured[name].maximum for name in names if name in item.measured)


def _why_not_lower(resource: str, courses: Sequence[Course], limits: Limits, wanted: int) -> str:
    """Return why the limit is not lowered to what is *wanted*; empty when it can be."""
    under = [item for item in courses if item.load in _UNDER[resource] and resource in item.measured]
    needed = " or ".join(name for name in _UNDER[resource] if name != OBSERVED)
    light = [item.load for item in under if item.delivery is not None and not item.delivery.arrived]
    # In weeks it is started anew for good reasons, such as an update.
    looked = [item for item in courses if item.load != OBSERVED]
    again = sum(item.restarts for item in looked)
    apart = _explicit(resource, limits)
    reasons = (
        (not under, f"it was not under load: profile it under {needed}"),
        (light, f"most of the load did not arrive ({', '.join(light)})"),
        (any(item.thin for item in under), next((item.thin for item in under if item.thin), "")),
        (again, f"it was started anew {again} times while it was looked at"),
        (any(item.missed for item in looked), "it was away while it was looked at"),
        (
            resource == CPU and any(CPU_BURST not in item.measured for item in under),
            "the quota holds for each 0.1 s, and what was used was not seen as finely",
        ),
        (apart > wanted, f"memory_high or scratch is {size_text(apart)}"),
    )
    return next((f"not lowered, as {said}" for yes, said in reasons if yes), "")


def _explicit(resource: str, limits: Limits) -> int:
    """Return the size that a part of the memory was given apart, so that it does not follow the limit; else 0."""
    if resource != MEMORY:
        return 0
    apart = [limits.memory_high] if limits.memory_high != memory_high(limits.memory) else []
    usual = parse_limits({MEMORY: size_text(limits.memory)}, "").scratch
    return max([*apart, *([limits.scratch] if limits.scratch != usual else [])], default=0)


def _floor(resource: str, used: float, courses: Sequence[Course], headroom: int) -> tuple[float, str]:
    """Return what a limit must be at least, whatever was *used*, and what for."""
    if resource == MEMORY:
        # A track that is played is in the scratch space, a third of the memory, and is charged to it.
        idle = [item.measured[MEMORY].p50 for item in courses if item.load == IDLE and MEMORY in item.measured]
        return min(idle, default=0.0) * (1 + headroom / 100) * 3 / 2, "; more, as a third of it is for tracks"
    if resource == TASKS:
        return used + _PLAYING_TASKS, f"; more, as playing takes up to {_PLAYING_TASKS} threads besides"
    return 0.0, ""


_PLAYING_TASKS = 16
"""Threads for what no load here does: to play, to fetch, to write to a sound device."""


def _readable(resource: str, number: float) -> int:
    """Return *number*, rounded up to a step that people write, within what a specification may have."""
    step = next(step for most, step in _STEPS[resource] if number <= most)
    return min(max(math.ceil(number / step) * step, _LEAST[resource]), _MOST[resource])


def shown(resource: str, number: float) -> str:
    """Return an amount of a resource for people."""
    if resource == MEMORY:
        return f"{number / _MIB:.1f} MiB"
    if resource == CPU:
        return f"{number:.1f} % of a processor"
    return f"{number:.0f} {'open files' if resource == FILES else resource}"


def checked(headroom: int, path: str) -> int:
    """Return a *headroom* in percent. Raises `SpecificationError` for one that leaves none, or that says nothing."""
    if not 10 <= headroom <= 400:
        raise SpecificationError(path, headroom, "is out of range", "Write a whole number from 10 to 400 percent")
    return headroom
