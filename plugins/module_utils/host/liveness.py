# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks an instance of librespot for a sign of life.

This file has two lives: the modules import it, and it is installed as it is on the host, where the watchdog's timer
runs it in a sandbox. So it stands alone, on the standard library.

A sign of life is an answer to getInfo; without discovery, a main process that can run. While the host has no address
there is nothing to ask for, and a restart would mend nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import socket
import struct
import sys
import time

_SIOCGIFADDR = 0x8915  # linux/sockios.h
_CGROUP_MOUNTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")
_SLICE = "librespot.slice"


def get_info(address: str, port: int, timeout: float = 2) -> dict[str, object]:
    """Return librespot's answer to getInfo.

    Raises OSError when nothing answers within *timeout* seconds, ValueError when what answers is not librespot.
    """
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", "/?action=getInfo")
        body = json.loads(connection.getresponse().read(65536))
    except http.client.HTTPException as error:
        raise ValueError(f"the answer is not HTTP: {error!r}") from error
    finally:
        connection.close()
    if not isinstance(body, dict) or "remoteName" not in body:
        raise ValueError("the answer is not librespot's")
    return body


def has_address() -> bool:
    """Whether any interface but loopback has an IP address."""
    with contextlib.suppress(FileNotFoundError), open("/proc/net/if_inet6", encoding="ascii") as handle:
        if any(row.split()[5] != "lo" for row in handle):
            return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _index, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                if name != "lo":
                    return True
    return False


def processes(unit: str) -> list[int]:
    """Return the process ids of the running *unit*; none when it has no processes."""
    for mount in _CGROUP_MOUNTS:
        with contextlib.suppress(OSError), open(f"{mount}/{_SLICE}/{unit}/cgroup.procs", encoding="ascii") as handle:
            return [int(row) for row in handle if int(row)]
    return []


def can_run(pid: int) -> bool:
    """Whether the process exists and is neither stopped nor dead nor stuck in the kernel."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
        return handle.read().rpartition(")")[2].split()[0] in "RSI"
    return False


def alive(unit: str, port: int | None) -> bool:
    """Whether *unit* gives a sign of life: by getInfo at *port*, or by its processes when *port* is None."""
    if port is None:
        return any(can_run(pid) for pid in processes(unit))
    with contextlib.suppress(OSError, ValueError):
        return bool(get_info("127.0.0.1", port))
    return False


def needs_restart(unit: str, port: int | None, tries: int = 3, pause: float = 1.5) -> bool:
    """Whether *unit* is up but gave no sign of life in *tries* tries, while it could have given one."""
    for attempt in range(tries):
        if attempt:
            time.sleep(pause)
        if not processes(unit) or alive(unit, port):
            return False
    return port is None or has_address()


def main() -> int:
    """Look once. Status 0 makes systemd run the restart, 1 is nothing to do."""
    parser = argparse.ArgumentParser(description="Exit 0 when the instance is up but silent, 1 when all is well.")
    parser.add_argument("--unit", required=True)
    parser.add_argument("--port", type=int)
    asked = parser.parse_args()
    if needs_restart(asked.unit, asked.port):
        sys.stdout.write(f"<5>{asked.unit} is up but gives no sign of life: restarting it\n")
        return 0
    return 1


if __name__ == "__main__":
    os.umask(0o077)
    raise SystemExit(main())
