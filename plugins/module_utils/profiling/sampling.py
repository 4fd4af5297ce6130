# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at what instances use, at a steady interval."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..health.running import Looking, Run
from ..host.usage import processor, usage
from ..model.instance import Instance
from ..model.usage import Usage

PERIOD_S = 0.1
"""The period of the kernel's quota of the processor, unless someone sets another: what is used up in it is held up."""
_START = 19
"""The field of /proc/PID/stat, behind the name of the program, that says when the process was started."""


def started(pid: int) -> int:
    """Return when *pid* was started, in ticks since the boot. Raises `OSError` when it has ended.

    With it, another process that was given the same number later is told apart.
    """
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
        return int(handle.read().rpartition(")")[2].split()[_START])


@dataclass
class Sampled:
    """The readings of one *instance*, and for each the run that it is of; None where there was no process."""

    instance: Instance
    looking: Looking
    read: Callable[[int], Usage] = usage
    start: Callable[[int], int] = started
    glance_at: Callable[[int], tuple[float, float] | None] = processor
    readings: list[Usage | None] = field(default_factory=list)
    runs: list[tuple[int, int] | None] = field(default_factory=list)
    bursts: list[float] = field(default_factory=list)
    _run: tuple[int, int] | None = None
    _glance: tuple[float, float] | None = None

    def glance(self) -> None:
        """Read the processor time alone, and note how much of a processor it was since the last glance."""
        before, self._glance = self._glance, None
        if self._run is None:
            return
        try:
            self._glance = self.glance_at(self._run[0])
        except OSError:
            return
        if before and self._glance and self._glance[0] - before[0] >= PERIOD_S / 2 and self._glance[1] >= before[1]:
            self.bursts.append(100 * (self._glance[1] - before[1]) / (self._glance[0] - before[0]))

    def look(self) -> None:
        """Read once. What runs it is asked only when the process that was there is not there any more."""
        reading = self._reading(self._run) if self._run else None
        if reading is None:
            # The counters of another run begin again.
            self._run, self._glance = self.found(), None
            reading = self._reading(self._run) if self._run else None
        self.readings.append(reading)
        self.runs.append(self._run if reading else None)

    def found(self) -> tuple[int, int] | None:
        """Return the process that runs the instance and when it was started; None when there is none."""
        run: Run = self.looking.run(self.instance)
        try:
            return (run.pid, self.start(run.pid)) if run.pid else None
        except OSError:
            return None

    def taken(self) -> tuple[list[Usage | None], list[tuple[int, int] | None], list[float]]:
        """Return what was read since the last time, with the runs and the bursts, and forget it."""
        found = self.readings, self.runs, self.bursts
        self.readings, self.runs, self.bursts, self._glance = [], [], [], None
        return found

    def _reading(self, run: tuple[int, int]) -> Usage | None:
        try:
            return self.read(run[0]) if self.start(run[0]) == run[1] else None
        except OSError:
            return None


def watch(sampled: Sequence[Sampled], window: float, interval: float) -> None:
    """Look at all of *sampled* each *interval* seconds, for *window* seconds, and glance in between."""
    # This clock is not set by anyone.
    begin = time.monotonic()
    step = min(interval, PERIOD_S)
    due = 0.0
    number = 0
    while True:
        now = time.monotonic() - begin
        looks = now >= due - step / 2
        if looks and due > window:
            return
        for item in sampled:
            item.glance()
            if looks:
                item.look()
        # What took long is followed by what is due next, not by all that was missed.
        if looks:
            due = interval * (max(round(due / interval), int(now / interval)) + 1)
        number = max(number + 1, int((time.monotonic() - begin) / step) + 1)
        time.sleep(max(0.0, begin + number * step - time.monotonic()))
