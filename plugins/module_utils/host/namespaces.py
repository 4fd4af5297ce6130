# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network namespaces: an empty one for a moment, and those of instances with segments of their own.

A namespace is entered by this thread, and by the commands that it runs, and left again. Python has calls for that since
3.12 alone, so those of the C library are used.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

from ..model.errors import HostError

NAMESPACES = "/run/netns"
"""Where ip(8) keeps namespaces that have names."""

_CLONE_NEWNET = 0x40000000  # linux/sched.h


def exists(name: str) -> bool:
    """Whether there is a namespace *name*."""
    return os.path.exists(f"{NAMESPACES}/{name}")


def names(prefix: str) -> list[str]:
    """Return the names of the namespaces that begin with *prefix*."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(name for name in os.listdir(NAMESPACES) if name.startswith(prefix))
    return []


def inode(name: str = "") -> str:
    """Return what the kernel calls the namespace *name*, as links in /proc/PID/ns say it; empty is this process's."""
    path = f"{NAMESPACES}/{name}" if name else "/proc/self/ns/net"
    return f"net:[{os.stat(path).st_ino}]"


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Be in the network namespace *name* meanwhile; with an empty name nothing happens. Raises `HostError`."""
    if not name:
        yield
        return
    try:
        target = _opened(f"{NAMESPACES}/{name}")
    except FileNotFoundError:
        raise HostError(f"There is no network namespace {name}", f"Start {name}-segment.service") from None
    with _entered(target):
        yield


@contextlib.contextmanager
def inside_of(pid: int) -> Iterator[None]:
    """Be in the network namespace of a process meanwhile. Raises `OSError` when the process has ended."""
    with _entered(_opened(f"/proc/{pid}/ns/net")):
        yield


def others() -> list[int]:
    """Return one process of each network namespace but this one."""
    found: dict[str, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        # It may have ended since.
        with contextlib.suppress(OSError):
            found.setdefault(os.readlink(f"/proc/{name}/ns/net"), int(name))
    found.pop(inode(), None)
    return list(found.values())


def inhabitants(namespace: str, kind: str = "net") -> list[int]:
    """Return the processes in the namespace of a *kind* that the kernel calls *namespace*, as `inode` returns it."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        # It may have ended since.
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{name}/ns/{kind}") == namespace:
                found.append(int(name))
    return sorted(found)


def _opened(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


@contextlib.contextmanager
def _entered(target: int) -> Iterator[None]:
    """Be in the namespace of a descriptor meanwhile, and close it."""
    try:
        with _elsewhere():
            _enter(target)
            yield
    finally:
        os.close(target)


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Be in a new and empty network namespace meanwhile, which nothing else sees and which is gone afterwards."""
    with _elsewhere():
        if _library().unshare(_CLONE_NEWNET):
            raise _refused("unshare")
        yield


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """Return to the present namespace afterwards."""
    home = _opened("/proc/thread-self/ns/net")
    try:
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def _enter(descriptor: int) -> None:
    if _library().setns(descriptor, _CLONE_NEWNET):
        raise _refused("setns")


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _refused(call: str) -> HostError:
    return HostError(
        f"{call}(2) for a network namespace: {os.strerror(ctypes.get_errno())}",
        "Let the host make network namespaces: its kernel or its container's manager forbids it",
    )
