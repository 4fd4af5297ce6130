# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was told, by which channel, and when: what is delivered once is not told again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from .errors import why
from .notice import ADVISORY, FAULT, LASTING, Item, Look

_FORMAT = 1
_KEPT = timedelta(days=400)
"""How long something that was told is remembered after it was last seen."""


class DamagedError(ValueError):
    """What was remembered cannot be read."""


@dataclass(frozen=True)
class Memory:
    """What was *told*: by channel and item, the day. *seen* is the last day on which an item was there."""

    told: Mapping[str, Mapping[str, date]] = field(default_factory=dict)
    seen: Mapping[str, date] = field(default_factory=dict)

    def due(self, items: Sequence[Item], channel: str, today: date, remind: int) -> list[Item]:
        """Return those of *items* that *channel* has yet to tell, or to remind of after *remind* days; 0: never."""
        return [item for item in items if self._due(item, self.told.get(channel, {}).get(item.key), today, remind)]

    @staticmethod
    def _due(item: Item, told: date | None, today: date, remind: int) -> bool:
        if told is None:
            return True
        return bool(remind) and item.kind in LASTING and today - told >= timedelta(days=remind)

    def reminded(self, item: Item, channel: str) -> bool:
        """Tell whether *channel* has told *item* before."""
        return item.key in self.told.get(channel, {})

    def after(self, items: Sequence[Item], channel: str, today: date) -> Memory:
        """Return the memory after *channel* has told *items*."""
        new = {**self.told.get(channel, {}), **{item.key: today for item in items}}
        return replace(self, told={**self.told, channel: new})

    def current(self, look: Look, channels: Sequence[str], today: date) -> Memory:
        """Return the memory of *channels* with what *look* saw *today*, and without what is over.

        A fault is over when what it is about could be looked at, and what was not found where all was looked at; if it
        comes back, it is news.
        """
        present = {item.key for item in look.all_items}
        seen = {**self.seen, **dict.fromkeys(present, today)}
        kept = {key for key, day in seen.items() if key in present or not _over(key, day, look, today)}
        told = {
            name: {key: day for key, day in self.told.get(name, {}).items() if key in kept}
            for name in dict.fromkeys(channels)
        }
        return Memory(told, {key: seen[key] for key in kept})


def _over(key: str, day: date, look: Look, today: date) -> bool:
    passing = key.startswith((f"{FAULT}:", f"{ADVISORY}:"))
    return key in look.over or (passing and look.complete) or today - day > _KEPT


def encode(memory: Memory) -> str:
    """Return the text of the file that keeps *memory*."""
    told = {name: {key: day.isoformat() for key, day in items.items()} for name, items in memory.told.items()}
    seen = {key: day.isoformat() for key, day in memory.seen.items()}
    return json.dumps({"format": _FORMAT, "told": told, "seen": seen}, indent=1, sort_keys=True) + "\n"


def decode(text: str) -> Memory:
    """Return what `encode` made a text of. Raises `DamagedError`."""
    try:
        said: Mapping[str, Any] = json.loads(text)
        if said["format"] != _FORMAT:
            raise DamagedError(f"its format is {said['format']!r}, not {_FORMAT}")
        told = {name: _days(items) for name, items in said["told"].items()}
        return Memory(told, _days(said["seen"]))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"it is damaged: {why(error)}") from error


def _days(items: Mapping[str, str]) -> dict[str, date]:
    return {key: date.fromisoformat(day) for key, day in items.items()}
