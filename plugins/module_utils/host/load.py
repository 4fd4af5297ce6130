# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks one instance for something at a steady rate, over connections that stay open, and counts what comes back."""

from __future__ import annotations

import base64
import http.client
import json
import math
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..model.errors import HostError
from ..model.profile import Delivery
from .asking import Question
from .namespaces import inside_of

_PATIENCE_S = 30.0
_PAUSE_S = 0.5
"""After an error: whoever is away is not asked as fast as he can be refused."""
_LARGEST_ANSWER = 65536
_PUBLIC_KEY = 96
"""Bytes of a key of the 768-bit group in which librespot exchanges keys."""
_USER = "hardened-librespot-profile"
"""What librespot's log calls whoever has failed to log in."""


@dataclass(frozen=True)
class Request:
    """What is asked: *method*, *path* and *body*; *status* is what Spotify's protocol answers when all is well."""

    method: str
    path: str
    status: int
    body: bytes = b""


GET_INFO = Request("GET", "/?action=getInfo", 101)


def failing_login(size: int) -> Request:
    """Return a login with *size* bytes of credentials that are authenticated, and refused before anything changes.

    librespot exchanges keys, derives one, and computes the HMAC of all of it. That is not what the request claims, so
    that it answers ERROR-MAC: whoever is logged in stays so, and what plays goes on.
    """
    # A multiple of three, of a byte that becomes letters: a form has nothing to escape, nor librespot to copy for it.
    blob = base64.b64encode(b"\x55" * (3 * math.ceil(max(size, 64) / 3))).decode()
    key = base64.b64encode(b"\x55" * _PUBLIC_KEY).decode()
    form = {"action": "addUser", "userName": _USER, "blob": blob, "clientKey": key}
    return Request("POST", "/", 102, urlencode(form, safe="/").encode())


@dataclass
class _Count:
    asked: int = 0
    answered: int = 0
    worst_s: float = 0.0
    error: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Load:
    """One instance under load from `start` to `end`: *rate* requests a second over *connections*, at *questions*."""

    def __init__(self, questions: Sequence[Question], request: Request, rate: float, connections: int) -> None:
        self._questions = questions
        self._request = request
        self._rate = rate
        self._count = _Count()
        self._over = threading.Event()
        self._began = 0.0
        self._threads = [
            threading.Thread(target=self._asked, args=(number, connections), daemon=True)
            for number in range(connections)
        ]

    def start(self) -> None:
        """Begin to ask."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def end(self) -> Delivery:
        """Stop asking, and return what came of it. What hangs is left to itself."""
        self._over.set()
        span = time.monotonic() - self._began
        deadline = time.monotonic() + _PATIENCE_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        count = self._count
        with count.lock:
            return Delivery(
                self._rate,
                len(self._threads),
                len(self._request.body),
                count.asked,
                count.answered,
                span,
                round(1000 * count.worst_s),
                count.error,
            )

    def _asked(self, number: int, connections: int) -> None:
        """Ask each *connections*-th request, at the moments at which they are due."""
        question = self._questions[number % len(self._questions)]
        try:
            with ExitStack() as stack:
                if question.pid:
                    stack.enter_context(inside_of(question.pid))
                self._ask_on(question, number / self._rate, connections / self._rate)
        except (OSError, HostError) as error:
            self._failed(str(error))

    def _ask_on(self, question: Question, due: float, every: float) -> None:
        connection = http.client.HTTPConnection(question.address, question.port, timeout=_PATIENCE_S)
        try:
            while not self._over.wait(max(0.0, self._began + due - time.monotonic())):
                # What could not be asked in time is not asked later: a load that has fallen behind is no higher one.
                due = max(due + every, time.monotonic() - self._began)
                if not self._ask(connection):
                    connection.close()
                    self._over.wait(_PAUSE_S)
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        begin = time.monotonic()
        with self._count.lock:
            self._count.asked += 1
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if self._request.body else {}
            connection.request(self._request.method, self._request.path, self._request.body or None, headers)
            body = json.loads(connection.getresponse().read(_LARGEST_ANSWER))
            if not isinstance(body, dict) or body.get("status") != self._request.status:
                self._failed("what answers is not librespot")
                return False
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self._failed(str(error) or repr(error))
            return False
        with self._count.lock:
            self._count.answered += 1
            self._count.worst_s = max(self._count.worst_s, time.monotonic() - begin)
        return True

    def _failed(self, said: str) -> None:
        with self._count.lock:
            self._count.error = said[:200]
