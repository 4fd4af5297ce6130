# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of this host, read on from where it was read before: whatever the clock does, nothing is read twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ..model.ends import MESSAGES, Entry
from ..model.errors import HostError
from .command import Commands

_PATIENCE_S = 10
_FIELDS = "UNIT,_SYSTEMD_UNIT,_PID,MESSAGE,MESSAGE_ID,UNIT_RESULT"


class Journal:
    """What systemd says of *units*, and what *watchdogs* say themselves, from now on.

    Its methods raise `HostError` when the journal cannot be read.
    """

    def __init__(self, commands: Commands, units: Sequence[str], watchdogs: Sequence[str]) -> None:
        self._commands = commands
        said = ["_PID=1", *_any("UNIT", units), *_any("MESSAGE_ID", MESSAGES)] if units else []
        self._matches = [*said, *(["+"] if units and watchdogs else []), *_any("_SYSTEMD_UNIT", watchdogs)]
        self._cursor = ""

    def begin(self) -> None:
        """Skip what is there already."""
        last = list(self._run("--lines=1", "--output-fields=_PID"))
        if not last:
            # Who may read nothing is told nothing, and that with success.
            raise HostError("there is nothing in the journal that may be read", "Look at the group systemd-journal")
        self._cursor = last[-1]["__CURSOR"]

    def read(self) -> list[Entry]:
        """Return what has come since."""
        if not self._matches:
            return []
        found = list(self._run(f"--after-cursor={self._cursor}", f"--output-fields={_FIELDS}", *self._matches))
        if found:
            self._cursor = found[-1]["__CURSOR"]
        return found

    def _run(self, *words: str) -> Iterator[Entry]:
        argv = ["journalctl", "--quiet", "--no-pager", "--output=json", *words]
        done = self._commands.run(argv, ok=(), timeout=_PATIENCE_S)
        # It ends with 1 where nothing matches, too.
        if done.returncode and done.stderr.strip():
            raise HostError(done.stderr.strip(), "Look at systemd-journald.service")
        for line in done.stdout.splitlines():
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise HostError(f"journalctl gives no JSON: {error}", "Look at systemd-journald.service") from error
            # What is no text, or too long for it, is a list, or null.
            yield {name: value for name, value in entry.items() if isinstance(value, str)}


def _any(field: str, values: Sequence[str]) -> list[str]:
    return [f"{field}={value}" for value in values]
