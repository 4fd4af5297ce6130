# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the live processes of an instance have that they shall not have, read from /proc and their cgroup.

The service planner restarts an instance in which something is wrong, although all files are right; the audit reports it
control by control. Each function returns sentences, none when all is right.
"""

from __future__ import annotations

import contextlib
import grp
import pwd
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..host.files import DIRECTORY, LINK, Files
from ..host.liveness import processes
from ..host.namespaces import exists, inode
from ..host.proc import Mount, Process, command_line, host_namespaces, process
from ..host.sockets import BoundSocket
from ..model.bind import ADDRESS
from ..model.facts import Facts
from ..model.instance import Instance
from ..model.limits import Limits, size_text
from ..model.option_rules import warnings
from ..model.options_table import OPTIONS
from ..model.relaxations import audio_group
from ..model.sandbox import SCRATCH
from ..render.environment import arguments, environment
from ..render.options import effective_options

MDNS = 5353

_PREFIX = "LIBRESPOT_"
_CGROUPS = "/sys/fs/cgroup"
_MANAGER = ("/usr/lib/systemd/systemd", "/usr/lib/systemd/systemd-executor")
_STARTED_WITHIN_S = 2.0
_NO_SPACE = ("proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "bpf", "hugetlbfs")
_VISIBLE = frozenset(
    ("dev", "etc", "lib", "lib64", "opt", "proc", "root", "run", "scratch", "sys", "tmp", "usr", "var")
)
"""What the root of an instance holds: mount points of the paths that are bound in, and empty directories."""

# Directories alone: what is mounted over a file is gone when the file is replaced, as useradd does with /etc/shadow.
_CLOSED = ("/etc/librespot", "/etc/ssl/private")
_SIGNS = {"alsa": "/dev/snd", "bluetooth": "/run/dbus", "pipewire": "/run/pipewire", "pulseaudio": "/run/pulse"}
"""Relaxation to the mount that only an instance with it has."""

_BY_VARIABLE = {_PREFIX + item.name.upper().replace("-", "_"): item for item in OPTIONS}


@dataclass(frozen=True)
class Limit:
    """A limit of a cgroup: *name* is the kernel's file, *wanted* its value as the specification would write it."""

    control: str
    check: str
    controller: str
    name: str
    wanted: str


def running(instance: Instance) -> list[Process]:
    """Return the live processes of *instance*, librespot itself first.

    One that systemd is about to start still has the manager's rights and its program; it becomes librespot at once.
    """
    deadline = time.monotonic() + _STARTED_WITHIN_S
    while True:
        seen = (process(pid) for pid in sorted(processes(instance.unit)))
        found = [item for item in seen if item is not None]
        if time.monotonic() > deadline or not any(item.executable in _MANAGER for item in found):
            return found
        time.sleep(0.05)


def options(main: Process) -> dict[str, str]:
    """Return librespot's variables of *main*; it does not mind in which case they are written.

    Without the addresses that it announces: they are its interface's when it was started, and nobody's setting.
    """
    return {
        name: value
        for name, value in main.environment.items()
        if name.upper().startswith(_PREFIX) and name != "LIBRESPOT_ZEROCONF_INTERFACE"
    }


def wrong_options(main: Process, instance: Instance) -> list[str]:
    """Compare the options that *main* was started with."""
    seen, wanted = options(main), environment(effective_options(instance))
    wrong = [f"{name} is no option" for name in sorted(set(seen) - set(_BY_VARIABLE))]
    wrong += [f"{name} is not in the inventory" for name in sorted((set(seen) & set(_BY_VARIABLE)) - set(wanted))]
    wrong += [f"{name} is missing" for name in sorted(set(wanted) - set(seen))]
    wrong += [f"{name} has another value" for name in sorted(set(wanted) & set(seen)) if wanted[name] != seen[name]]
    if command_line(main.pid)[1:] != arguments(instance.options):
        wrong.append("the command line has other arguments")
    return wrong


def wrong_relaxations(main: Process, instance: Instance) -> list[str]:
    """Return the relaxations that *main* has and that nobody asked for."""
    wrong = [
        f"{sign} can be reached, without the relaxation {name}"
        for name, sign in sorted(_SIGNS.items())
        if not instance.relaxed(name) and any(_within(mount.path, [sign]) for mount in main.mounts)
    ]
    seen = {_BY_VARIABLE[name].name: value for name, value in options(main).items() if name in _BY_VARIABLE}
    asked = {name for name, _reason in warnings(effective_options(instance))}
    wrong += [f"option {name}: {reason}" for name, reason in warnings(seen) if name not in asked]
    return wrong


def wrong_rights(found: Sequence[Process], instance: Instance) -> list[str]:
    """Compare users, groups, capabilities and namespaces of all processes."""
    shared = host_namespaces()
    return [f"process {item.pid} {text}" for item in found for text in _wrong_rights(item, instance, shared)]


