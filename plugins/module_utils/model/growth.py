# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By how much counters grew lately, of what was seen of them at each look."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]
"""A series: its metric and its labels, in order."""

LONGEST_S = 15 * 60
"""How far back it is remembered."""


@dataclass
class _Counter:
    """One counter: *total* is by how much it grew since it was first seen, *first* what it began with where it was new.

    It was first seen at *since* and last *seen* later. One that is missing for a moment is no new one when it is back.
    """

    last: float
    first: float
    since: float
    seen: float
    total: float = 0
    steps: deque[tuple[float, float]] = field(default_factory=deque)


class Growth:
    """All counters, from look to look. Moments are in seconds since the boot: nobody can set that clock."""

    def __init__(self) -> None:
        self._counters: dict[Key, _Counter] = {}
        self._looked = False

    def look(self, samples: Mapping[Key, float], boot: float) -> None:
        """Take up the values of all counters at the moment *boot*."""
        for key, value in samples.items():
            counter = self._counters.get(key)
            if counter is None:
                # What is there at the first look of all has happened before.
                self._counters[key] = _Counter(value, value if self._looked else 0, boot, boot)
                continue
            # What became less was begun anew.
            more = value - counter.last if value >= counter.last else value
            counter.last, counter.seen = value, boot
            if more:
                counter.total += more
                counter.steps.append((boot, more))
            while counter.steps and counter.steps[0][0] < boot - LONGEST_S:
                counter.steps.popleft()
        for key in [key for key, item in self._counters.items() if item.seen < boot - LONGEST_S]:
            del self._counters[key]
        self._looked = True

    def within(self, key: Key, boot: float, seconds: float, anew: bool) -> float:
        """Return by how much *key* grew within the last *seconds*.

        With *anew*, what a series began with that was not there at first is growth.
        """
        counter = self._counters.get(key)
        if counter is None:
            return 0
        grown = sum(more for moment, more in counter.steps if moment > boot - seconds)
        return grown + (counter.first if anew and counter.since > boot - seconds else 0)

    def total(self, key: Key, anew: bool) -> float:
        """Return by how much *key* grew since it was first seen."""
        counter = self._counters.get(key)
        return counter.total + (counter.first if anew else 0) if counter else 0

    def seen_for(self, key: Key, boot: float) -> float:
        """Return for how many seconds *key* has been seen."""
        counter = self._counters.get(key)
        return boot - counter.since if counter else 0
