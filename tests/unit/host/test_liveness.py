# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs of life, asked of real sockets and real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import liveness

GOOD = b'{"status":101,"remoteName":"Kitchen"}'


@contextlib.contextmanager
def answering(body: bytes | None, status: bytes = b"HTTP/1.1 200 OK") -> Iterator[int]:
    """Listen on a port and answer each request with *body*; with None, accept and stay silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _peer = server.accept()
                    held.append(connection)
                    if body is not None:
                        connection.recv(4096)
                        head = b"%s\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
                        connection.sendall(head + body)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in held:
            connection.close()


def test_an_answer_is_a_sign_of_life() -> None:
    with answering(GOOD) as port:
        assert liveness.get_info("127.0.0.1", port)["remoteName"] == "Kitchen"
        assert liveness.alive("none.service", port)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"not JSON", b"\xff\xfe"])
def test_another_program_is_not(body: bytes) -> None:
    with answering(body) as port:
        with pytest.raises(ValueError, match=r"answer|Expecting|decode"):
            liveness.get_info("127.0.0.1", port)
        assert not liveness.alive("none.service", port)


def test_what_is_no_http_is_not() -> None:
    with answering(GOOD, b"220 mail ESMTP") as port, pytest.raises(ValueError, match="not HTTP"):
        liveness.get_info("127.0.0.1", port)


def test_silence_ends_in_time() -> None:
    with answering(None) as port:
        start = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            liveness.get_info("127.0.0.1", port, timeout=0.2)
        assert time.monotonic() - start < 2


def test_a_closed_port_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not liveness.alive("none.service", port)


def test_a_process_that_can_run() -> None:
    with subprocess.Popen(["/usr/bin/sleep", "60"]) as sleeping:
        try:
            # It is stuck in the kernel while its program is loaded.
            deadline = time.monotonic() + 10
            while not liveness.can_run(sleeping.pid):
                assert time.monotonic() < deadline
            os.kill(sleeping.pid, signal.SIGSTOP)
            os.waitpid(sleeping.pid, os.WUNTRACED)
            assert not liveness.can_run(sleeping.pid)
        finally:
            sleeping.kill()
    assert not liveness.can_run(sleeping.pid)


class TestRestart:
    """It is needed when there are processes, none gives a sign of life in any try, and one could have."""

    @pytest.fixture(autouse=True)
    def _world(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pids, self.alive, self.address = [1], [False, False, False], True
        monkeypatch.setattr(liveness, "processes", lambda _unit: self.pids)
        monkeypatch.setattr(liveness, "alive", lambda *_asked: self.alive.pop(0))
        monkeypatch.setattr(liveness, "addresses", lambda *_asked: ["192.0.2.1"] if self.address else [])

    def needed(self, port: int | None = 1) -> str:
        return liveness.needs_restart("a.service", port, pause=0)

    def test_when_all_tries_fail(self) -> None:
        assert self.needed()

    def test_not_when_the_last_try_succeeds(self) -> None:
        self.alive[-1] = True
        assert not self.needed()

    def test_not_when_it_does_not_run(self) -> None:
        self.pids = []
        assert not self.needed()

    def test_not_while_the_host_has_no_address(self) -> None:
        self.address = False
        assert not self.needed()

    def test_without_discovery_the_address_does_not_matter(self) -> None:
        self.address = False
        assert self.needed(port=None)

    def test_when_it_announces_what_its_interface_has_no_more(self, tmp_path: Path) -> None:
        self.alive = [True, True, True]
        path = tmp_path / "kitchen.env"
        path.write_text("LIBRESPOT_ZEROCONF_INTERFACE=192.0.2.9\n", encoding="ascii")
        assert "announces" in liveness.needs_restart("a.service", 1, "eth0", "", str(path), pause=0)
        path.write_text("LIBRESPOT_ZEROCONF_INTERFACE=192.0.2.1\n", encoding="ascii")
        self.alive = [True]
        assert not liveness.needs_restart("a.service", 1, "eth0", "", str(path), pause=0)


@pytest.mark.parametrize(
    ("said", "now", "found"),
    [
        (["192.0.2.1"], ["192.0.2.1"], False),
        (["192.0.2.1"], ["192.0.2.1", "192.0.2.2"], False),
        (["192.0.2.1"], ["192.0.2.2"], True),
        (["192.0.2.1", "192.0.2.2"], ["192.0.2.2"], True),
        (["192.0.2.1"], [], False),
        ([], ["192.0.2.1"], True),
        ([], [], False),
    ],
)
def test_one_more_address_is_no_reason_to_stop_the_music(said: list[str], now: list[str], found: bool) -> None:
    assert liveness.outdated(said, now) == found


def test_addresses_are_those_of_the_interface() -> None:
    assert "127.0.0.1" in liveness.addresses("lo")
    assert "127.0.0.1" not in liveness.addresses()
    assert liveness.addresses("lo", "127.0.0.1") == ["127.0.0.1"]
    assert liveness.addresses("lo", "192.0.2.1") == []


def test_what_is_announced_is_written_for_systemd_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "run" / "kitchen.env"
    liveness.announce(str(path), "lo", "127.0.0.1")
    assert path.read_text(encoding="ascii") == "LIBRESPOT_ZEROCONF_INTERFACE=127.0.0.1\n"
    assert liveness.announced(str(path)) == ["127.0.0.1"]
    liveness.announce(str(path), "lo", "192.0.2.1")
    assert liveness.announced(str(path)) == []


def test_an_interface_that_does_not_come_is_said(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="lab-none"):
        liveness.announce(str(tmp_path / "a.env"), "lab-none", patience=0)


def test_who_answers_by_single_bytes_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _peer = server.accept()
            with contextlib.suppress(OSError), connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _byte in range(60):
                    connection.sendall(b"x")
                    time.sleep(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(socket.timeout):
            liveness.get_info("127.0.0.1", server.getsockname()[1], timeout=0.5)
        assert time.monotonic() - begun < 2
        thread.join(5)


def test_half_a_character_is_no_answer() -> None:
    said = b'{"remoteName":"Kitchen","libraryVersion":"\\ud800"}'
    with answering(said) as port, pytest.raises(ValueError, match="surrogates"):
        liveness.get_info("127.0.0.1", port)
