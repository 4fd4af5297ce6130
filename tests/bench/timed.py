# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several ways to the same, timed in turns, so that what else runs on the machine slows all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HEAD = ("what", "of", "median s", "range", "names")

Names = set[tuple[str, ...]]


@dataclass
class Way:
    """One way: *act* is timed, *named* says what it named, *unit* what that is; *output* is a file that it writes."""

    what: str
    of: str
    act: Callable[[], object]
    named: Callable[[], Names] = set
    unit: str = ""
    output: Path | None = None
    seconds: list[float] = field(default_factory=list)
    names: Names = field(default_factory=set)

    @property
    def median(self) -> float:
        """What it takes, in seconds."""
        return median(self.seconds)

    def row(self) -> tuple[str, ...]:
        """Return its line of the table, below `HEAD`."""
        spread = f"{min(self.seconds):.3f} to {max(self.seconds):.3f}"
        return self.what, self.of, f"{self.median:.3f}", spread, f"{len(self.names)} {self.unit}" if self.unit else ""


def in_turns(ways: Sequence[Way], rounds: int) -> None:
    """Time each of them *rounds* times, after a run that is not timed; each run must name the same."""
    for way in ways:
        _took(way)
        way.names = way.named()
    for _round in range(rounds):
        for way in ways:
            way.seconds.append(_took(way))
            assert way.named() == way.names, way.what


def _took(way: Way) -> float:
    if way.output is not None:
        # Else a run might find that nothing is to be written, or a failed one pass for another.
        way.output.unlink(missing_ok=True)
    begin = time.monotonic()
    way.act()
    return time.monotonic() - begin
