# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance uses at one moment, and what the kernel holds it to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CPU = "cpu"
MEMORY = "memory"
IO = "io"
SOME = "some"
FULL = "full"


@dataclass(frozen=True)
class Usage:
    """One reading of the control group of an instance, and of its process. None is what this kernel does not tell.

    Counters begin with the group: those of two readings can be compared only when both have the same *group*. *moment*
    is in seconds since the boot, as whoever sets the clock cannot change it. Sizes are in bytes, times in seconds.
    """

    moment: float
    group: tuple[str, int]
    """The directory of the group, and its inode: a group that was made anew has another one."""
    cpu_s: float | None = None
    periods: int | None = None
    """Periods of the processor's quota in which something ran."""
    throttled_periods: int | None = None
    throttled_s: float | None = None
    memory: int | None = None
    working_set: int | None = None
    """*memory* without the page cache that the kernel can drop at once."""
    memory_peak: int | None = None
    """The most since the group was made; Linux 5.19 and later, and version 1 of control groups."""
    tasks: int | None = None
    tasks_peak: int | None = None
    """The most since the group was made; Linux 6.1 and later."""
    files: int | None = None
    """Open files of the process; None where the reader may not count them."""
    read_bytes: int | None = None
    written_bytes: int | None = None
    pressure: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """How long some, or all, tasks waited for a resource in total, by resource and `SOME` or `FULL`."""
    memory_events: Mapping[str, int] = field(default_factory=dict)
    """How often ``high``, ``max``, ``oom`` and ``oom_kill`` came."""
    tasks_refused: int | None = None
    """How often a task was refused at the limit."""


@dataclass(frozen=True)
class Held:
    """Limits of a control group, in bytes, percent of one processor, and tasks; None is no limit.

    *swap* is what may be swapped out besides *memory*; whether the kernel counts that is *counts_swap*.
    """

    memory: int | None
    swap: int | None
    cpu: int | None
    tasks: int | None
    io: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Bytes per second read from and written to each block device at most, by its ``MAJOR:MINOR``; 0 is no limit."""
    io_weight: int | None = None
    """Its share of block devices, from 1 to 10000; None where the kernel does not weigh it."""
    counts_swap: bool = True
    memory_high: int | None = None
    """Memory in bytes above which the kernel slows it down; version 1 has no such limit."""
