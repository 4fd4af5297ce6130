# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines that tell the user how far something slow is, with the time since its start."""

from __future__ import annotations

import time
from typing import Protocol

_REPEAT = 20.0
"""Seconds after which a line is said again although nothing but the time has changed."""


class Teller(Protocol):
    """What a line is told to: Ansible's display."""

    def display(self, msg: str, /) -> object:
        """Show one line."""


class Progress:
    """Tells *teller* about *what*."""

    def __init__(self, teller: Teller, what: str) -> None:
        self._teller = teller
        self._what = what
        self._start = time.monotonic()
        self._last = ("", 0.0)

    def show(self, doing: str) -> None:
        """Say what is being done; nothing when it was just said."""
        text, when = self._last
        now = time.monotonic()
        doing = doing or text
        if doing == text and now - when < _REPEAT:
            return
        self._last = (doing, now)
        self._teller.display(f"{self._what}: {doing}, {elapsed(now - self._start)}")

    def waiting(self, holder: str, _seconds: float) -> None:
        """Say for whom this host waits."""
        self.show(f"waiting, since {holder} makes the same")


def elapsed(seconds: float) -> str:
    """Return a time as people say it, such as ``2m05s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}s"
