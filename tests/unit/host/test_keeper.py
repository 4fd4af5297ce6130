# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that keeps containers alive and in their segments, with an engine that is played at a real socket."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import engine, keeper, namespaces
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import INSTANCE_LABEL
from ansible_collections.hardened.librespot.plugins.module_utils.model.segment import SEGMENT_INTERFACE


class Played(socketserver.UnixStreamServer):
    """An engine with the *unhealthy*, the *paused*, and the *ended*, of whom it says the same *error*.

    It answers with *status*, and knows *containers* by their names.
    """

    unhealthy: list[dict[str, Any]]
    paused: list[dict[str, Any]]
    ended: list[dict[str, Any]]
    containers: dict[str, dict[str, Any]]
    asked: list[str]
    error = ""
    status, said = 204, b""


class _Handler(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        found = self._found()
        self._answer(404 if found is None else 200, json.dumps(found).encode())

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self._answer(self.server.status, self.server.said)

    def _found(self) -> Any:
        if self.path.split("/")[2].startswith("librespot-"):
            return self.server.containers.get(self.path.split("/")[2])
        if "filters" not in self.path:
            return {"State": {"Error": self.server.error}}
        if "paused" in filters(self.path)["status"]:
            return self.server.paused
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
    monkeypatch.setattr(keeper, "SOCKET", str(path))
    server = Played(str(path), _Handler)
    server.unhealthy, server.paused, server.ended, server.containers, server.asked = [], [], [], {}, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_well_is_left_alone(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert keeper.main(["revive"]) == 0
    assert [filters(path) for path in played.asked] == [
        # What was stopped keeps its last health.
        {"label": [INSTANCE_LABEL], "status": ["running"], "health": ["unhealthy"]},
        {"label": [INSTANCE_LABEL], "status": ["paused"]},
        {"label": [INSTANCE_LABEL], "status": ["created", "exited"]},
    ]
    assert capsys.readouterr() == ("", "")


def test_what_is_wedged_is_restarted_and_said(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.unhealthy = [listed("librespot-kitchen")]
    assert keeper.main(["revive"]) == 0
    assert played.asked[1] == "/containers/abc/restart?t=2"
    assert "librespot-kitchen is up but gives no sign of life" in capsys.readouterr().out


def test_what_is_paused_goes_on_and_it_is_said(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.paused = [listed("librespot-kitchen")]
    assert keeper.main(["revive"]) == 0
    assert played.asked[2] == "/containers/abc/unpause"
    assert "librespot-kitchen was paused: letting it go on" in capsys.readouterr().out


def test_a_restart_that_fails_is_an_error(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.unhealthy, played.status, played.said = [listed("librespot-kitchen")], 500, b"no JSON"
    assert keeper.main(["revive"]) == 1
    assert "the engine answers 500: no JSON" in capsys.readouterr().err


def test_what_keeps_one_from_coming_back_keeps_no_other(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.unhealthy, played.paused = [listed("librespot-kitchen")], [listed("librespot-kitchen")]
    played.ended, played.error = [listed("librespot-kitchen")], "no such directory"
    played.status, played.said = 500, b'{"message": "busy"}'
    assert keeper.main(["revive"]) == 1
    assert [path.rsplit("/", 1)[1].partition("?")[0] for path in played.asked if "abc/" in path] == [
        *("restart", "unpause"),
        *("json", "start"),
    ]
    assert "librespot-kitchen is paused and cannot be let go on" in capsys.readouterr().out


def test_what_could_not_be_started_is_started_and_said(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.ended, played.error = [listed("librespot-kitchen")], "no such directory"
    assert keeper.main(["revive"]) == 0
    assert played.asked[-1] == "/containers/abc/start"
    assert "librespot-kitchen could not be started before: started it" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "error"), [("librespot-kitchen", ""), ("librespot-kitchen-trial", "no such file")])
def test_what_was_stopped_and_what_is_set_aside_is_not_started(played: Played, name: str, error: str) -> None:
    played.ended, played.error = [listed(name)], error
    assert keeper.main(["revive"]) == 0
    assert not [path for path in played.asked if path.endswith("/start")]


def test_a_reason_is_said_once(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    played.ended, played.error, played.status = [listed("librespot-kitchen")], f"endpoint {'a' * 64} is gone", 500
    for said, lines in ((f"endpoint {'b' * 64} is gone", 0), ("another", 1)):
        played.said = json.dumps({"message": said}).encode()
        assert keeper.main(["revive"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == lines


def test_without_an_engine_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SOCKET", str(tmp_path / "none"))
    assert keeper.main(["revive"]) == 0


def test_what_stands_alone_says_the_same_as_the_rest() -> None:
    assert keeper.LABEL == INSTANCE_LABEL
    assert keeper.INTERFACE == SEGMENT_INTERFACE
    assert keeper.NAMESPACES == namespaces.NAMESPACES
    assert engine.SOCKET == keeper.SOCKET


HOLDER, KITCHEN = "librespot-kitchen-segment", "librespot-kitchen"
IP = """#!/bin/sh
echo "$*" >> {said}
case "$*" in
    *monitor*) exec tail -f {changes} ;;
    *json*) cat {addresses} ;;
    *attach*) {attached} ;;
esac
"""


class Holder:
    """A process that stands for the holder's, in a *place* with the names of namespaces, and an ip that says what."""

    def __init__(self, played: Played, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.process = subprocess.Popen(["sleep", "60"])
        self.said, self.addresses, self.changes = (place / name for name in ("said", "addresses", "changes"))
        self.changes.write_text("", encoding="utf-8")
        self.addresses.write_text("[]", encoding="utf-8")
        (place / KITCHEN).symlink_to(f"/proc/{self.process.pid}/ns/net")
        monkeypatch.setattr(keeper, "NAMESPACES", str(place))
        monkeypatch.setattr(keeper, "_PAUSE_S", 0.01)
        monkeypatch.setattr(keeper, "_SETTLED_S", 0.05)
        monkeypatch.setattr(keeper, "_PATIENCE_S", 2)
        self._place, self._monkeypatch = place, monkeypatch
        self.ip(":")
        state = {"Pid": self.process.pid, "StartedAt": "now"}
        played.containers[HOLDER] = {"Id": "0123", "State": state}
        played.containers[KITCHEN] = {"Id": "4567", "HostConfig": {"NetworkMode": "container:0123"}}

    def ip(self, attached: str) -> None:
        """Let ip do *attached* when it shall attach."""
        program = self._place / "ip"
        paths = {"said": self.said, "addresses": self.addresses, "changes": self.changes}
        program.write_text(IP.format(attached=attached, **paths), encoding="utf-8")
        program.chmod(0o755)
        self._monkeypatch.setattr(keeper, "_IP", str(program))

    def has(self, *addresses: str) -> None:
        """Give the interface other *addresses*."""
        found = [{"local": item, "scope": "global"} for item in addresses]
        self.addresses.write_text(json.dumps([{"addr_info": found}]), encoding="utf-8")
        with self.changes.open("a", encoding="utf-8") as handle:
            handle.write("changed\n")


@pytest.fixture
def holder(played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holder]:
    place = tmp_path / "netns"
    place.mkdir()
    made = Holder(played, place, monkeypatch)
    yield made
    made.process.kill()
    made.process.wait()


def step(name: str, *more: str) -> int:
    between = ["--container", KITCHEN, "--holder", HOLDER, "--namespace", KITCHEN]
    return keeper.main([name, *between, *more])


def restarts(played: Played) -> int:
    return played.asked.count("/containers/4567/restart?t=2")


def test_a_new_network_of_the_holder_is_given_its_name_when_what_was_in_the_old_one_has_ended(
    played: Played, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here the holder is in the network of whoever tests, which is the host's.
    monkeypatch.setattr(os.path, "samefile", lambda *_paths: False)
    assert step("attach") == 0
    done = [path for path in played.asked if not path.endswith("/json")]
    assert done == ["/containers/4567/stop?t=2", f"/containers/{HOLDER}/restart?t=2"]
    assert holder.said.read_text(encoding="utf-8") == f"netns attach {KITCHEN} {holder.process.pid}\n"


def test_the_network_of_the_host_is_never_taken_for_a_segment(
    holder: Holder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step("attach") == 1
    assert "has the host's network" in capsys.readouterr().err
    assert holder.said.read_text(encoding="utf-8").splitlines()[1] == f"netns delete {KITCHEN}"


def test_what_was_another_process_by_then_is_let_go(
    holder: Holder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "samefile", lambda *_paths: False)
    holder.ip(f"kill -9 {holder.process.pid}; sleep 0.1")
    assert step("attach") == 1
    assert f"{HOLDER} ended" in capsys.readouterr().err
    assert holder.said.read_text(encoding="utf-8").splitlines()[1] == f"netns delete {KITCHEN}"


def test_a_holder_that_does_not_run_is_an_error_with_its_reason(
    played: Played, holder: Holder, capsys: pytest.CaptureFixture[str]
) -> None:
    played.status = 500
    del played.containers[KITCHEN]
    assert step("attach") == 1
    assert f"{HOLDER} does not run: the engine answers 500" in capsys.readouterr().err
    assert not holder.said.exists()


def test_only_what_is_in_the_holders_network_is_started_anew(played: Played, holder: Holder) -> None:
    assert (step("bring"), restarts(played)) == (0, 1)
    played.containers[KITCHEN]["HostConfig"]["NetworkMode"] = "librespot-kitchen"
    assert (step("bring"), restarts(played)) == (0, 1)
    del played.containers[KITCHEN]
    assert (step("bring"), restarts(played)) == (0, 1)
    assert holder.process.poll() is None


def test_what_cannot_be_started_does_not_take_its_network_down(
    played: Played, holder: Holder, capsys: pytest.CaptureFixture[str]
) -> None:
    played.status = 500
    assert step("bring") == 0
    assert "the engine answers 500" in capsys.readouterr().err
    assert holder.process.poll() is None


def test_the_end_of_the_holder_is_the_end_of_its_segment(holder: Holder, capsys: pytest.CaptureFixture[str]) -> None:
    threading.Timer(0.2, holder.process.kill).start()
    assert step("follow") == 1
    assert holder.process.wait() != 0
    assert "making its segment anew" in capsys.readouterr().out


def test_a_name_that_is_another_networks_is_not_followed(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "samefile", lambda *_paths: False)
    assert step("follow") == 1
    assert holder.process.poll() is None


def test_another_address_starts_what_announces_it_anew_and_one_more_does_not(played: Played, holder: Holder) -> None:
    following = threading.Thread(target=step, args=("follow", "--lease"))
    following.start()
    seen = []
    for addresses in (["192.168.20.5"], ["192.168.20.5", "2001:db8::5"], ["192.168.20.6", "2001:db8::5"]):
        holder.has(*addresses)
        time.sleep(1)
        seen.append(restarts(played))
    holder.process.kill()
    following.join(10)
    assert (seen, following.is_alive()) == ([1, 1, 2], False)


def test_an_interface_without_a_lasting_address_has_none(holder: Holder) -> None:
    assert keeper.addresses(KITCHEN) == set()
    info = [
        {"local": "fe80::1", "scope": "link"},
        {"local": "2001:db8::9", "scope": "global", "temporary": True},
        {"local": "192.168.20.5", "scope": "global"},
    ]
    holder.addresses.write_text(json.dumps([{"addr_info": info}]), encoding="utf-8")
    assert keeper.addresses(KITCHEN) == {"192.168.20.5"}
