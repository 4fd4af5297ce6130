# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks come at a steady interval, and whoever takes the place of an instance is noticed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.health.running import Run
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import IDLE, course
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Usage
from ansible_collections.hardened.librespot.plugins.module_utils.profiling.sampling import Sampled, started, watch

KITCHEN = Instance("kitchen", "librespot_instances[0]")


@dataclass
class Manager:
    """What runs the instance: the processes that it has, one after another."""

    pids: list[int]
    asked: int = 0

    def run(self, _instance: Instance) -> Run:
        self.asked += 1
        return Run(self.pids[0] if self.pids else 0, "active")

    def log(self, _instance: Instance) -> str:
        return ""

    def reading(self, _instance: Instance) -> str:
        return ""


@dataclass
class Kernel:
    """Processes with the moment at which each was started, and what they use."""

    starts: dict[int, int]
    clock: float = 0.0
    used: dict[int, float] = field(default_factory=dict)

    def start(self, pid: int) -> int:
        if pid not in self.starts:
            raise FileNotFoundError(pid)
        return self.starts[pid]

    def read(self, pid: int) -> Usage:
        self.start(pid)
        self.clock += 1
        return Usage(moment=self.clock, group=("/a", 1), cpu_s=self.used.get(pid, 0.0))

    def glance(self, pid: int) -> tuple[float, float] | None:
        self.start(pid)
        return self.clock, self.used.get(pid, 0.0)


def sampled(manager: Manager, kernel: Kernel) -> Sampled:
    return Sampled(KITCHEN, manager, kernel.read, kernel.start, kernel.glance)


def test_its_manager_is_asked_once_while_it_lives() -> None:
    manager = Manager([10])
    item = sampled(manager, Kernel({10: 1}))
    for _look in range(5):
        item.look()
    readings, runs, _bursts = item.taken()
    assert (len(readings), set(runs), manager.asked) == (5, {(10, 1)}, 1)


def test_the_same_number_for_another_process_is_another_run() -> None:
    manager, kernel = Manager([10]), Kernel({10: 1})
    item = sampled(manager, kernel)
    item.look()
    kernel.starts[10] = 2
    item.look()
    readings, runs, _bursts = item.taken()
    assert runs == [(10, 1), (10, 2)]
    assert course(IDLE, readings, runs).restarts == 1


def test_one_that_ends_and_comes_again() -> None:
    manager, kernel = Manager([10]), Kernel({10: 1})
    item = sampled(manager, kernel)
    item.look()
    kernel.starts.clear()
    manager.pids = []
    item.look()
    manager.pids = [11]
    kernel.starts[11] = 5
    item.look()
    readings, runs, _bursts = item.taken()
    found = course(IDLE, readings, runs)
    assert (found.missed, found.restarts, found.samples) == (1, 1, 2)


def test_glances_say_how_much_of_a_processor_it_was() -> None:
    kernel = Kernel({10: 1}, used={10: 0.0})
    item = sampled(Manager([10]), kernel)
    item.look()
    item.glance()
    kernel.clock += 0.1
    kernel.used[10] = 0.05
    item.glance()
    # Too short a time says nothing, and what ended has no burst.
    kernel.clock += 0.001
    item.glance()
    kernel.starts.clear()
    item.glance()
    _readings, _runs, bursts = item.taken()
    assert bursts == [pytest.approx(50.0)]


def test_it_looks_as_often_as_it_was_asked_to_and_ends() -> None:
    item = sampled(Manager([10]), Kernel({10: 1}))
    begin = time.monotonic()
    watch([item], window=1.0, interval=0.2)
    assert 0.9 < time.monotonic() - begin < 5
    readings, _runs, _bursts = item.taken()
    assert 4 <= len(readings) <= 6


def test_whoever_sets_the_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: 1e9 - 86400.0 * next(days))
    item = sampled(Manager([10]), Kernel({10: 1}))
    watch([item], window=0.5, interval=0.1)
    readings, runs, _bursts = item.taken()
    assert len(readings) >= 4
    assert course(IDLE, readings, runs).restarts == 0


def test_a_process_is_known_by_its_start() -> None:
    assert started(os.getpid()) > 0
    with pytest.raises(OSError, match="No such file"):
        started(2**22 + 1)
