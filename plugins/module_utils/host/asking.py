# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks several instances at once, and is done when it said that it would be, however slowly anything answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ..model.errors import HostError
from .liveness import get_info
from .namespaces import inside_of


@dataclass(frozen=True)
class Question:
    """Where to ask: *address* and *port*, in the network namespace of the process *pid*; 0 is the host's."""

    address: str
    port: int
    pid: int = 0

    @property
    def where(self) -> str:
        """The same for people."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}"


@dataclass(frozen=True)
class Reply:
    """What came after some *seconds*: the *body* of an answer; or None, and *error* says what came instead.

    *garbage* is whether anything came at all.
    """

    seconds: float
    body: Mapping[str, object] | None = None
    error: str = ""
    garbage: bool = False


def ask(questions: Sequence[Question], patience: float) -> list[Reply]:
    """Return the reply to each of *questions* within *patience* seconds.

    A time-out of a socket begins anew with each byte, so whoever sends one now and then would never be given up. Each
    question has a thread, which is left to itself when the time is over.
    """
    replies: dict[int, Reply] = {}
    deadline = time.monotonic() + patience
    asking = [
        threading.Thread(target=partial(_asked, replies, number, question, patience), daemon=True)
        for number, question in enumerate(questions)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = Reply(patience, error=f"no whole answer within {patience:g} s")
    return [replies.get(number, late) for number in range(len(questions))]


def _asked(replies: dict[int, Reply], number: int, question: Question, patience: float) -> None:
    begin = time.monotonic()
    try:
        if question.pid:
            with inside_of(question.pid):
                body = get_info(question.address, question.port, patience)
        else:
            body = get_info(question.address, question.port, patience)
    except (OSError, HostError) as error:
        reply = Reply(time.monotonic() - begin, error=getattr(error, "strerror", None) or str(error))
    except ValueError as error:
        # Whoever closes the connection has said nothing, which the library takes for a line that is none.
        nothing = isinstance(error.__cause__, ConnectionError)
        said = "the connection was closed without an answer" if nothing else str(error)
        reply = Reply(time.monotonic() - begin, error=said, garbage=not nothing)
    else:
        reply = Reply(time.monotonic() - begin, body)
    replies[number] = reply
