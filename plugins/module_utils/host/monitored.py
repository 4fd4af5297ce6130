# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at an instance as someone without any rights can, and without the socket of an engine."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pwd
import re
from collections.abc import Iterator

from ..model.artifact import MANIFEST
from ..model.layout import OF_IMAGES, OF_RELEASES, Layout
from ..model.monitored import Seen, Target
from ..model.usage import Usage
from .cgroup import held_in, own
from .liveness import addresses, can_run, get_info
from .usage import memory_events, usage_in

_CGROUPS = "/sys/fs/cgroup"
_MOUNTS = (_CGROUPS, f"{_CGROUPS}/unified", f"{_CGROUPS}/systemd")
_PROGRAM = "librespot"
_TICKS = os.sysconf("SC_CLK_TCK")
_LARGEST = 1 << 20
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,39}")


def hidden() -> bool:
    """Tell whether this user sees no processes of others, not even the first one."""
    try:
        _stat(1)
    except (FileNotFoundError, PermissionError):
        return True
    return False


def look(target: Target) -> Seen:
    """Return what can be seen of an instance."""
    try:
        found = min(_processes(target), default=None)
        if found is not None:
            return _look(target, *found)
    except OSError as error:
        # It may end meanwhile, and then it has; so may its group, of which a file is open already.
        if error.errno not in (errno.ENOENT, errno.ESRCH, errno.ENODEV):
            raise
    return Seen(above=_above(target), shared=bool(target.unit))


def _look(target: Target, started: float, pid: int) -> Seen:
    there = own(pid)
    used = usage_in(there, pid)
    return Seen(
        pid,
        started,
        used,
        held_in(there, target.unit) if there else None,
        _files_limit(pid),
        _above(target),
        bool(target.unit),
        frozenset(_missing(used)),
    )


def _missing(used: Usage) -> Iterator[str]:
    """Yield what this host does not tell of an instance."""
    for what, value in (
        ("cpu", used.cpu_s),
        ("memory", used.memory),
        ("tasks", used.tasks),
        ("io", used.read_bytes),
        ("open_files", used.files),
        ("pressure", used.pressure or None),
    ):
        if value is None:
            yield what


def _processes(target: Target) -> list[tuple[float, int]]:
    """Return when each process of the instance was started, in seconds since the boot, and its number."""
    pids = _members(target.group)
    if not pids and not target.unit:
        # Without slices an engine has groups of its own, of which only it knows whose they are; the user tells, too.
        pids = _of_user(target.user)
    found = []
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name, started = _stat(pid)
            if name == _PROGRAM:
                found.append((started, pid))
    return found


def _members(group: str) -> list[int]:
    """Return the processes in a group, and in those below it."""
    for mount in _MOUNTS:
        found: list[int] = []
        for place, _directories, _files in os.walk(f"{mount}/{group}"):
            with contextlib.suppress(OSError), open(f"{place}/cgroup.procs", encoding="ascii") as handle:
                found += map(int, handle)
        if found:
            return found
    return []


def _of_user(user: str) -> list[int]:
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        return []
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(f"/proc/{name}").st_uid == uid:
                found.append(int(name))
    return found


def _stat(pid: int) -> tuple[str, float]:
    """Return the name of a process, and when it was started, in seconds since the boot."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
        head, _bracket, rest = handle.read().rpartition(")")
    return head.partition("(")[2], int(rest.split()[19]) / _TICKS


def _files_limit(pid: int) -> int | None:
    with contextlib.suppress(PermissionError), open(f"/proc/{pid}/limits", encoding="ascii") as handle:
        for line in handle:
            if line.startswith("Max open files"):
                soft = line.split()[3]
                return int(soft) if soft.isdigit() else None
    return None


def _above(target: Target) -> tuple[tuple[str, int], dict[str, int]] | None:
    """Return the events of memory of the group that lives on: the slice of a container, or that of all services."""
    group = os.path.dirname(target.group) if target.unit else target.group
    directory = f"{_CGROUPS}/{group}"
    with contextlib.suppress(FileNotFoundError):
        events = memory_events(directory)
        return ((directory, os.stat(directory).st_ino), events) if events else None
    return None


def version_of_groups(seen: list[Seen]) -> int:
    """Return the version of control groups that hold instances; 0 when none counts their memory, tasks or quota."""
    with contextlib.suppress(OSError), open(f"{_CGROUPS}/cgroup.controllers", encoding="ascii") as handle:
        return 2 if {"cpu", "memory", "pids"} & set(handle.read().split()) else 0
    used = [item.usage for item in seen if item.usage is not None]
    return int(any(item.memory is not None or item.tasks is not None for item in used))


def sign_of_life(target: Target, pid: int) -> tuple[bool, str] | None:
    """Return whether an instance, whose process is *pid*, gives a sign of life, and what it says its version is.

    None when there is no address to ask it at.
    """
    if target.port is None:
        return can_run(pid), ""
    places = addresses(target.interface, target.address) if target.interface else ["127.0.0.1"]
    for address in places:
        with contextlib.suppress(OSError, ValueError):
            version = get_info(address, target.port).get("libraryVersion")
            # An instance that was taken over says anything, and this becomes a label that is kept for months.
            return True, version if isinstance(version, str) and _VERSION.fullmatch(version) else ""
    return (False, "") if places else None


class Active:
    """The release, or the image, that is active on this host, and the version that is written about it."""

    def __init__(self, contained: bool) -> None:
        self._layout: Layout = OF_IMAGES if contained else OF_RELEASES
        self._link = ""
        self._known = ("", "")

    def read(self) -> tuple[str, str]:
        """Return both; empty where nothing is active, or what is written cannot be read."""
        link = ""
        with contextlib.suppress(OSError):
            link = os.readlink(self._layout.current)
        if link != self._link:
            name = self._layout.linked(link, self._layout.current)
            self._link, self._known = link, (name, self._version(name) if name else "")
        return self._known

    def _version(self, name: str) -> str:
        place = self._layout.path(name)
        path = f"{place}/{MANIFEST}" if self._layout is OF_RELEASES else place
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError), open(path, "rb") as handle:
            return str(json.loads(handle.read(_LARGEST))["version"])
        return ""
