# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Knock at a port every ten milliseconds for a time, and print as JSON when it was opened, in seconds.

It runs on the host that knocks, on the standard library: arguments are the address, the port and the seconds.
"""

from __future__ import annotations

import errno
import json
import selectors
import socket
import sys
import time

EVERY_S = 0.01
GIVEN_UP_S = 0.5


def main() -> None:
    """Knock."""
    target, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    start = time.monotonic()
    opened: list[float] = []
    waiting: list[tuple[float, socket.socket]] = []
    with selectors.DefaultSelector() as selector:
        while time.monotonic() - start < seconds:
            began = time.monotonic()
            knock = socket.socket(family, socket.SOCK_STREAM)
            knock.setblocking(False)
            if knock.connect_ex((target, port)) in (0, errno.EINPROGRESS):
                selector.register(knock, selectors.EVENT_WRITE, began - start)
                waiting.append((began, knock))
            for key, _events in selector.select(EVERY_S):
                assert isinstance(key.fileobj, socket.socket)
                if not key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    opened.append(round(float(key.data), 3))
                selector.unregister(key.fileobj)
                key.fileobj.close()
            while waiting and began - waiting[0][0] > GIVEN_UP_S:
                late = waiting.pop(0)[1]
                if late.fileno() >= 0:
                    selector.unregister(late)
                    late.close()
            time.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
    sys.stdout.write(json.dumps(sorted(opened)))


if __name__ == "__main__":
    main()
