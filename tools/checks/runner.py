# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs stages one after the other: their output into logs, their verdicts into a table."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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

    def run(self, stage: Stage) -> Outcome:
        """Run one stage, whose environment is prepared, to its end; show the end of its output if it failed."""
        start = time.monotonic()
        log = self._cache.log(f"check-{stage.name}")
        environment = self._environments.get(stage.core)
        if environment is None:
            return Outcome(stage.name, Verdict(0, 1, "its environment could not be made"), 0)
        with self._progress.step(stage.name):
            status = self._execute(stage, log, surroundings.variables(os.environ, environment, self._cache))
        found = verdict.read(log.read_text(encoding="utf-8", errors="replace"), status)
        if found.failed:
            _show(stage, log, found)
        return Outcome(stage.name, found, time.monotonic() - start)

    def _execute(self, stage: Stage, log: Path, variables: dict[str, str]) -> int:
        directory = self._checkout
        if stage.placed:
            directory = self._copy
            path = f"{self._scratch}{os.pathsep}{variables['ANSIBLE_COLLECTIONS_PATH']}"
            variables = {**variables, "ANSIBLE_COLLECTIONS_PATH": path}
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell starts what it runs in the background deaf to Ctrl-C, and stages would inherit it.
            signal.signal(signal.SIGINT, signal.default_int_handler)
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
            try:
                return process.wait(stage.limit_min * 60)
            except subprocess.TimeoutExpired:
                print(f"\nstopped: it still ran after {stage.limit_min:g} minutes", file=stream, flush=True)
                return 1
            finally:
                _stop(process)


def _show(stage: Stage, log: Path, found: Verdict) -> None:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"\n--- {stage.name}: {found.problem or 'failed'}; the end of {log}")
    print("\n".join(lines[-_TAIL_LINES:]))
    print(f"--- {stage.name}\n", flush=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a stage: as Ctrl-C does, so that it can clean up after itself, and then for good."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
