# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an instance has ended, by what systemd writes to the journal.

Nothing else keeps it: a unit that is started again has another result a second later, and the control group of the one
that ended is gone with its counters. Whoever may write to the journal could make such messages up; the reader asks for
those of the first process alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

WATCHDOG = "watchdog"
"""The result of an instance that the watchdog has ended because it gave no sign of life."""
SUCCESS = "success"
"""The result of one that has ended by itself, and well; nobody asked for that either."""

RESULTS = ("exit-code", "signal", "core-dump", "oom-kill", "timeout", "resources", SUCCESS, WATCHDOG)
"""What is counted from the beginning, at 0: of what appears with its first event nobody sees an increase."""

SILENT = " is up but gives no sign of life: restarting it"
"""How the watchdogs end what they say of an instance that they restart."""

# systemd/sd-messages.h
_STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"
_STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
_AGAIN = "5eb03494b6584870a536b337290809b3"

MESSAGES = (_STARTING, _STOPPING, _FAILED, _AGAIN)

Entry = Mapping[str, str]
"""One entry of the journal: its fields."""


@dataclass
class Ends:
    """What has become of one instance, whose service is *unit*, and whose *watchdog* restarts what is called *name*.

    *starts* are those since the beginning, *failures* the ends that nobody asked for, by their results.
    """

    unit: str
    watchdog: str
    name: str
    starts: int = 0
    failures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESULTS, 0))
    _asked: bool = False
    _told: bool = False

    def read(self, entries: Iterable[Entry]) -> None:
        """Take up *entries*, of any unit, in the order in which they were written."""
        for entry in entries:
            if entry.get("_SYSTEMD_UNIT") == self.watchdog:
                if entry.get("MESSAGE") == self.name + SILENT:
                    self.count(WATCHDOG)
            elif self.unit and entry.get("UNIT") == self.unit and entry.get("_PID") == "1":
                self._systemd(entry)

    def count(self, result: str) -> None:
        """Count one end."""
        self.failures[result] = self.failures.get(result, 0) + 1

    def _systemd(self, entry: Entry) -> None:
        message = entry.get("MESSAGE_ID")
        if message == _STOPPING:
            self._asked = True
        elif message == _STARTING:
            # Also one that does not come up: in a loop it may never do.
            self.starts += 1
            self._asked = self._told = False
        elif message == _FAILED and not self._asked:
            self.count(entry.get("UNIT_RESULT", "unknown"))
            self._told = True
        elif message == _AGAIN and not self._asked and not self._told:
            self.count(SUCCESS)
