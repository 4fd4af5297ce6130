# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling many things by one channel: in messages that can be read, each tried again where that may help."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, timezone

from ..model.errors import LibrespotError
from ..model.notice import Item, plain
from ..render.notice import Message
from .channel import Channel, UndeliveredError

_AT_ONCE = 25
"""Items of one message, so that it can be read and is taken everywhere."""

_MESSAGES = 8
"""Messages by one channel in one run. What is left is told by the next run: a feed can be made to hold anything.

Until then it counts as undelivered, so that nobody takes it for told.
"""

_LONGEST_WAIT_S = 30


class Teller:
    """Tells in the name of *program*; each message is tried *retries* times more when it may be taken later."""

    def __init__(self, program: str, retries: int, wait: Callable[[float], None] = time.sleep) -> None:
        self._program = program
        self._retries = retries
        self._wait = wait

    def tell(
        self, channel: Channel, due: Sequence[Item], today: date, again: Collection[str] = ()
    ) -> Iterator[Sequence[Item]]:
        """Send what is *due* in messages of some items each, and yield the items of each that was taken.

        *again* are the keys of those that *channel* has told before, and is to remind of *today*. Raises
        `UndeliveredError` at the first message that was not taken.
        """
        now = first(due)
        for start in range(0, len(now), _AT_ONCE):
            part = now[start : start + _AT_ONCE]
            reminders = frozenset(item.key for item in part if item.key in again)
            self._send(channel, self._message(channel, part, today, reminders, len(due) - start - len(part)))
            yield part

    def _message(
        self, channel: Channel, part: Sequence[Item], today: date, again: frozenset[str], left: int
    ) -> Message:
        # Who gets the same twice, as after a kill between taking and remembering, can know it.
        told = [channel.name, *(f"{item.key}{today if item.key in again else ''}" for item in part)]
        identifier = hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]
        moment = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return Message(identifier, part, again, left, moment, plain(socket.gethostname(), 100), self._program)

    def _send(self, channel: Channel, message: Message) -> None:
        for attempt in range(self._retries + 1):
            try:
                channel.send(message)
            except UndeliveredError as error:
                if not error.again or attempt == self._retries:
                    raise
                self._wait(min(2.0**attempt, _LONGEST_WAIT_S))
            except LibrespotError as error:
                raise UndeliveredError(error.message, error.remedy, again=False) from error
            else:
                return


def first(due: Sequence[Item]) -> list[Item]:
    """Return those of *due* that one run tells."""
    return list(due[: _AT_ONCE * _MESSAGES])
