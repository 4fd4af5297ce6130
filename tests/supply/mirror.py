# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of the test's own, on loopback: a mirror of the crates index with real rows and crates, and feeds."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIBRESPOT = "/index/li/br/librespot"
CONFIG = "/index/config.json"


class Answer:
    """What the server says at a path. *promised* is the Content-Length when it lies; *pause* seconds come first."""

    def __init__(
        self,
        content: bytes,
        status: int = 200,
        promised: int | None = None,
        pause: float = 0.0,
        headers: Mapping[str, str] | None = None,
        drip: float = 0.0,
    ) -> None:
        self.content = content
        self.status = status
        self.promised = len(content) if promised is None else promised
        self.pause = pause
        self.drip = drip
        self.headers = dict(headers or {})


class Mirror:
    """The server. Each path of *answers* has what it says; whatever else is asked for does not exist."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.index = f"{self.url}/index/"
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, Mapping[str, str], int]] = []
        self.put(CONFIG, json.dumps({"dl": f"{self.url}/crates"}).encode())

    def put(self, path: str, content: bytes, **how: Any) -> None:
        """Say *content* at *path*."""
        self.answers[path] = Answer(content, **how)

    def serve(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Have these rows of librespot, by version."""
        self.put(LIBRESPOT, lines(rows))

    def crate(self, version: str, content: bytes) -> None:
        """Have the crate of librespot *version*."""
        self.put(f"/crates/librespot/{version}/download", content)

    def statuses(self, path: str) -> list[int]:
        """Return what was answered at *path*, in order."""
        return [status for asked, _headers, status in self.asked if asked == path]


def lines(rows: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return a file of an index."""
    return "".join(f"{json.dumps(row)}\n" for row in rows.values()).encode()


@contextmanager
def mirror() -> Iterator[Mirror]:
    """Run a server meanwhile."""
    holder: list[Mirror] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server = holder[0]
            answer = server.answers.get(self.path, Answer(b"nothing here", 404))
            etag = f'"{hashlib.sha256(answer.content).hexdigest()[:16]}"'
            same = answer.status == 200 and self.headers.get("If-None-Match") == etag
            status = 304 if same else answer.status
            server.asked.append((self.path, dict(self.headers.items()), status))
            time.sleep(answer.pause)
            self.send_response(status)
            for name, value in {"ETag": etag, **answer.headers}.items():
                self.send_header(name, value)
            if not same:
                self.send_header("Content-Length", str(answer.promised))
            self.end_headers()
            if not same:
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            try:
                if not answer.drip:
                    self.wfile.write(answer.content)
                for byte in answer.content if answer.drip else b"":
                    self.wfile.write(bytes([byte]))
                    time.sleep(answer.drip)
            except OSError:
                self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    holder.append(Mirror(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield holder[0]
    finally:
        server.shutdown()
        server.server_close()


def atom(*entries: str) -> bytes:
    """Return a feed with these entries, the newest first."""
    items = "".join(
        f"<entry><id>urn:test:{name}</id><title>{name}</title><updated>2026-08-2{number % 10}T10:00:00Z</updated>"
        f'<link href="https://feed.example.org/{name}"/></entry>'
        for number, name in enumerate(entries)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>commits</title>'
        f"<id>urn:test</id><updated>2026-08-25T10:00:00Z</updated>{items}</feed>"
    ).encode()
