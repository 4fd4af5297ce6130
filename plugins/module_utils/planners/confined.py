# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the live process in a container may do, read from the kernel and not from the engine."""

from __future__ import annotations

import time
from dataclasses import replace

from ..host.cgroup import device_number, held
from ..host.namespaces import exists, inhabitants, inode
from ..host.proc import Process, host_namespaces, process
from ..model.container import Place, container_name
from ..model.image import PROBE, PROGRAM
from ..model.instance import Instance
from ..model.limits import size_text
from ..render.container import OUT_OF_MEMORY, waiting
from .live import wrong_profile
from .mounted import wrong_mounts
from .resolving import wrong_hosts, wrong_names

_COMES_AND_GOES_S = 2.0
_OWN = ("mnt", "pid", "ipc", "uts", "net")


def wrong(main: Process, instance: Instance, place: Place) -> list[str]:
    """Return all that is wrong with the process *main* of the container of *instance*."""
    return [
        *wrong_program(main),
        *wrong_company(main),
        *wrong_rights(main, place),
        *wrong_namespaces(main, instance),
        *wrong_mounts(main, instance, place),
        *wrong_names(main, instance, place),
        *wrong_limits(main, instance, place),
        *wrong_confinement(main, place),
    ]


def wrong_waiting(main: Process, instance: Instance, place: Place) -> list[str]:
    """Return what the process *main* of the holder of the segment of *instance* may do that it shall not."""
    place = replace(place, groups=())
    return [
        *wrong_program(main, PROBE),
        *wrong_company(main),
        *wrong_rights(main, place),
        *wrong_namespaces(main, waiting(instance)),
        *wrong_mounts(main, waiting(instance), place),
        # The engine gives the table of hosts of this one to the other.
        *wrong_hosts(main, instance),
    ]


def wrong_confinement(main: Process, place: Place) -> list[str]:
    """Compare the AppArmor profile, where the kernel enforces any; its mode is looked at with its text."""
    return wrong_profile([main], place.profile) if place.profile else []


def wrong_program(main: Process, right: str = PROGRAM) -> list[str]:
    """Compare what runs."""
    return [] if main.executable == right else [f"runs {main.executable}"]


def wrong_company(main: Process) -> list[str]:
    """Return who else is in the container and stays: librespot starts nobody, so it is a guest of the engine's.

    The health check comes and goes, and so does whoever the engine is about to turn into it.
    """
    if main.namespaces["pid"] == host_namespaces().get("pid"):
        # That it shares the host's is told, and all of the host's would be company.
        return []
    deadline = time.monotonic() + _COMES_AND_GOES_S
    seen: set[int] | None = None
    while True:
        found = {pid: process(pid) for pid in inhabitants(main.namespaces["pid"], "pid") if pid != main.pid}
        there = {pid: item for pid, item in found.items() if item and item.executable != PROBE}
        seen = set(there) if seen is None else seen & set(there)
        if not seen or time.monotonic() > deadline:
            return [f"{there[pid].executable} (process {pid}) is in it, too" for pid in sorted(seen)]
        time.sleep(0.2)


def wrong_rights(main: Process, place: Place) -> list[str]:
    """Compare users, groups, capabilities and the system call filter."""
    status = main.status
    found = []
    for field, number, what in (("Uid", place.uid, "user"), ("Gid", place.gid, "group")):
        ids = set(status[field].split())
        if ids != {str(number)}:
            found.append(f"runs with the {what} ids {' '.join(sorted(ids))}")
    extra = set(status["Groups"].split()) - {str(place.gid), *map(str, place.groups)}
    if extra:
        found.append(f"has the supplementary groups {' '.join(sorted(extra))}")
    found += [
        f"has {name} {status[name]}"
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        if int(status[name], 16)
    ]
    if status["NoNewPrivs"] != "1":
        found.append("may gain privileges")
    if place.filters_calls and status["Seccomp"] != "2":
        found.append("has no system call filter")
    return found


def wrong_namespaces(main: Process, instance: Instance) -> list[str]:
    """Compare with those of the host, and with the segment of *instance*."""
    shared = host_namespaces()
    segment = instance.namespace
    if segment and not (exists(segment) and main.namespaces["net"] == inode(segment)):
        return [f"is not in its segment, the network namespace {segment}"]
    if instance.on_host and main.namespaces["net"] != shared.get("net"):
        return ["is not on the host's network"]
    own = [name for name in _OWN if name != "net" or not instance.on_host]
    return [f"shares the host's {name} namespace" for name in own if main.namespaces[name] == shared.get(name)]


def wrong_limits(main: Process, instance: Instance, place: Place) -> list[str]:
    """Compare the limits that the kernel holds it to, as far as it has them."""
    # Without a slice there is its service's group, or nothing that weighs it.
    wanted, seen = instance.limits, held(main.pid, place.slice or f"{container_name(instance.name)}.service")
    pairs = {
        "memory": (seen.memory, wanted.memory),
        "cpu": (seen.cpu, wanted.cpu),
        "tasks": (seen.tasks, wanted.tasks),
    }
    found = [f"{name} is {_shown(name, have)}" for name, (have, want) in pairs.items() if have != want]
    # Whatever is above may have less.
    if seen.counts_swap and (seen.swap is None or seen.swap > wanted.swap):
        found.append(f"swap is {_shown('swap', seen.swap)}")
    if seen.io_weight not in (None, wanted.io_weight):
        found.append(f"block I/O weighs {seen.io_weight}")
    for item in wanted.io:
        bandwidth = seen.io.get(device_number(item.device), (0, 0))
        if bandwidth != (item.read, item.write):
            found.append(f"{item.device} is read with {bandwidth[0]} and written with {bandwidth[1]} bytes per second")
    files, core = main.limits["Max open files"], main.limits["Max core file size"]
    if files != str(wanted.files):
        found.append(f"{files} files can be open")
    if core != "0":
        # A core would hold the login.
        found.append(f"it may leave a core of {core} bytes")
    if main.out_of_memory != OUT_OF_MEMORY:
        found.append(f"its score when memory runs out is {main.out_of_memory:+d}")
    return found


def _shown(name: str, value: int | None) -> str:
    if value is None:
        return "not limited"
    return size_text(value) if name in ("memory", "swap") else f"{value}%" if name == "cpu" else str(value)
