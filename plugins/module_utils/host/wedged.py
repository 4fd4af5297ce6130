# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restarts the containers of ours that are up and give no sign of life: the engine notices them, and leaves them so.

This file is installed as it is on the host, where a timer runs it in a sandbox. So it stands alone, on the standard
library; it asks the engine at its socket.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
from urllib.parse import quote

SOCKET = "/run/docker.sock"
LABEL = "hardened.librespot.instance"
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
        raise OSError(f"the engine answers {answer.status}: {body.decode('utf-8', 'replace').strip()}")
    return body


def wedged() -> dict[str, str]:
    """Return the names of the containers of ours that have failed their health check, by their ids."""
    filters = quote(json.dumps({"label": [LABEL], "health": ["unhealthy"]}))
    found = json.loads(ask("GET", f"/containers/json?filters={filters}"))
    return {item["Id"]: item["Names"][0].lstrip("/") for item in found}


def main() -> int:
    """Look once, and restart what is wedged. Without an engine there is nothing to restart."""
    try:
        for identifier, name in wedged().items():
            sys.stdout.write(f"<5>{name} is up but gives no sign of life: restarting it\n")
            sys.stdout.flush()
            ask("POST", f"/containers/{identifier}/restart?t={_PATIENCE_S}")
    except (FileNotFoundError, ConnectionRefusedError):
        return 0
    except OSError as error:
        sys.stderr.write(f"<3>{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
