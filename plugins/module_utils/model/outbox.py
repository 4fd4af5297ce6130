# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has to tell: kept until each channel has taken it, and tried again ever more rarely."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .errors import why
from .notice import FAULT, Item, most_urgent
from .told import DamagedError

PROGRAM = "hardened-librespot-notify"
"""What tells it, and what its units are called."""

STATE = f"/var/lib/private/{PROGRAM}"
"""Where a user whom systemd makes up for the moment keeps what it remembers."""

OUTBOX = f"{STATE}/outbox.json"
CONFIGURATION = "notify.json"
"""What its configuration is called among the credentials that systemd gives it."""

_FORMAT = 1
_MOST = 500
"""Items that are kept, so that a server which is away for weeks fills no disk."""

_FIRST_WAIT_S = 240
_LONGEST_WAIT_S = 3600
"""How long a channel is left alone after a delivery that failed: twice as long each time, up to this."""


@dataclass(frozen=True)
class Entry:
    """One *item*, and the *channels* that have yet to take it."""

    item: Item
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How a channel gets on. Moments are in whole seconds since 1970, 0 for never.

    It last took something at *delivered_at*. Since *failing_since* it took nothing, *tries* times, for the reason
    *error*; it is tried again at *next_at*.
    """

    delivered_at: int = 0
    failing_since: int = 0
    tries: int = 0
    next_at: int = 0
    error: str = ""


@dataclass(frozen=True)
class Told:
    """What was last told of a breach: that it was *over* or not, with which *count*, and when."""

    over: bool
    count: int
    at: int


@dataclass(frozen=True)
class Outbox:
    """All that the notifier remembers, *at* its last run. *lost* counts items that had no room any more."""

    entries: tuple[Entry, ...] = ()
    channels: Mapping[str, Progress] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    at: int = 0
    lost: int = 0

    def among(self, channels: Sequence[str]) -> Outbox:
        """Return it for these *channels* alone: what only others had to take is gone with them."""
        left = (
            replace(entry, channels=tuple(name for name in entry.channels if name in channels))
            for entry in self.entries
        )
        known = {name: self.channels.get(name, Progress()) for name in channels}
        return replace(self, entries=tuple(entry for entry in left if entry.channels), channels=known)

    def taking(self, items: Iterable[Item], channels: Sequence[str] | None = None) -> Outbox:
        """Return it with *items* for *channels*, or for all. The oldest go where there is no room.

        What failed goes last: no number of breaches, which a monitor that was taken over can make up, pushes it out.
        """
        names = tuple(self.channels if channels is None else channels)
        entries = [*self.entries, *(Entry(item, names) for item in items if names)]
        more = max(0, len(entries) - _MOST)
        going = set(sorted(range(len(entries)), key=lambda at: (entries[at].item.kind == FAULT, at))[:more])
        left = tuple(entry for at, entry in enumerate(entries) if at not in going)
        return replace(self, entries=left, lost=self.lost + more)

    def due(self, channel: str, now: int) -> list[Item]:
        """Return what *channel* has to take *now*, the most urgent first; nothing while it is left alone.

        A clock that was set back keeps nobody waiting for longer than `_LONGEST_WAIT_S`.
        """
        if now < self.channels[channel].next_at <= now + _LONGEST_WAIT_S:
            return []
        return self.waiting(channel)

    def waiting(self, channel: str) -> list[Item]:
        """Return what *channel* has yet to take, the most urgent first."""
        return most_urgent(entry.item for entry in self.entries if channel in entry.channels)

    def delivered(self, channel: str, items: Sequence[Item], now: int) -> Outbox:
        """Return it after *channel* has taken *items*."""
        keys = {item.key for item in items}
        left = (
            replace(entry, channels=tuple(name for name in entry.channels if name != channel))
            if entry.item.key in keys
            else entry
            for entry in self.entries
        )
        entries = tuple(entry for entry in left if entry.channels)
        return replace(self, entries=entries, channels={**self.channels, channel: Progress(delivered_at=now)})

    def failed(self, channel: str, error: str, now: int) -> Outbox:
        """Return it after *channel* did not take what it was given, for the reason *error*."""
        before = self.channels[channel]
        wait = min(_FIRST_WAIT_S * 2 ** min(before.tries, 10), _LONGEST_WAIT_S)
        progress = Progress(before.delivered_at, before.failing_since or now, before.tries + 1, now + wait, error)
        return replace(self, channels={**self.channels, channel: progress})


def encode(outbox: Outbox) -> str:
    """Return the text of the file that keeps it."""
    said = {
        "entries": [{"item": entry.item.as_data(), "channels": list(entry.channels)} for entry in outbox.entries],
        "channels": {name: asdict(item) for name, item in outbox.channels.items()},
        "told": {key: asdict(item) for key, item in outbox.told.items()},
        "at": outbox.at,
        "lost": outbox.lost,
    }
    return json.dumps({"format": _FORMAT, **said}, indent=1, sort_keys=True) + "\n"


def decode(text: bytes) -> Outbox:
    """Return what `encode` made a text of. Raises `DamagedError`."""
    try:
        said: Mapping[str, Any] = json.loads(text)
        if said["format"] != _FORMAT:
            raise DamagedError(f"its format is {said['format']!r}, not {_FORMAT}")
        return Outbox(
            tuple(Entry(_item(entry["item"]), tuple(entry["channels"])) for entry in said["entries"]),
            {name: Progress(**item) for name, item in said["channels"].items()},
            {key: Told(**item) for key, item in said["told"].items()},
            int(said["at"]),
            int(said["lost"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise DamagedError(f"it is damaged: {why(error)}") from error


def _item(said: Mapping[str, Any]) -> Item:
    return Item(**{**said, "hosts": tuple(said["hosts"])})
