# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings back containers of ours that the engine leaves as they are: up and silent, or with a start that failed.

This file is installed as it is on the host, where a timer runs it in a sandbox. So it stands alone, on the standard
library; it asks the engine at its socket.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import sys
from typing import Any
from urllib.parse import quote

SOCKET = "/run/docker.sock"
LABEL = "hardened.librespot.instance"
_NAME = "librespot-"
_IDENTIFIER = re.compile(r"\b[0-9a-f]{12,64}\b")
"""What is another one at each attempt in what the engine says."""
_TIMEOUT_S = 30
_PATIENCE_S = 2


class _Engine(http.client.HTTPConnection):
    """The way to the engine."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def ask(method: str, path: str) -> bytes:
    """Return the engine's answer. Raises OSError when there is none, or when it is an error."""
    engine = _Engine("localhost", timeout=_TIMEOUT_S)
    try:
        engine.request(method, path)
        answer = engine.getresponse()
        body = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"the engine's answer is not HTTP: {error!r}") from error
    finally:
        engine.close()
    if answer.status >= 400:
        raise OSError(f"the engine answers {answer.status}: {_message(body)}")
    return body


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, TypeError, KeyError):
        return body.decode("utf-8", "replace").strip()


def wedged() -> dict[str, str]:
    """Return the names of the containers of ours that have failed their health check, by their ids."""
    return {item["Id"]: _name(item) for item in _ours({"status": ["running"], "health": ["unhealthy"]})}


def failed() -> dict[str, tuple[str, str]]:
    """Return those that the engine could not start, by their ids: name and reason; none that someone has stopped.

    After a boot the table may have failed to load, or an address may not have been there yet.
    """
    found = {}
    for item in _ours({"status": ["created", "exited"]}):
        # One that a killed run has set aside, or was trying, has another name.
        if _name(item) == _NAME + item["Labels"][LABEL]:
            state = json.loads(ask("GET", f"/containers/{item['Id']}/json"))["State"]
            if state["Error"]:
                found[item["Id"]] = _name(item), str(state["Error"])
    return found


def _ours(state: dict[str, list[str]]) -> list[dict[str, Any]]:
    filters = quote(json.dumps({"label": [LABEL], **state}))
    return list(json.loads(ask("GET", f"/containers/json?all=1&filters={filters}")))


def _name(item: dict[str, Any]) -> str:
    return str(item["Names"][0]).lstrip("/")


def restart() -> None:
    """Restart what is wedged."""
    for identifier, name in wedged().items():
        _say(f"{name} is up but gives no sign of life: restarting it")
        ask("POST", f"/containers/{identifier}/restart?t={_PATIENCE_S}")


def start() -> None:
    """Start what could not be started. It stays so without a word for as long as the reason is the same."""
    for identifier, (name, reason) in failed().items():
        try:
            ask("POST", f"/containers/{identifier}/start")
        except OSError as error:
            if _IDENTIFIER.sub("", reason) not in _IDENTIFIER.sub("", str(error)):
                _say(f"{name} cannot be started: {error}")
        else:
            _say(f"{name} could not be started before: started it")


def _say(text: str) -> None:
    sys.stdout.write(f"<5>{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Look once, and bring back what is to be. Without an engine there is nothing to bring back."""
    try:
        restart()
        start()
    except (FileNotFoundError, ConnectionRefusedError):
        return 0
    except OSError as error:
        sys.stderr.write(f"<3>{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