def _wrong_rights(item: Process, instance: Instance, shared: dict[str, str]) -> list[str]:
    account = pwd.getpwnam(instance.user)
    group = grp.getgrnam("audio").gr_gid if audio_group(instance.relaxations) else account.pw_gid
    extra = {str(grp.getgrnam(entry.first("group")).gr_gid) for entry in instance.relaxations if entry.first("group")}
    wrong = []
    if "0" in item.status["Uid"].split() or "0" in item.status["Gid"].split():
        wrong.append("runs as root, or in its group")
    if set(item.status["Uid"].split()) != {str(account.pw_uid)}:
        wrong.append(f"runs with the user ids {' '.join(item.status['Uid'].split())}")
    if set(item.status["Gid"].split()) != {str(group)}:
        wrong.append(f"runs with the group ids {' '.join(item.status['Gid'].split())}")
    if set(item.status["Groups"].split()) - {str(group), str(account.pw_gid)} - extra:
        wrong.append(f"has the supplementary groups {item.status['Groups']}")
    wrong += [
        f"has {name} {item.status[name]}"
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        if int(item.status[name], 16)
    ]
    if item.status["NoNewPrivs"] != "1":
        wrong.append("may gain privileges")
    if item.status["Seccomp"] != "2":
        wrong.append("has no system call filter")
    wrong += [
        f"shares the host's {name} namespace"
        for name in ("mnt", "user", "ipc", "uts")
        if item.namespaces[name] == shared.get(name)
    ]
    return wrong + _wrong_network(item, instance, shared)


def _wrong_network(item: Process, instance: Instance, shared: dict[str, str]) -> list[str]:
    seen = item.namespaces["net"]
    if not instance.namespace:
        return [] if seen == shared.get("net", seen) else ["is not on the host's network"]
    right = exists(instance.namespace) and seen == inode(instance.namespace)
    return [] if right else [f"is not in its segment, the network namespace {instance.namespace}"]


def wrong_profile(found: Sequence[Process], profile: str, mode: str = "", loaded: str = "") -> list[str]:
    """Compare the AppArmor *profile* of all processes, and its *mode* unless that is looked at elsewhere.

    The kernel takes another mode to whatever runs under the profile, so that no restart is needed for it. Beside ours
    others may be stacked, which only take more away (Debian 13 has one for crun that refuses nothing); the mode of
    such a label is none of ours, so that the one in which the kernel has *loaded* ours tells it.
    """

    def right(label: str) -> bool:
        names, _space, said = label.rpartition(" ")
        ours = loaded if said == "(mixed)" else said.strip("()")
        return profile in names.split("//&") and (not mode or ours == mode)

    seen = sorted({item.label or "unconfined" for item in found if not right(item.label)})
    return [f"runs under the AppArmor profile {label}" for label in seen]


def wrong_root(main: Process, instance: Instance) -> list[str]:
    """Compare what *main* sees of the host's files."""
    mounts = {mount.path: mount for mount in main.mounts}
    tree, wrong = Files(f"/proc/{main.pid}/root"), []
    extra = set(tree.names("/")) - _VISIBLE - _bound(instance)
    # Instances share the directory that is their root: mount points that another one needed are empty here.
    extra = {name for name in extra if not _empty(tree, f"/{name}")}
    if extra:
        wrong.append(f"visible: {', '.join(f'/{name}' for name in sorted(extra))}")
    hooks = instance.relaxed("hooks")
    if not hooks and tree.names("/usr/bin"):
        wrong.append("programs of the host are visible")
    wrong += [
        f"{path} is not closed"
        for path in _CLOSED
        if path not in mounts and tree.read(path, content=False) is not None and "/etc" in mounts
    ]
    wrong += [
        f"the root is not mounted {name}"
        for name in ("ro", "nosuid", *(() if hooks else ("noexec",)))
        if name not in mounts["/"].options
    ]
    return wrong


def _empty(tree: Files, path: str) -> bool:
    """Whether there is nothing at *path* but directories and links, which lead to what is judged by itself."""
    entry = tree.read(path, content=False)
    if entry is None or entry.kind != DIRECTORY:
        return entry is None or entry.kind == LINK
    return all(_empty(tree, f"{path}/{name}") for name in tree.names(path))


def _bound(instance: Instance) -> set[str]:
    """Return the top directories that relaxations bind into the root."""
    paths = [path for item in instance.relaxations for values in item.values.values() for path in values]
    found = {path.split("/")[1] for path in paths if path.startswith("/")}
    return found | ({"bin", "sbin"} if instance.relaxed("hooks") else set())


def wrong_space(main: Process, instance: Instance) -> list[str]:
    """Return every way to fill the host: a writable mount on disk, or one of memory without our bound."""
    relaxed, bound = writable(instance), f"size={instance.limits.scratch // 1024}k"
    wrong, scratch = [], ""
    for mount in main.mounts:
        if "rw" not in mount.options or mount.kind in _NO_SPACE:
            continue
        if mount.path == SCRATCH:
            scratch = _size(mount)
        elif not _within(mount.path, relaxed):
            wrong.append(f"{mount.path} ({mount.kind}) is writable")
    if scratch != bound:
        wrong.append(f"{SCRATCH} has {scratch or 'no bound'}")
    return wrong


def _size(mount: Mount) -> str:
    return next((item for item in mount.super_options if item.startswith("size=")), "no size")


