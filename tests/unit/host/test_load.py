# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load is asked at its rate over its connections, and what does not come back is counted as such."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.asking import Question
from ansible_collections.hardened.librespot.plugins.module_utils.host.load import GET_INFO, Load, failing_login

SEEN: list[tuple[str, str, bytes]] = []
CLIENTS: set[int] = set()
SAYS = {"status": 101}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        SEEN.append(("GET", self.path, b""))
        CLIENTS.add(self.client_address[1])
        self._answer(SAYS)

    def do_POST(self) -> None:
        SEEN.append(("POST", self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer({"status": 102, "statusString": "ERROR-MAC"})

    def _answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    SEEN.clear()
    CLIENTS.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_it_asks_at_its_rate_over_its_connections(port: int) -> None:
    load = Load([Question("127.0.0.1", port)], GET_INFO, 40.0, 4)
    load.start()
    time.sleep(1.5)
    said = load.end()
    assert said.arrived
    assert said.answered == said.asked == len(SEEN)
    assert 40 <= said.asked <= 65
    assert len(CLIENTS) == 4
    assert said.error == ""


def test_a_login_that_fails_carries_what_it_says(port: int) -> None:
    request = failing_login(300_000)
    load = Load([Question("127.0.0.1", port)], request, 10.0, 1)
    load.start()
    time.sleep(0.5)
    said = load.end()
    assert said.answered >= 2
    assert said.body == len(request.body) > 400_000
    method, path, body = SEEN[0]
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert (method, path, form["action"]) == ("POST", "/", "addUser")
    # As long as was asked for, and never what it says to be: the last 20 bytes would have to be the HMAC.
    assert len(base64.b64decode(form["blob"])) == 300_000
    assert len(base64.b64decode(form["clientKey"])) == 96
    assert b"%" not in body


def test_whoever_is_not_there_is_not_asked_as_fast_as_it_goes() -> None:
    load = Load([Question("127.0.0.1", 1)], GET_INFO, 1000.0, 2)
    load.start()
    time.sleep(0.7)
    said = load.end()
    assert not said.arrived
    assert said.answered == 0
    assert said.asked <= 6
    assert "refused" in said.error


def test_another_program_is_no_answer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SAYS, "status", 7)
    load = Load([Question("127.0.0.1", port)], GET_INFO, 10.0, 1)
    load.start()
    time.sleep(0.3)
    said = load.end()
    assert (said.answered, said.error) == (0, "what answers is not librespot")
