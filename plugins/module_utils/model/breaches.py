# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breaches of a host: alerts that came true there, as the monitor writes them and the notifier reads them.

The monitor has no network and the notifier no rights; between them is one file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from .errors import HostError, why

PATH = "/var/lib/hardened-librespot-monitor/breaches.json"
METRICS = "/var/lib/hardened-librespot-monitor/librespot.prom"
"""What the monitor keeps for Prometheus beside it."""

_FORMAT = 1
_MOST = 1000
"""Breaches that are read; a monitor that was taken over could write any number."""

_LONGEST = 1000
_LATEST = 2**33


@dataclass(frozen=True)
class Breach:
    """One *alert* of the series with these *labels*. Moments are in whole seconds since 1970.

    It was first seen at *since*; *until* is when it was over, 0 while it is not. *count* grows with all that happened,
    also while it is open, and is kept when the same comes again. *value* is what was measured when it last was seen.
    """

    alert: str
    labels: tuple[tuple[str, str], ...]
    since: int
    until: int
    count: int
    value: float

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return " ".join([self.alert, *(f"{name}={value}" for name, value in self.labels)])


def encode(breaches: Sequence[Breach], at: int) -> str:
    """Return the text of the file as of the moment *at*."""
    said = [
        {
            "alert": item.alert,
            "labels": dict(item.labels),
            "since": item.since,
            "until": item.until,
            "count": item.count,
            "value": item.value,
        }
        for item in breaches
    ]
    return json.dumps({"format": _FORMAT, "at": at, "breaches": said}, indent=1, sort_keys=True) + "\n"


def decode(text: bytes, path: str) -> tuple[Breach, ...]:
    """Return what `encode` made a text of. Raises `HostError`."""
    try:
        said: Mapping[str, Any] = json.loads(text)
        if said["format"] != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        return tuple(map(_breach, said["breaches"][:_MOST]))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise HostError(
            f"{path} tells of no breaches: {why(error)}",
            "Restart what writes it: systemctl restart hardened-librespot-monitor.service",
        ) from error


def _breach(said: Mapping[str, Any]) -> Breach:
    labels = tuple(sorted((str(name), str(value)) for name, value in said["labels"].items()))
    since, until, count, value = int(said["since"]), int(said["until"]), int(said["count"]), float(said["value"])
    found = Breach(str(said["alert"]), labels, since, until, count, value)
    # What it is remembered by is kept for a week, and moments are shown.
    if len(found.key) > _LONGEST or max(abs(since), abs(until)) > _LATEST or not isfinite(value):
        raise ValueError("one of them is none that the monitor writes")
    return found
