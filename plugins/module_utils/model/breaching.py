# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From verdicts to breaches: one begins when its condition has held for long enough.

It ends when it has not held for a while. In between, it is one, however often what it is about comes and goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .alerts import ALERTS
from .breaches import Breach
from .growth import Key
from .judging import Verdict

QUIET_S = 300
"""For how long a condition must not hold, until it is taken to be over, in seconds."""

_KEPT_S = 7 * 24 * 3600
_MOST = 500
_GROWS_S = 60
"""How often, at most, it is worth telling that more of the same has happened."""


@dataclass
class _Track:
    """One condition: since when it holds (*since*, None while not), when it last did, and *total* at the last look."""

    since: float | None = None
    last: float | None = None
    total: float = 0


class Breaching:
    """All breaches of a host. *before* are those that were known when whoever watches was last ended."""

    def __init__(self, before: Sequence[Breach] = ()) -> None:
        self._breaches: dict[Key, Breach] = {(item.alert, item.labels): item for item in before}
        self._tracks: dict[Key, _Track] = {}
        self._grew_at: float | None = None
        self._started: float | None = None

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """All that are open, and those that were over lately."""
        return tuple(self._breaches.values())

    def look(self, verdicts: Mapping[Key, Verdict], now: float, boot: float) -> bool:
        """Take up *verdicts*; return whether there is something to tell.

        *now* is the moment by the clock, which is told, and *boot* in seconds since the boot, which is measured by.
        """
        started = self._started = boot if self._started is None else self._started
        changed = grew = False
        for key, verdict in verdicts.items():
            track = self._tracks.setdefault(key, _Track(total=verdict.total))
            more = max(0, round(verdict.total - track.total))
            track.total = verdict.total
            if verdict.holds:
                began, grown = self._holds(key, track, verdict, more, now, boot)
                changed, grew = changed or began, grew or grown
            else:
                track.since = None
        # What is not there any more holds no more: the instance is gone, or nobody can tell.
        for key in [key for key in self._tracks if key not in verdicts]:
            self._tracks[key].since = None
        ended = self._end(now, boot, started)
        self._forget(now)
        if grew and (self._grew_at is None or boot - self._grew_at >= _GROWS_S):
            changed = True
        if changed:
            self._grew_at = boot
        return changed or ended

    def _holds(
        self, key: Key, track: _Track, verdict: Verdict, more: int, now: float, boot: float
    ) -> tuple[bool, bool]:
        """Return whether a breach began, and whether one that is open grew."""
        track.since = boot if track.since is None else track.since
        track.last = boot
        breach = self._breaches.get(key)
        if breach is not None and not breach.until:
            self._breaches[key] = replace(breach, count=breach.count + more, value=verdict.value)
            return False, more > 0
        if boot - track.since < ALERTS[key[0]].hold_s:
            return False, False
        count = (breach.count if breach else 0) + (max(1, round(verdict.value)) if verdict.total else 1)
        self._breaches[key] = Breach(*key, round(now), 0, count, verdict.value)
        return True, False

    def _end(self, now: float, boot: float, started: float) -> bool:
        ended = False
        for key, breach in self._breaches.items():
            track = self._tracks.get(key)
            # What was open before has to show again.
            last = started if track is None or track.last is None else track.last
            if not breach.until and (track is None or track.since is None) and boot - last >= QUIET_S:
                self._breaches[key] = replace(breach, until=round(now - (boot - last)))
                ended = True
        return ended

    def _forget(self, now: float) -> None:
        old = [key for key, item in self._breaches.items() if item.until and now - item.until > _KEPT_S]
        over = sorted((item.until, key) for key, item in self._breaches.items() if item.until)
        old += [key for _until, key in over[: max(0, len(self._breaches) - _MOST)]]
        for key in old:
            self._breaches.pop(key, None)
