# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several are asked at once, by real sockets, and none takes longer than it may."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import asking
from ansible_collections.hardened.librespot.plugins.module_utils.host.asking import Question, ask

GOOD = b'{"status":101,"remoteName":"Kitchen","libraryVersion":"0.8.0"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def well(peer: socket.socket) -> None:
    peer.sendall(HEAD % len(GOOD) + GOOD)


def slowly(peer: socket.socket) -> None:
    time.sleep(0.5)
    well(peer)


def never(_peer: socket.socket) -> None:
    time.sleep(5)


def a_byte_now_and_then(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for byte in (HEAD % len(GOOD) + GOOD)[:50]:
            peer.sendall(bytes([byte]))
            time.sleep(0.2)


def nothing(peer: socket.socket) -> None:
    peer.close()


def other(peer: socket.socket) -> None:
    peer.sendall(b"SSH-2.0-OpenSSH\r\n")


@contextlib.contextmanager
def answering(how: Callable[[socket.socket], None]) -> Iterator[Question]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                peer, _address = server.accept()
                peer.recv(4096)
                how(peer)
                peer.close()

        threading.Thread(target=serve, daemon=True).start()
        yield Question("127.0.0.1", server.getsockname()[1])


def test_all_are_asked_at_once() -> None:
    with contextlib.ExitStack() as stack:
        asked = [stack.enter_context(answering(slowly)) for _number in range(8)]
        began = time.monotonic()
        replies = ask(asked, 5)
        assert time.monotonic() - began < 3
    assert all(reply.body and reply.body["libraryVersion"] == "0.8.0" for reply in replies)
    assert all(0.5 <= reply.seconds < 3 for reply in replies)


@pytest.mark.parametrize("how", [never, a_byte_now_and_then])
def test_whoever_is_slow_is_given_up(how: Callable[[socket.socket], None]) -> None:
    with answering(how) as asked, answering(well) as another:
        began = time.monotonic()
        late, good = ask([asked, another], 1)
        assert time.monotonic() - began < 2
    assert (late.body, late.garbage) == (None, False)
    assert good.body


@pytest.mark.parametrize(
    ("how", "garbage", "said"),
    [(nothing, False, "closed without an answer"), (other, True, "not HTTP")],
)
def test_what_is_no_answer(how: Callable[[socket.socket], None], garbage: bool, said: str) -> None:
    with answering(how) as asked:
        (reply,) = ask([asked], 2)
    assert (reply.body, reply.garbage) == (None, garbage)
    assert said in reply.error


def test_a_port_that_nobody_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (reply,) = ask([Question("127.0.0.1", port)], 2)
    assert (reply.error, reply.garbage) == ("Connection refused", False)


def test_a_process_whose_network_is_gone() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    (reply,) = ask([Question("127.0.0.1", 1, child)], 2)
    assert reply.error == "No such file or directory"


def test_in_the_network_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[int] = []

    @contextlib.contextmanager
    def inside_of(pid: int) -> Iterator[None]:
        entered.append(pid)
        yield

    monkeypatch.setattr(asking, "inside_of", inside_of)
    with answering(well) as asked:
        (reply,) = ask([Question(asked.address, asked.port, 42)], 2)
    assert reply.body
    assert entered == [42]


@pytest.mark.parametrize(("address", "said"), [("192.0.2.1", "192.0.2.1:80"), ("2001:db8::1", "[2001:db8::1]:80")])
def test_how_a_place_is_written(address: str, said: str) -> None:
    assert Question(address, 80).where == said
