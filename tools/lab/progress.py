# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elapsed time of every step that takes longer than two seconds, on standard error.

On a terminal a step is one line that counts; elsewhere (CI) it is a line when it turns out to be long, one about every
15 seconds, and one at its end. Results go to standard output, so that the two never mix.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TextIO

LONG_S = 2.0
REPEAT_S = 15.0
REFRESH_S = 0.5


class Progress:
    """Makes steps that report to one stream, or to nobody when *quiet*."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.quiet = quiet
        self.stream = sys.stderr if stream is None else stream
        self.live = not quiet and self.stream.isatty()

    def step(self, title: str) -> Step:
        """Return a context manager that reports *title* while its body runs."""
        return Step(self, title)

    def say(self, text: str) -> None:
        """Print one line, unless quiet."""
        if not self.quiet:
            print(text, file=self.stream, flush=True)


class Step:
    """One step under way. Steps may be nested; the inner one then has the live line."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._title = title
        self._note = ""
        self._over = threading.Event()
        self._reporter = threading.Thread(target=self._report, daemon=True)
        self._start = 0.0

    def __enter__(self) -> Step:
        self._start = time.monotonic()
        if not self._progress.quiet:
            self._reporter.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._progress.quiet:
            return
        self._reporter.join()
        elapsed = time.monotonic() - self._start
        if elapsed >= LONG_S or kind is not None:
            self._line(f"{self._title}: {'failed' if kind else 'done'} after {elapsed:.1f} s")
        elif self._progress.live:
            self._erase()

    def note(self, text: str) -> None:
        """Say how far the step is, from the next report on."""
        self._note = f" ({text})"

    def _report(self) -> None:
        interval = REFRESH_S if self._progress.live else LONG_S
        while not self._over.wait(interval):
            elapsed = time.monotonic() - self._start
            if self._progress.live:
                self._progress.stream.write(f"\r\x1b[K{self._title}{self._note}… {elapsed:.0f} s")
                self._progress.stream.flush()
            else:
                self._line(f"{self._title}{self._note}… {elapsed:.0f} s")
                interval = REPEAT_S

    def _line(self, text: str) -> None:
        if self._progress.live:
            self._erase()
        self._progress.say(text)

    def _erase(self) -> None:
        self._progress.stream.write("\r\x1b[K")
        self._progress.stream.flush()
