# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a process and its control group use, in either version of control groups.

What this kernel does not have, or this reader may not see, is None or missing; never 0, which would be a measurement.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping

from ..model.usage import CPU, FULL, IO, MEMORY, SOME, Usage
from .cgroup import own

_COUNT_IN_SIZE = (6, 2)
"""The version of Linux from which the size of /proc/PID/fd is how many files are open, which anyone may read."""


def usage(pid: int) -> Usage:
    """Return what the control groups of *pid*, and itself, use. Raises FileNotFoundError when it is gone."""
    return usage_in(own(pid), pid)


def processor(pid: int) -> tuple[float, float] | None:
    """Return the moment, and the processor time in seconds, of the group of *pid*, and nothing else of it.

    It is for looks that are closer together than those at all of its use. None where this host does not count it.
    Raises FileNotFoundError when it is gone.
    """
    there = own(pid)
    if "cpuacct" in there:
        used = _seconds(_number(f"{there['cpuacct']}/cpuacct.usage"), 1e9)
    else:
        used = _seconds(_table(f"{there['']}/cpu.stat").get("usage_usec"), 1e6) if "" in there else None
    return None if used is None else (time.clock_gettime(time.CLOCK_BOOTTIME), used)


def usage_in(there: Mapping[str, str], pid: int) -> Usage:
    """Return what the groups at *there*, by controller, use, and the process *pid*."""
    if {"memory", "pids", "cpuacct"} & set(there):
        return _first(pid, there)
    if "" in there:
        return _second(pid, there[""])
    return Usage(moment=time.clock_gettime(time.CLOCK_BOOTTIME), group=("", 0), files=open_files(pid))


def _second(pid: int, directory: str) -> Usage:
    cpu = _table(f"{directory}/cpu.stat")
    io = _devices(f"{directory}/io.stat")
    return Usage(
        moment=time.clock_gettime(time.CLOCK_BOOTTIME),
        group=(directory, os.stat(directory).st_ino),
        cpu_s=_seconds(cpu.get("usage_usec"), 1e6),
        periods=cpu.get("nr_periods"),
        throttled_periods=cpu.get("nr_throttled"),
        throttled_s=_seconds(cpu.get("throttled_usec"), 1e6),
        memory=_number(f"{directory}/memory.current"),
        working_set=_working_set(_number(f"{directory}/memory.current"), directory, "inactive_file"),
        memory_peak=_number(f"{directory}/memory.peak"),
        tasks=_number(f"{directory}/pids.current"),
        tasks_peak=_number(f"{directory}/pids.peak"),
        files=open_files(pid),
        read_bytes=None if io is None else io[0],
        written_bytes=None if io is None else io[1],
        pressure=_pressures(directory),
        memory_events=memory_events(directory),
        tasks_refused=_table(f"{directory}/pids.events").get("max"),
    )


def _first(pid: int, there: Mapping[str, str]) -> Usage:
    memory, pids = there.get("memory", ""), there.get("pids", "")
    cpu = _table(f"{there['cpu']}/cpu.stat") if "cpu" in there else {}
    io = _services(f"{there['blkio']}/blkio.throttle.io_service_bytes") if "blkio" in there else None
    oom = _table(f"{memory}/memory.oom_control") if memory else {}
    refused = _number(f"{memory}/memory.failcnt") if memory else None
    events = {"max": refused, "oom_kill": oom.get("oom_kill")}
    group = memory or pids or there["cpuacct"]
    return Usage(
        moment=time.clock_gettime(time.CLOCK_BOOTTIME),
        group=(group, os.stat(group).st_ino),
        cpu_s=_seconds(_number(f"{there['cpuacct']}/cpuacct.usage"), 1e9) if "cpuacct" in there else None,
        periods=cpu.get("nr_periods"),
        throttled_periods=cpu.get("nr_throttled"),
        throttled_s=_seconds(cpu.get("throttled_time"), 1e9),
        memory=_number(f"{memory}/memory.usage_in_bytes") if memory else None,
        working_set=_working_set(_number(f"{memory}/memory.usage_in_bytes"), memory, "total_inactive_file"),
        memory_peak=_number(f"{memory}/memory.max_usage_in_bytes") if memory else None,
        tasks=_number(f"{pids}/pids.current") if pids else None,
        files=open_files(pid),
        read_bytes=None if io is None else io[0],
        written_bytes=None if io is None else io[1],
        # Version 1 counts no pressure; version 2 beside it does.
        pressure=_pressures(there[""]) if "" in there else {},
        memory_events={name: count for name, count in events.items() if count is not None},
        tasks_refused=_table(f"{pids}/pids.events").get("max") if pids else None,
    )


def memory_events(directory: str) -> dict[str, int]:
    """Return how often the group at *directory*, and those below it, came to limits of memory; version 2 counts so."""
    counts = _table(f"{directory}/memory.events")
    return {name: counts[name] for name in ("high", "max", "oom", "oom_kill") if name in counts}


def _working_set(memory: int | None, directory: str, cache: str) -> int | None:
    """Return *memory* without what ``memory.stat`` calls *cache*; the two are counted at different moments."""
    droppable = _table(f"{directory}/memory.stat").get(cache)
    return None if memory is None or droppable is None else max(0, memory - droppable)


def open_files(pid: int) -> int | None:
    """Return how many files *pid* has open; None where the kernel does not let this process know."""
    directory = f"/proc/{pid}/fd"
    if _linux() >= _COUNT_IN_SIZE:
        return os.stat(directory).st_size
    with contextlib.suppress(PermissionError):
        return len(os.listdir(directory))
    return None


def _linux() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)


def _seconds(count: int | None, per_second: float) -> float | None:
    return None if count is None else count / per_second


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="ascii") as handle:
            return handle.read()
    # A controller that is switched off has no file; pressure that is switched off at boot has one, and no answer.
    except OSError:
        return None


def _number(path: str) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.isdigit() else None


def _table(path: str) -> dict[str, int]:
    rows = (line.split() for line in (_text(path) or "").splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def _pressures(directory: str) -> dict[tuple[str, str], float]:
    return {
        (resource, kind): seconds
        for resource in (CPU, MEMORY, IO)
        for kind, seconds in _pressure(f"{directory}/{resource}.pressure").items()
    }


def _pressure(path: str) -> dict[str, float]:
    """Read lines as ``some avg10=0.00 avg60=0.00 avg300=0.00 total=1234`` in microseconds."""
    found = {}
    for line in (_text(path) or "").splitlines():
        kind, *settings = line.split()
        total = dict(item.partition("=")[::2] for item in settings).get("total", "")
        if kind in (SOME, FULL) and total.isdigit():
            found[kind] = int(total) / 1e6
    return found


def _devices(path: str) -> tuple[int, int] | None:
    """Read lines as ``254:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0``; no line is no transfer."""
    text = _text(path)
    if text is None:
        return None
    rows = [dict(item.partition("=")[::2] for item in line.split()[1:]) for line in text.splitlines()]
    return sum(int(row.get("rbytes", 0)) for row in rows), sum(int(row.get("wbytes", 0)) for row in rows)


def _services(path: str) -> tuple[int, int] | None:
    """Read lines as ``254:0 Read 4096`` of version 1."""
    text = _text(path)
    if text is None:
        return None
    rows = [line.split() for line in text.splitlines()]
    read, written = (sum(int(row[2]) for row in rows if len(row) == 3 and row[1] == way) for way in ("Read", "Write"))
    return read, written
