# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads processes and sockets from /proc: what is, not what was asked for."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..model.errors import HostError
from ..model.networks import V4, V6

LISTEN = "0A"
_INODE = re.compile(r"^socket:\[(\d+)\]$")
_NAMESPACES = ("mnt", "user", "ipc", "uts", "net", "pid")


@dataclass(frozen=True)
class Socket:
    """An IP socket that receives: a listening TCP socket, or a UDP socket without a peer."""

    protocol: str
    address: str
    port: int
    inode: int


@dataclass(frozen=True)
class Mount:
    """A mount as a process sees it. *options* are the mount's own, *super_options* those of its file system.

    *root* is what of that file system is mounted.
    """

    path: str
    kind: str
    options: tuple[str, ...]
    super_options: tuple[str, ...]
    root: str = "/"


@dataclass(frozen=True)
class Process:
    """A live process as /proc shows it. *status* is /proc/PID/status, *limits* the soft resource limits.

    *label* is its AppArmor profile with its mode, as ``unconfined`` or ``name (enforce)``; empty without AppArmor.
    """

    pid: int
    executable: str
    environment: dict[str, str]
    status: dict[str, str]
    limits: dict[str, str]
    cgroup: str
    namespaces: dict[str, str]
    sockets: tuple[Socket, ...]
    mounts: tuple[Mount, ...]
    label: str = ""
    out_of_memory: int = 0
    """What is added to its score by which the kernel chooses whom to end, from -1000 to 1000."""


def _read(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read()


def _address(text: str) -> str:
    packed = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    return str(ipaddress.ip_address(packed))


def receiving_sockets(pid: int | None = None) -> list[Socket]:
    """Return the receiving IP sockets of this host's network namespace, or of that of process *pid*."""
    base = "/proc/net" if pid is None else f"/proc/{pid}/net"
    found = []
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(FileNotFoundError):
            for row in _read(f"{base}/{protocol}").decode("ascii").splitlines()[1:]:
                fields = row.split()
                address, port = fields[1].split(":")
                unconnected = fields[2].endswith(":0000")
                if fields[3] == LISTEN or (protocol.startswith("udp") and unconnected):
                    found.append(Socket(protocol, _address(address), int(port, 16), int(fields[9])))
    return found


def _inodes(pid: int) -> list[int]:
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            match = _INODE.match(os.readlink(f"/proc/{pid}/fd/{name}"))
            if match:
                found.append(int(match.group(1)))
    return found


def _table(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return {key: value.strip() for key, _colon, value in pairs}


def _limits(text: str) -> dict[str, str]:
    return {line[:26].strip(): line[26:].split()[0] for line in text.splitlines()[1:]}


def _mounts(text: str) -> tuple[Mount, ...]:
    """Return the mounts that can be seen: none that another one covers, whether at its own place or above it."""
    found: dict[str, Mount] = {}
    parents: dict[str, str] = {}
    for row in text.splitlines():
        before, _dash, after = row.partition(" - ")
        fields, (kind, _source, options) = before.split(), after.split(" ", 2)
        number = fields[0]
        parents[number] = fields[1]
        found[number] = Mount(fields[4], kind, tuple(fields[5].split(",")), tuple(options.split(",")), fields[3])
    # What is mounted upon another mount covers it, and all that was mounted in that one.
    covers = {
        parent: number
        for number, parent in parents.items()
        if parent in found and parent != number and found[parent].path == found[number].path
    }

    def seen(number: str) -> bool:
        above = ""
        while number in found and number != above:
            if covers.get(number, above) != above:
                return False
            number, above = parents[number], number
        return True

    return tuple(mount for number, mount in found.items() if seen(number))


def cgroup(pid: int) -> str:
    """Return the process's place in the unified hierarchy, such as ``/librespot.slice/librespot-a.service``."""
    for line in _read(f"/proc/{pid}/cgroup").decode().splitlines():
        if line.startswith("0::"):
            return line[3:]
    return ""


def cgroup_directory(group: str) -> str:
    """Return the directory of a *group* of the unified hierarchy, wherever that is mounted."""
    for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(f"{mount}{group}/cgroup.procs"):
            return f"{mount}{group}"
    raise HostError(f"the cgroup {group} cannot be found", "Mount the unified hierarchy at /sys/fs/cgroup")


def process(pid: int) -> Process | None:
    """Return what /proc says of *pid*; None when there is no such process any more."""
    base = f"/proc/{pid}"
    try:
        inodes = set(_inodes(pid))
        return Process(
            pid=pid,
            executable=os.readlink(f"{base}/exe"),
            environment=environment(pid),
            status=_table(_read(f"{base}/status").decode("utf-8", "replace")),
            limits=_limits(_read(f"{base}/limits").decode("ascii")),
            cgroup=cgroup(pid),
            namespaces=_namespaces(pid),
            sockets=tuple(item for item in receiving_sockets(pid) if item.inode in inodes),
            mounts=_mounts(_read(f"{base}/mountinfo").decode("utf-8", "replace")),
            label=label(pid),
            out_of_memory=int(_read(f"{base}/oom_score_adj")),
        )
    except (FileNotFoundError, ProcessLookupError):
        return None


def _namespaces(pid: int) -> dict[str, str]:
    return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in _NAMESPACES}


def host_namespaces() -> dict[str, str]:
    """Return the namespaces of the host by their kinds: those of its first process; none when it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return _namespaces(1)
    return {}


def label(pid: int) -> str:
    """Return the AppArmor profile of *pid* with its mode, as the kernel says it; empty where there is no AppArmor.

    The file of all security modules would hold the label of whichever comes first.
    """
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return _read(f"/proc/{pid}/attr/apparmor/current").decode("utf-8", "replace").strip()
    return ""


def environment(pid: int) -> dict[str, str]:
    """Return the environment that *pid* was started with; empty when it has none or is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        variables = (item.partition(b"=") for item in _read(f"/proc/{pid}/environ").split(b"\0") if item)
        return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, _e, value in variables}
    return {}