def _within(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def writable(instance: Instance) -> list[str]:
    """Return the paths that the relaxations of *instance* let it write to."""
    found = []
    for item in instance.relaxations:
        if item.name == "fifo":
            found.append(item.first("path").rpartition("/")[0])
        elif item.name == "alsa":
            found.append("/dev/snd")
        elif item.name == "disk":
            found += [f"/var/lib/librespot/{instance.name}", f"/var/cache/librespot/{instance.name}"]
    return found


def wrong_files(main: Process, instance: Instance) -> list[str]:
    """Compare the number of files that *main* may open."""
    seen = main.limits["Max open files"]
    return [] if seen == str(instance.limits.files) else [f"{seen} files can be open"]


def cgroup_limits(limits: Limits) -> list[Limit]:
    """Return what the kernel shall hold an instance to."""
    return [
        Limit("RES-03", "memory", "memory", "memory.max", size_text(limits.memory)),
        Limit("RES-03", "memory high", "memory", "memory.high", size_text(limits.memory_high)),
        Limit("RES-03", "swap", "memory", "memory.swap.max", size_text(limits.swap)),
        Limit("RES-03", "cpu", "cpu", "cpu.max", f"{limits.cpu}%"),
        Limit("RES-03", "io weight", "io", "io.weight", str(limits.io_weight)),
        Limit("RES-09", "tasks", "pids", "pids.max", str(limits.tasks)),
    ]


def limit_file(main: Process, limit: Limit) -> str:
    """Return the path of the kernel's file."""
    return f"{_CGROUPS}{main.cgroup}/{limit.name}"


def limit_held(main: Process, limit: Limit, facts: Facts) -> str | None:
    """Return the limit as the kernel has it; None when this host does not hold units to it."""
    text = None
    with contextlib.suppress(FileNotFoundError), open(limit_file(main, limit), encoding="ascii") as handle:
        text = handle.read().strip()
    return shown(limit.name, text) if text is not None and facts.enforces(limit.controller) else None


def shown(name: str, text: str) -> str:
    """Return what the kernel's file *name* says, as the specification would write it."""
    if name == "cpu.max":
        quota, _space, period = text.partition(" ")
        return "none" if quota == "max" else f"{round(100 * int(quota) / int(period))}%"
    if name == "io.weight":
        return text.rsplit(maxsplit=1)[-1]
    if name == "pids.max":
        return text
    return "none" if text == "max" else size_text(int(text))


def wrong_limits(main: Process, instance: Instance, facts: Facts) -> list[str]:
    """Compare the limits that the kernel holds *main* to."""
    held = [(limit, limit_held(main, limit, facts)) for limit in cgroup_limits(instance.limits)]
    return [f"{limit.name} is {value}" for limit, value in held if value not in (None, limit.wanted)]


def declared_sockets(instance: Instance) -> set[tuple[str, int]]:
    """Return protocol and port of what *instance* shall listen on."""
    return {("tcp", instance.port), ("udp", MDNS)} if instance.discovery else set()


def sockets(found: Sequence[Process]) -> set[tuple[str, int]]:
    """Return protocol and port of what the processes listen on."""
    return {(item.protocol[:3], item.port) for one in found for item in one.sockets}


def wrong_sockets(found: Sequence[Process], instance: Instance) -> list[str]:
    """Return the ports that nobody asked for. One that is missing is not wrong: it may be about to be opened."""
    extra = sorted(sockets(found) - declared_sockets(instance))
    return [f"{protocol} {port} is open" for protocol, port in extra]


def loose_sockets(seen: Sequence[BoundSocket], found: Sequence[Process], instance: Instance) -> list[BoundSocket]:
    """Return those of the sockets *seen* on the host that are of the processes and not tied to where they shall be."""
    pids = {item.pid for item in found}
    ours = [item for item in seen if pids.intersection(item.pids)]
    loose = [item for item in ours if item.device != instance.interface or not instance.discovery]
    if instance.bind.kind == ADDRESS:
        loose += [
            item
            for item in ours
            if item.protocol == "tcp" and item.address.removeprefix("::ffff:") != instance.bind.value
        ]
    return loose


def wrong_ties(seen: Sequence[BoundSocket], found: Sequence[Process], instance: Instance) -> list[str]:
    """Return the sockets that the kernel has not tied to where the instance is bound."""
    ports = sorted({(item.protocol, item.port) for item in loose_sockets(seen, found, instance)})
    return [f"{protocol} {port} is not tied to where it is bound" for protocol, port in ports]


def wrong(found: Sequence[Process], instance: Instance, facts: Facts) -> list[str]:
    """Return all that is wrong with the processes *found*, of which the first is librespot itself."""
    main = found[0]
    return [
        *wrong_options(main, instance),
        *wrong_relaxations(main, instance),
        *wrong_rights(found, instance),
        *(wrong_profile(found, instance.profile) if facts.apparmor else ()),
        *wrong_root(main, instance),
        *wrong_space(main, instance),
        *wrong_files(main, instance),
        *wrong_limits(main, instance, facts),
        *wrong_sockets(found, instance),
    ]
