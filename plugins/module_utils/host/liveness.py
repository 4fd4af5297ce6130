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
import ctypes
import fcntl
import http.client
import json
import os
import socket
import struct
import sys
import time
from collections.abc import Sequence
from typing import Any

_SIOCGIFCONF = 0x8912  # linux/sockios.h
_IFREQ = 40 if struct.calcsize("P") == 8 else 32  # the size of struct ifreq
_PASSING = 0x01 | 0x08 | 0x20 | 0x40
"""IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED and IFA_F_TENTATIVE of linux/if_addr.h."""
_CGROUP_MOUNTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")
_SLICE = "librespot.slice"


class _Bounded(socket.socket):
    """A connection whose answer has to be there as a whole at *deadline*: an hour of single bytes is no answer."""

    deadline = 0.0

    def recv_into(self, *words: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self.settimeout(left)
        return super().recv_into(*words)


def get_info(address: str, port: int, timeout: float = 2) -> dict[str, object]:
    """Return librespot's answer to getInfo.

    Raises OSError when it cannot be connected to, or has not answered as a whole, within *timeout* seconds each,
    ValueError when what answers is not librespot.
    """
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.connect()
        connection.sock = bounded = _Bounded(fileno=connection.sock.detach())
        bounded.settimeout(timeout)
        bounded.deadline = time.monotonic() + timeout
        connection.request("GET", "/?action=getInfo")
        body = json.loads(connection.getresponse().read(65536))
        # JSON can have halves of characters, which nobody can write down.
        json.dumps(body, ensure_ascii=False).encode()
    except http.client.HTTPException as error:
        raise ValueError(f"the answer is not HTTP: {error!r}") from error
    except RecursionError as error:
        raise ValueError("the answer is nested too deep") from error
    finally:
        connection.close()
    if not isinstance(body, dict) or "remoteName" not in body:
        raise ValueError("the answer is not librespot's")
    return body


def addresses(interface: str = "", only: str = "") -> list[str]:
    """Return the lasting addresses that *interface* has now, or all interfaces but loopback; of them *only* one.

    Without link-local ones, and without the temporary ones of IPv6, which change every day.
    """
    found = [text for name, text in (*_ipv4(), *_ipv6()) if name == interface or (not interface and name != "lo")]
    return sorted({text for text in found if only in ("", text)})


def _ipv4() -> list[tuple[str, str]]:
    buffer = ctypes.create_string_buffer(_IFREQ * 256)
    request = struct.pack("iP", len(buffer), ctypes.addressof(buffer))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        length = struct.unpack("iP", fcntl.ioctl(probe.fileno(), _SIOCGIFCONF, request))[0]
    entries = [buffer.raw[at : at + _IFREQ] for at in range(0, length, _IFREQ)]
    # The name of an alias has a colon and a number behind that of its interface.
    return [
        (entry[:16].partition(b"\0")[0].decode("ascii").partition(":")[0], socket.inet_ntoa(entry[20:24]))
        for entry in entries
    ]


def _ipv6() -> list[tuple[str, str]]:
    found = []
    with contextlib.suppress(FileNotFoundError), open("/proc/net/if_inet6", encoding="ascii") as handle:
        for row in handle:
            address, _index, _length, _scope, flags, name = row.split()
            if not int(flags, 16) & _PASSING and not address.startswith("fe80"):
                found.append((name, socket.inet_ntop(socket.AF_INET6, bytes.fromhex(address))))
    return found


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


def ended(pid: int) -> bool:
    """Whether the process is no more, or only waits for its parent to notice."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
            return handle.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def alive(unit: str, port: int | None, interface: str = "", only: str = "") -> bool:
    """Whether *unit* gives a sign of life: by getInfo at *port*, or by its processes when *port* is None.

    What is tied to an *interface* answers at the addresses of that interface alone, or at *only* one of them.
    """
    if port is None:
        return any(can_run(pid) for pid in processes(unit))
    for address in addresses(interface, only) if interface else ["127.0.0.1"]:
        with contextlib.suppress(OSError, ValueError):
            return bool(get_info(address, port))
    return False


def announced(path: str) -> list[str]:
    """Return the addresses that an instance was started to announce, as `announce` wrote them."""
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as handle:
        return sorted(filter(None, handle.read().partition("=")[2].strip().split(",")))
    return []


def announce(path: str, interface: str, only: str = "", patience: float = 20) -> None:
    """Write the option by which librespot announces the addresses of *interface*, or *only* one, and no others.

    Without an interface it announces none. Waits for the interface. Raises TimeoutError when it does not come.
    """
    deadline = time.monotonic() + patience
    while interface and interface not in (name for _index, name in socket.if_nameindex()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"there is no interface {interface}")
        time.sleep(0.5)
    found = addresses(interface, only) if interface else []
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    with open(f"{path}.new", "w", encoding="ascii") as handle:
        handle.write(f"LIBRESPOT_ZEROCONF_INTERFACE={','.join(found)}\n" if found else "")
    os.chmod(f"{path}.new", 0o644)
    os.rename(f"{path}.new", path)


def outdated(said: Sequence[str], now: Sequence[str]) -> bool:
    """Whether an instance that announces the addresses *said* cannot be found by them, and could be by others.

    One more address is no reason to stop the music.
    """
    return bool(now) and (not said or not set(said) <= set(now))


def needs_restart(
    unit: str,
    port: int | None,
    interface: str = "",
    only: str = "",
    path: str = "",
    tries: int = 3,
    pause: float = 1.5,
) -> str:
    """Return why *unit*, which is up, needs a restart that can help; empty when it needs none.

    It does when it gave no sign of life in *tries* tries while it could have given one, and when in all of them its
    interface has not had the addresses that it announces, by the file *path*.
    """
    moved = bool(path)
    for attempt in range(tries):
        if attempt:
            time.sleep(pause)
        if not processes(unit):
            return ""
        moved = moved and outdated(announced(path), addresses(interface, only))
        if alive(unit, port, interface, only) and not moved:
            return ""
    if moved:
        return "announces addresses that its interface has no more"
    return "gives no sign of life" if port is None or addresses(interface, only) else ""


def main() -> int:
    """Look once. Status 0 makes systemd run the restart, 1 is nothing to do."""
    parser = argparse.ArgumentParser(
        description="Exit 0 when the instance is up but needs a restart, 1 when all is well."
    )
    parser.add_argument("--unit")
    parser.add_argument("--port", type=int)
    parser.add_argument("--interface", default="")
    parser.add_argument("--address", default="", help="the one address of the interface that the instance is bound to")
    parser.add_argument("--announced", default="", help="the file with the addresses that the instance announces")
    asked = parser.parse_args()
    if not asked.unit:
        try:
            announce(asked.announced, asked.interface, asked.address)
        except TimeoutError as error:
            sys.stderr.write(f"<3>{error}\n")
            return 1
        return 0
    reason = needs_restart(asked.unit, asked.port, asked.interface, asked.address, asked.announced)
    if reason:
        sys.stdout.write(f"<5>{asked.unit} is up but {reason}: restarting it\n")
        return 0
    return 1


if __name__ == "__main__":
    os.umask(0o022)
    raise SystemExit(main())
