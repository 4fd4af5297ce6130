# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Knock at a port every so many seconds for a time, and print as JSON when it was opened, in seconds.

It runs on the host that knocks, on the standard library: arguments are the address, the port, for how long (inf: until
standard input ends), how often, and, where the host has several, the address that it comes from.
"""

from __future__ import annotations

import errno
import json
import math
import select
import selectors
import socket
import sys
import time

GIVEN_UP_S = 0.5


def _ended() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def main() -> None:
    """Knock."""
    target, port, source = sys.argv[1], int(sys.argv[2]), sys.argv[5:]
    seconds, every = map(float, sys.argv[3:5])
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    start = time.monotonic()
    opened: list[float] = []
    waiting: list[tuple[float, socket.socket]] = []
    with selectors.DefaultSelector() as selector:
        while time.monotonic() - start < seconds and not (math.isinf(seconds) and _ended()):
            began = time.monotonic()
            knock = socket.socket(family, socket.SOCK_STREAM)
            knock.setblocking(False)
            if source:
                knock.bind((source[0], 0))
            if knock.connect_ex((target, port)) in (0, errno.EINPROGRESS):
                selector.register(knock, selectors.EVENT_WRITE, began - start)
                waiting.append((began, knock))
            for key, _events in selector.select(every):
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
            time.sleep(max(0.0, every - (time.monotonic() - began)))
    sys.stdout.write(json.dumps(sorted(opened)))


if __name__ == "__main__":
    main()
