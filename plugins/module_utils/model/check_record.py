# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of the last check, by which an audit knows that it is made: a file on the host that makes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import HostError, why

_FORMAT = 1


@dataclass(frozen=True)
class Sent:
    """What a channel was given to tell: how many things, and why it could not, if so."""

    channel: str
    count: int
    error: str = ""


@dataclass(frozen=True)
class Record:
    """One check. Moments are in whole seconds since 1970, 0 where there was none yet.

    *looked_at* is what was looked at, each with why it could not be. *complete_at* and *delivered_at* are of the last
    check that looked at all, and of the last that told all it had to; they may be this one. *open* counts advisories
    by severity. *invocation* is systemd's name of the run.
    """

    at: int
    complete: bool
    looked_at: Mapping[str, str]
    sent: tuple[Sent, ...]
    complete_at: int
    delivered_at: int
    open: Mapping[str, int]
    releases: int
    invocation: str = ""

    @property
    def undelivered(self) -> list[Sent]:
        """What could not be told."""
        return [item for item in self.sent if item.error]


def encode(record: Record) -> str:
    """Return the text of the file."""
    return json.dumps({"format": _FORMAT, **asdict(record)}, indent=1, sort_keys=True) + "\n"


def decode(text: bytes, path: str) -> Record:
    """Return what `encode` made a text of. Raises `HostError`."""
    try:
        said: dict[str, Any] = json.loads(text)
        if said.pop("format") != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        sent = tuple(Sent(**item) for item in said.pop("sent"))
        record = Record(**said, sent=sent)
        if not all(isinstance(moment, int) for moment in (record.at, record.complete_at, record.delivered_at)):
            raise ValueError("a moment is no number")
        return record
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{path} is no record of a check: {why(error)}", "Run the check again, which writes it anew"
        ) from error
