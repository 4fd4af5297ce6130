# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at the host while no run of a playbook changes it, without keeping one from it.

Each module holds the host's lock for itself, so between two of one run it is free, and the host half done. So one who
looks waits until nobody has held it for a while, and looks again when somebody held it meanwhile.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..model.errors import HostError
from .lock import PATH

Seen = TypeVar("Seen")

_PAUSE_S = 0.5


class BusyError(HostError):
    """It did not become quiet in time."""


@dataclass(frozen=True)
class Quiet:
    """Quiet is when the lock at *path* was not held for *calm* seconds; it is waited for *patience* seconds."""

    path: str = PATH
    calm: float = 60
    patience: float = 900
    sleep: Callable[[float], None] = field(default=time.sleep)
    now: Callable[[], float] = field(default=time.time)
    passed: Callable[[], float] = field(default=time.monotonic)

    def look(self, what: Callable[[], Seen]) -> Seen:
        """Return what *what* sees while it is quiet. Raises `BusyError` when that does not become."""
        end = self.passed() + self.patience
        while True:
            before = self._wait(end)
            seen = what()
            if self._turn() == before:
                return seen

    def _wait(self, end: float) -> int:
        """Wait until it is quiet, and return the last turn."""
        last = self._turn()
        calm_at = self.passed() + self._left(last)
        while last is None or self.passed() < calm_at:
            if self.passed() > end:
                raise BusyError(
                    f"Runs of playbooks have held the lock {self.path} again and again for {self.patience:g} s",
                    "Nothing: the next audit looks again",
                )
            self.sleep(_PAUSE_S)
            turn = self._turn()
            if turn != last:
                last, calm_at = turn, self.passed() + self._left(turn)
        return last

    def _left(self, turn: int | None) -> float:
        """Return for how many seconds it has still to be left alone since its last *turn*."""
        age = self.now() - (turn or 0) / 1e9
        # Of a clock that was set back meanwhile the lock tells nothing.
        return self.calm if age < 0 else max(self.calm - age, 0.0)

    def _turn(self) -> int | None:
        """Return when the lock was last taken or given back, as the kernel has it, 0 for never; None while it is held.

        Whoever wants it just then finds it taken for a moment, and tries again.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise HostError(
                f"The lock {self.path} cannot be read: {os.strerror(error.errno or 0)}", "Look at that path on the host"
            ) from error
        try:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return os.fstat(descriptor).st_mtime_ns
            return None
        finally:
            os.close(descriptor)
