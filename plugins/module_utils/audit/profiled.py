# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profile that the host has kept of each instance, and whether the limits in force hold it: RES-01, RES-02."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from ..host.cgroup import held, own
from ..model.controls import CONTROLS
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import Instance
from ..model.profile import DECODE_LIKE, DISCOVERY, FEWEST, FILES, IDLE, TASKS
from ..model.profile_record import PROMETHEUS_SOURCE, Kept, read_profile
from ..model.recommendation import LIMITED, WIDE, Advice, written
from ..model.usage import CPU, MEMORY, Held
from ..planners.profiles import profile_path
from .context import Context, finding, guarded

_ROOT = 0
_OTHERS = 0o022
"""Whoever can write a profile can make one up."""
_DAY = 24 * 60 * 60.0


@dataclass(frozen=True)
class Profiling:
    """What is expected of profiles: that there are any (*wanted*), and how old they may be, in days.

    Without *wanted* an instance that was never profiled is not enforced, and not red.
    """

    wanted: bool = False
    max_age: int = 180
    now: Callable[[], float] = field(default=time.time)


UNASKED = Profiling()


def look(profiling: Profiling, release_of: Callable[[Instance], str], context: Context) -> Iterator[Finding]:
    """Yield what the profile of each instance says of itself and of its limits; *release_of* says what runs."""
    for item in context.spec.present:
        for control, check, one in (("RES-01", "profile", _profile), ("RES-02", "limits", _limits)):
            yield from guarded(control, check, item.name, partial(one, profiling, release_of, context, item))


def _profile(
    profiling: Profiling, release_of: Callable[[Instance], str], context: Context, item: Instance
) -> Iterator[Finding]:
    path = profile_path(item.name)
    expected = f"a profile under {_words(_needed(item))}, of what runs, at most {profiling.max_age} days old"
    kept = _kept(context, item)
    if kept is None:
        said = "never profiled"
        yield finding(
            "RES-01", "profile", item.name, False, expected, said, path, "" if profiling.wanted else NOT_ENFORCED
        )
        return
    wrong = _wrong(kept, item, release_of(item), profiling)
    seen = f"profiled under {_words(kept.loads)}, {kept.samples} samples or more of each"
    yield finding("RES-01", "profile", item.name, not wrong, expected, "; ".join(wrong) or seen, path)


def _needed(item: Instance) -> tuple[str, ...]:
    """Return the loads that can be put on an instance."""
    return (IDLE, DISCOVERY, DECODE_LIKE) if item.discovery else (IDLE,)


def _wrong(kept: Kept, item: Instance, release: str, profiling: Profiling) -> list[str]:
    wrong = []
    lacking = [name for name in _needed(item) if name not in kept.loads]
    if kept.source != PROMETHEUS_SOURCE and lacking:
        wrong.append(f"not profiled under {_words(lacking)}")
    if kept.samples < FEWEST:
        wrong.append(f"{kept.samples} samples, and {FEWEST} are needed")
    if not kept.known:
        wrong.append("nothing was measured of which a limit follows")
    if kept.release != release:
        wrong.append(f"made with {kept.release or 'an unknown release'}, and {release or 'nothing'} runs")
    age = int((profiling.now() - kept.at) // _DAY)
    if age > profiling.max_age:
        wrong.append(f"{age} days old")
    elif age < -1:
        wrong.append("of a day in the future, by this host's clock")
    return wrong


def _kept(context: Context, item: Instance) -> Kept | None:
    """Return the profile that is kept of *item*. Raises ValueError for one that is not one of ours."""
    path = profile_path(item.name)
    entry = context.host.files.read(path)
    if entry is None:
        return None
    if entry.kind != "file" or entry.uid != _ROOT or entry.mode & _OTHERS:
        raise ValueError(f"{path} can be written by others than root ({entry.kind}, {entry.mode:04o}, uid {entry.uid})")
    kept = read_profile(entry.content.decode("utf-8", "replace"), path)
    if kept.name != item.name:
        raise ValueError(f"{path} is the profile of {kept.name}")
    return kept


def _limits(
    profiling: Profiling, _release_of: Callable[[Instance], str], context: Context, item: Instance
) -> Iterator[Finding]:
    path = profile_path(item.name)
    kept = _kept(context, item)
    if kept is None:
        expected, said = "limits that hold what was measured", "never profiled"
        yield finding(
            "RES-02", "limits", item.name, False, expected, said, path, "" if profiling.wanted else NOT_ENFORCED
        )
        return
    main = context.main(item)
    if main is None:
        said = "the instance does not run, so that no limit is in force"
        yield finding("RES-02", "limits", item.name, False, "limits in force", said, path)
        return
    force, own_groups = held(main.pid), own(main.pid)
    for name in LIMITED:
        yield _limit(name, kept.advice.get(name), _in_force(name, force, own_groups, item), item, path)


def _limit(name: str, advice: Advice | None, now: int | None, item: Instance, path: str) -> Finding:
    if advice is None or advice.least is None or advice.value is None:
        reason = advice.reason if advice else "the profile says nothing of it"
        return finding(
            "RES-02", name, item.name, False, f"a limit of {name} that was measured", reason, path, NOT_ENFORCED
        )
    expected = f"at least {written(name, advice.least)}"
    if now is None:
        said = f"this host does not hold the instance to a limit of {name}"
        return finding("RES-02", name, item.name, False, expected, said, path, NOT_ENFORCED)
    said = f"{written(name, now)}"
    if now > WIDE * advice.value:
        said += f", which is wide: {written(name, advice.value)} is recommended"
    remedy = CONTROLS["RES-02"].remedy
    return finding("RES-02", name, item.name, now >= advice.least, expected, said, path, remedy=remedy)


def _in_force(name: str, force: Held, own_groups: dict[str, str], item: Instance) -> int | None:
    """Return the limit that the kernel holds the instance to; None where it holds it to none of its own."""
    if name == FILES:
        return item.limits.files
    found = {MEMORY: force.memory, CPU: force.cpu, TASKS: force.tasks}[name]
    controller = {MEMORY: "memory", CPU: "cpu", TASKS: "pids"}[name]
    # Of the root of version 1 nothing is held, whatever stands there.
    return found if controller in own_groups or set(own_groups) == {""} else None


def _words(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + (names[-1] if names else "nothing")
