# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs stages, those that are apart at the same time: their output into logs, their verdicts into a table."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tools.checks import placed, surroundings, verdict
from tools.checks.stages import Stage
from tools.checks.verdict import Verdict
from tools.lab.cache import Cache
from tools.lab.errors import LabError
from tools.lab.progress import Progress
from tools.lab.venv import Environment

_TAIL_LINES = 60
_PATIENCE_S = 60.0
_LOOK_S = 0.1
_UNPREPARED = Verdict(0, 1, "its environment could not be made")


@dataclass(frozen=True)
class Outcome:
    """One stage's end, after *seconds*."""

    stage: str
    verdict: Verdict
    seconds: float


class Runner:
    """Runs stages of *checkout*. *scratch* is an empty directory for this run alone.

    *make* returns the Python environment with an ansible-core.
    """

    def __init__(
        self, checkout: Path, scratch: Path, cache: Cache, progress: Progress, make: Callable[[str], Environment]
    ) -> None:
        self._checkout = checkout
        self._scratch = scratch
        self._cache = cache
        self._progress = progress
        self._make = make
        self._environments: dict[str, Environment] = {}

    @cached_property
    def _copy(self) -> Path:
        return placed.place(self._checkout, self._scratch)

    def prepare(self, core: str) -> Outcome:
        """Make the Python environment that stages with ansible-core *core* run in."""
        start = time.monotonic()
        found = Verdict(0, 0)
        try:
            self._environments[core] = self._make(core)
        except LabError as error:
            print(f"\n--- environment-{core}: {error}\n", flush=True)
            found = Verdict(0, 1, str(error))
        return Outcome(f"environment-{core}", found, time.monotonic() - start)

    def run(self, *stages: Stage) -> list[Outcome]:
        """Run stages at the same time, whose environments are prepared, to their ends; show the ends of what failed."""
        _heed_interrupts()
        running: list[_Running] = []
        outcomes = {stage.name: Outcome(stage.name, _UNPREPARED, 0) for stage in stages}
        with self._progress.step(", ".join(stage.name for stage in stages)):
            try:
                for stage in stages:
                    if stage.core in self._environments:
                        running.append(self._begin(stage))
                while [item for item in running if not item.over()]:
                    time.sleep(_LOOK_S)
            finally:
                for item in running:
                    item.interrupt()
                for item in running:
                    item.end()
        for item in running:
            found = verdict.read(item.log.read_text(encoding="utf-8", errors="replace"), item.status)
            if found.failed:
                _show(item.stage, item.log, found)
            outcomes[item.stage.name] = Outcome(item.stage.name, found, item.seconds)
        return list(outcomes.values())

    def _begin(self, stage: Stage) -> _Running:
        variables = surroundings.variables(os.environ, self._environments[stage.core], self._cache)
        directory = self._checkout
        if stage.placed:
            directory = self._copy
            path = f"{self._scratch}{os.pathsep}{variables['ANSIBLE_COLLECTIONS_PATH']}"
            variables = {**variables, "ANSIBLE_COLLECTIONS_PATH": path}
        log = self._cache.log(f"check-{stage.name}")
        with log.open("w", encoding="utf-8") as stream:
            print(f"$ {shlex.join(stage.argv)}", file=stream, flush=True)
            process = subprocess.Popen(
                stage.argv,
                cwd=directory,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return _Running(stage, log, process)


@dataclass
class _Running:
    """A stage under way, which has *status* and *seconds* once it is over."""

    stage: Stage
    log: Path
    process: subprocess.Popen[bytes]
    status: int = 1
    seconds: float = 0.0
    _start: float = field(default_factory=time.monotonic)
    _late: bool = False

    def over(self) -> bool:
        """Tell whether it has ended; one that takes longer than it may is ended."""
        if self.seconds:
            return True
        if self.process.poll() is None:
            if time.monotonic() - self._start < self.stage.limit_min * 60:
                return False
            self._late = True
            self.interrupt()
        self.end()
        return True

    def interrupt(self) -> None:
        """Have it end as Ctrl-C does, so that it can clean up after itself."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> None:
        """Wait until it has ended, and end what is left of it for good."""
        if self.seconds:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.status = self.process.wait()
        if self._late:
            self.status = self.status or 1
            with self.log.open("a", encoding="utf-8") as stream:
                print(f"\nstopped: it still ran after {self.stage.limit_min:g} minutes", file=stream)
        self.seconds = time.monotonic() - self._start


def _heed_interrupts() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it runs in the background deaf to Ctrl-C, and stages would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _show(stage: Stage, log: Path, found: Verdict) -> None:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"\n--- {stage.name}: {found.problem or 'failed'}; the end of {log}")
    print("\n".join(lines[-_TAIL_LINES:]))
    print(f"--- {stage.name}\n", flush=True)


def table(outcomes: Iterable[Outcome]) -> str:
    """Return one line for each stage: name, result, tests, seconds."""
    lines = [f"{'stage':<24}{'result':<8}{'passed':>7}{'failed':>7}{'seconds':>9}"]
    for outcome in outcomes:
        result = "failed" if outcome.verdict.failed else "ok"
        counts = f"{outcome.verdict.passed:>7}{outcome.verdict.failed:>7}{outcome.seconds:>9.1f}"
        lines.append(f"{outcome.stage:<24}{result:<8}{counts}")
    return "\n".join(lines)


def closing(outcomes: Sequence[Outcome]) -> str:
    """Return the last line of a run: all tests of all stages."""
    passed = sum(outcome.verdict.passed for outcome in outcomes)
    return f"{passed} passed, {sum(outcome.verdict.failed for outcome in outcomes)} failed"
