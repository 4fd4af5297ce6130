# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted for the live process in a container: all of it is accounted for, whoever has mounted it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ..host.files import DIRECTORY, FILE, Entry, Files
from ..host.proc import Mount, Process
from ..model.container import Place
from ..model.instance import Instance
from ..model.sandbox import SCRATCH
from ..render.container import HIDDEN, mounts
from .live import writable

_KINDS = {
    "/proc": ("proc",),
    "/dev": ("tmpfs",),
    "/dev/pts": ("devpts",),
    "/dev/mqueue": ("mqueue",),
    "/sys": ("sysfs",),
    # Where nobody can make devices, as within a container of LXC, those of the host are mounted.
    **{f"/dev/{name}": ("devtmpfs", "tmpfs") for name in ("full", "null", "random", "tty", "urandom", "zero")},
}
"""Where runtimes mount what is the kernel's, and of what kind it is."""

_CONTROLLERS = "/sys/fs/cgroup/"
_ENGINES = frozenset(("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv"))
"""Files that engines write for each container."""

_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", "/sys")
"""What of the kernel's files may be read alone, as all runtimes have it."""

_SYSTEM = frozenset(("proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"))
"""Kinds of file systems that hold nothing of anyone's."""

_COVERS = ("/null", "/.empty-directory")
"""How ends what hides a file or a directory, if it is no empty file system: the null device, or crun's directory."""

_SCRATCH_OPTIONS = frozenset(("rw", "nosuid", "nodev", "noexec"))


def wrong_mounts(main: Process, instance: Instance, place: Place) -> list[str]:
    """Return what of *main* is mounted, or is not, otherwise than for the container of *instance* at *place*."""
    there = {item.path: item for item in main.mounts}
    # The engine mounts along what is mounted below a directory that it is given.
    targets = [item["Target"] for item in mounts(instance)]
    strange = [
        f"{item.path} ({item.kind}) is mounted"
        for item in there.values()
        if item.path not in ("/", SCRATCH) and not _within(item.path, targets) and not _expected(item, instance)
    ]
    return [
        *strange,
        *_writable(main, there.values(), instance, place),
        *_scratch(there.get(SCRATCH), instance),
        *_uncovered(main, there),
    ]


def _expected(mount: Mount, instance: Instance) -> bool:
    """Whether a runtime mounts this for each container."""
    path, read_only = mount.path, "ro" in mount.options
    same_name = os.path.basename(mount.root) == os.path.basename(path)
    if path == "/sys/fs/cgroup":
        # With version 1 of control groups a file system of the engine holds the directories of controllers.
        return mount.kind == "tmpfs" or (mount.kind == "cgroup2" and read_only)
    if path in _KINDS:
        return mount.kind in _KINDS[path] and (
            mount.root == "/" or (same_name and path not in ("/dev", "/proc", "/sys"))
        )
    if path.startswith(_CONTROLLERS):
        return mount.kind == "cgroup"
    if path in _ENGINES:
        return read_only and same_name
    if path.startswith(("/proc/", "/sys/")):
        own = mount.kind == "proc" and read_only and path == f"/proc{mount.root}"
        return own or (mount.kind in ("tmpfs", "devtmpfs") and (mount.root == "/" or mount.root.endswith(_COVERS)))
    return instance.relaxed("alsa") and path.startswith("/dev/snd")


def _writable(main: Process, there: Iterable[Mount], instance: Instance, place: Place) -> list[str]:
    """Return every way to write what outlives the container, or to fill the host's disk or memory."""
    tree, relaxed, found = Files(f"/proc/{main.pid}/root"), writable(instance), []
    for mount in there:
        if "ro" in mount.options or mount.kind in _SYSTEM or mount.path == SCRATCH:
            continue
        if mount.path == "/":
            # Whoever owns what in it: all of it is a copy that fills the host's disk.
            found.append("the root is writable")
        elif not _within(mount.path, relaxed) and _may_write(tree.read(mount.path, content=False), place):
            found.append(f"{mount.path} ({mount.kind}) is writable")
    return found


def _scratch(mount: Mount | None, instance: Instance) -> list[str]:
    if mount is None or f"size={instance.limits.scratch // 1024}k" not in mount.super_options:
        return [f"{SCRATCH} has no bound"]
    lacking = sorted(_SCRATCH_OPTIONS - set(mount.options))
    return [f"{SCRATCH} is not {' '.join(lacking)}"] if lacking else []


def _uncovered(main: Process, there: dict[str, Mount]) -> list[str]:
    """Return what is to be hidden, or to be read alone, and is not; kernels differ in what there is."""

    def exists(path: str) -> bool:
        return os.path.lexists(f"/proc/{main.pid}/root{path}")

    shown = [f"{path} is not hidden" for path in HIDDEN if path not in there and exists(path)]
    written = [path for path in _READ_ONLY if not (path in there and "ro" in there[path].options) and exists(path)]
    return shown + [f"{path} is not read-only" for path in written]


def _within(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _may_write(entry: Entry | None, place: Place) -> bool:
    """Whether the user of *place* may write *entry*: what is root's alone is not writable for it."""
    # What is hidden in /proc is covered by /dev/null.
    if entry is None or entry.kind not in (FILE, DIRECTORY):
        return False
    own = entry.uid == place.uid
    grouped = entry.gid in (place.gid, *place.groups) and entry.mode & 0o020
    return bool(own or grouped or entry.mode & 0o002)