def command_line(pid: int) -> list[str]:
    """Return the words that *pid* was started with; none when it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [word.decode("utf-8", "replace") for word in _read(f"/proc/{pid}/cmdline").split(b"\0")[:-1]]
    return []


def pids() -> list[int]:
    """Return the ids of all processes that can be seen."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def owner_of_port(port: int, protocol: str = "tcp") -> tuple[int, str, str] | None:
    """Return (pid, program, cgroup) of the process that receives at *port*; None when nobody does.

    pid is 0 and the program unknown when the socket belongs to no process that can be seen.
    """
    return next(owners_of_port(port, protocol=protocol), None)


def owners_of_port(port: int, addresses: Collection[str] = (), protocol: str = "tcp") -> Iterator[tuple[int, str, str]]:
    """Yield the same of each process that receives at *port*, in the way of a socket at one of the *addresses*.

    Without addresses, wherever it receives. What receives at every address of IPv6 is taken to do so of IPv4 as well:
    /proc does not tell when it does not.
    """
    left = _received_by(port, addresses, protocol)
    for pid in pids() if left else ():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if not left.isdisjoint(inodes := _inodes(pid)):
                yield pid, _read(f"/proc/{pid}/comm").decode("utf-8", "replace").strip(), cgroup(pid)
                left.difference_update(inodes)
        if not left:
            break
    # Whose process has ended meanwhile are gone, too.
    if left and not left.isdisjoint(_received_by(port, addresses, protocol)):
        yield 0, "an unknown program", ""


def _received_by(port: int, addresses: Collection[str], protocol: str) -> set[int]:
    """Return the inodes of the sockets that receive at *port*, in the way of one at any of the *addresses*."""
    return {
        item.inode
        for item in receiving_sockets()
        if item.port == port and item.protocol.startswith(protocol) and _in_the_way(item.address, addresses)
    }


def _in_the_way(address: str, wanted: Collection[str]) -> bool:
    """Whether a socket at *address* is in the way of one at any that is *wanted*; all are when none is."""
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    if not wanted or mapped is not None:
        return not wanted or str(mapped) in wanted
    if found.is_unspecified:
        return found.version == V6 or any(ipaddress.ip_address(item).version == V4 for item in wanted)
    return address in wanted
