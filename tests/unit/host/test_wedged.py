# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that restarts containers which are up and silent, with an engine that is played at a real socket."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import engine, wedged
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import INSTANCE_LABEL


class Played(socketserver.UnixStreamServer):
    """An engine that has *found* to be unhealthy, and answers restarts with *status*."""

    found: list[dict[str, Any]]
    asked: list[str]
    status = 204


class _Handler(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self._answer(200, json.dumps(self.server.found).encode())

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self._answer(self.server.status, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: Any) -> None:
        pass

    def address_string(self) -> str:
        return "the socket"


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    path = tmp_path / "engine"
    monkeypatch.setattr(wedged, "SOCKET", str(path))
    server = Played(str(path), _Handler)
    server.found, server.asked = [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_well_is_left_alone(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert wedged.main() == 0
    (asked,) = played.asked
    filters = json.loads(parse_qs(urlsplit(asked).query)["filters"][0])
    assert filters == {"label": [INSTANCE_LABEL], "health": ["unhealthy"]}
    assert capsys.readouterr() == ("", "")


def test_what_is_wedged_is_restarted_and_said(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.found = [{"Id": "abc", "Names": ["/librespot-kitchen"]}]
    assert wedged.main() == 0
    assert played.asked[1:] == ["/containers/abc/restart?t=2"]
    assert "librespot-kitchen is up but gives no sign of life" in capsys.readouterr().out


def test_a_restart_that_fails_is_an_error(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.found, played.status = [{"Id": "abc", "Names": ["/librespot-kitchen"]}], 500
    assert wedged.main() == 1
    assert "the engine answers 500" in capsys.readouterr().err


def test_without_an_engine_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wedged, "SOCKET", str(tmp_path / "none"))
    assert wedged.main() == 0


def test_what_stands_alone_says_the_same_as_the_rest() -> None:
    assert wedged.LABEL == INSTANCE_LABEL
    assert engine.SOCKET == wedged.SOCKET
