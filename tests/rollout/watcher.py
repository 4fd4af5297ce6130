# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a host of the test until its input is closed, then prints which version answered at PORT, and since when."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time

ASK_S = 0.1


def version(port: int) -> str:
    """Return what answers; empty when nothing does within a second."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/?action=getInfo")
        return str(json.loads(connection.getresponse().read()).get("libraryVersion", ""))
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return ""
    finally:
        connection.close()


def listen(over: threading.Event) -> None:
    """Set *over* when the input is closed."""
    sys.stdin.read()
    over.set()


def main() -> None:
    """Ask, and tell what changed."""
    over = threading.Event()
    threading.Thread(target=listen, args=(over,), daemon=True).start()
    changes: list[tuple[float, str]] = []
    while not over.wait(ASK_S):
        seen = version(int(sys.argv[1]))
        if not changes or changes[-1][1] != seen:
            changes.append((time.monotonic(), seen))
    json.dump(changes, sys.stdout)


if __name__ == "__main__":
    main()
