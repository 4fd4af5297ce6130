# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants over time, as the monitor follows them: it may not ask the kernel, and knows from when to when they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .metrics import Sample

_TOLERANCE_S = 2.0
"""The kernel tells whole seconds."""
_ENDLESS_S = 2**30


def listing(moment: float, zones: Sequence[str], grants: Sequence[Mapping[str, str | int]]) -> str:
    """Return the file of the *grants* of all *zones*, as they were at *moment*, in seconds since the boot."""
    return json.dumps({"moment": moment, "zones": list(zones), "grants": list(grants)}, sort_keys=True) + "\n"


@dataclass
class Grants:
    """Those that are in force, with when they end, in seconds since the boot; and how many have ended by themselves."""

    expired: dict[str, int] = field(default_factory=dict)
    _until: dict[tuple[str, str], float] = field(default_factory=dict)
    _moment: float = -1.0

    def read(self, text: str) -> None:
        """Take up a `listing`, once. Raises ValueError, KeyError or TypeError for what is none.

        One that is gone before its time was ended by someone, and is not counted.
        """
        said = json.loads(text)
        moment = float(said["moment"])
        if moment == self._moment:
            return
        now = {(str(x["zone"]), str(x["address"])): moment + float(x["seconds"]) for x in said["grants"]}
        for zone in said["zones"]:
            self.expired.setdefault(str(zone), 0)
        self.pass_to(moment + _TOLERANCE_S, {key for key, until in now.items() if until > moment})
        self._moment, self._until = moment, now

    def pass_to(self, moment: float, but: set[tuple[str, str]] | None = None) -> bool:
        """Count those that end until *moment*, *but* some; return whether there are any."""
        over = [key for key, until in self._until.items() if until <= moment and key not in (but or ())]
        for key in over:
            del self._until[key]
            self.expired[key[0]] = self.expired.get(key[0], 0) + 1
        return bool(over)

    def samples(self, ahead: float) -> Iterator[Sample]:
        """Yield what is known; *ahead* is the time that the clock is ahead of the boot."""
        for (zone, address), until in sorted(self._until.items()):
            if until - self._moment < _ENDLESS_S:
                labels = {"zone": zone, "address": address}
                yield Sample("librespot_grant_expires_timestamp_seconds", round(until + ahead), labels)
        for zone, count in sorted(self.expired.items()):
            yield Sample("librespot_grants_expired_total", count, {"zone": zone})
