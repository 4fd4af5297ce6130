# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that brings back containers of ours, with an engine that is played at a real socket."""

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
    """An engine with the *unhealthy* and the *ended*, of whom it says the same *error*, and answers with *status*."""

    unhealthy: list[dict[str, Any]]
    ended: list[dict[str, Any]]
    asked: list[str]
    error = ""
    status, said = 204, b""


class _Handler(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self._answer(200, json.dumps(self._found()).encode())

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self._answer(self.server.status, self.server.said)

    def _found(self) -> Any:
        if "filters" not in self.path:
            return {"State": {"Error": self.server.error}}
        return self.server.unhealthy if "health" in filters(self.path) else self.server.ended

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: Any) -> None:
        pass

    def address_string(self) -> str:
        return "the socket"


def filters(path: str) -> dict[str, Any]:
    """Return what is asked for."""
    return dict(json.loads(parse_qs(urlsplit(path).query)["filters"][0]))


def listed(name: str) -> dict[str, Any]:
    """Return a container of the kitchen in the engine's list."""
    return {"Id": "abc", "Names": [f"/{name}"], "Labels": {INSTANCE_LABEL: "kitchen"}}


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    path = tmp_path / "engine"
    monkeypatch.setattr(wedged, "SOCKET", str(path))
    server = Played(str(path), _Handler)
    server.unhealthy, server.ended, server.asked = [], [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_well_is_left_alone(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert wedged.main() == 0
    assert [filters(path) for path in played.asked] == [
        # What was stopped keeps its last health.
        {"label": [INSTANCE_LABEL], "status": ["running"], "health": ["unhealthy"]},
        {"label": [INSTANCE_LABEL], "status": ["created", "exited"]},
    ]
    assert capsys.readouterr() == ("", "")


def test_what_is_wedged_is_restarted_and_said(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.unhealthy = [listed("librespot-kitchen")]
    assert wedged.main() == 0
    assert played.asked[1] == "/containers/abc/restart?t=2"
    assert "librespot-kitchen is up but gives no sign of life" in capsys.readouterr().out


def test_a_restart_that_fails_is_an_error(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.unhealthy, played.status, played.said = [listed("librespot-kitchen")], 500, b"no JSON"
    assert wedged.main() == 1
    assert "the engine answers 500: no JSON" in capsys.readouterr().err


def test_what_could_not_be_started_is_started_and_said(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.ended, played.error = [listed("librespot-kitchen")], "no such directory"
    assert wedged.main() == 0
    assert played.asked[-1] == "/containers/abc/start"
    assert "librespot-kitchen could not be started before: started it" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "error"), [("librespot-kitchen", ""), ("librespot-kitchen-trial", "no such file")])
def test_what_was_stopped_and_what_is_set_aside_is_not_started(played: Played, name: str, error: str) -> None:
    played.ended, played.error = [listed(name)], error
    assert wedged.main() == 0
    assert not [path for path in played.asked if path.endswith("/start")]


def test_a_reason_is_said_once(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.ended, played.error, played.status = [listed("librespot-kitchen")], f"endpoint {'a' * 64} is gone", 500
    for said, lines in ((f"endpoint {'b' * 64} is gone", 0), ("another", 1)):
        played.said = json.dumps({"message": said}).encode()
        assert wedged.main() == 0
        assert len(capsys.readouterr().out.splitlines()) == lines


def test_without_an_engine_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wedged, "SOCKET", str(tmp_path / "none"))
    assert wedged.main() == 0


def test_what_stands_alone_says_the_same_as_the_rest() -> None:
    assert wedged.LABEL == INSTANCE_LABEL
    assert engine.SOCKET == wedged.SOCKET
