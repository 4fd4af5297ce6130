# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of an instance, as the engine's API is asked for it, and what the engine then says of it.

`container` is the request, `described` what request and answer have in common: both are compared by it, so that what
the engine made is judged, and not what it was asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..model.bind import OFF, Bind
from ..model.container import INSTANCE_LABEL, Place, container_name, holder_name
from ..model.image import PROBE, PROGRAM
from ..model.instance import Instance, bridge_of
from ..model.limits import Limits, size_text
from ..model.relaxations import HOST_NETWORK
from ..model.sandbox import SCRATCH
from .environment import arguments, environment
from .firewall_units import IN_FORCE
from .image import healthcheck
from .options import credentials_directory, effective_options
from .seccomp import profile_text
from .unit import credentials_path, resolvers_path

_PERIOD = 100_000
"""Microseconds over which the processor's share is counted, as systemd does by default."""

OUT_OF_MEMORY = 500
"""What is added to its score by which the kernel chooses whom to end when the host's memory runs out."""

_STOP_S = 2
_UNLIMITED = "unlimited"
_LOG = {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "3"}}
NO_NEW_PRIVILEGES = "no-new-privileges"
_BY_NAME = "container:"
ON_HOST = "host"
_IPV6_OFF = "net.ipv6.conf.all.disable_ipv6"

HIDDEN = (
    # The engine's own, which a list of one's own replaces.
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
    # What tells of the host: how its kernel was started, its hardware, its disks, what is loaded.
    "/proc/cmdline", "/proc/config.gz", "/proc/modules", "/proc/partitions", "/sys/block", "/sys/bus", "/sys/class",
    "/sys/dev", "/sys/devices/virtual", "/sys/kernel", "/sys/module",
)  # fmt: skip
"""Paths that are covered. libc and Rust read in ``/sys/devices/system/cpu`` and ``/sys/fs/cgroup`` at their start."""

# Below this the engine's own runtime is killed at its start, and has no tasks for its threads.
_WAITING = Limits(memory=32 * 1024**2, scratch=1024**2, cpu=50, tasks=32, files=64)

UPDATABLE = ("memory", "swap", "cpu", "tasks", "restart")
"""What the engine changes while a container runs; for anything else it is made anew."""


def network(instance: Instance) -> dict[str, Any]:
    """Return the network of one container alone: a bridge of its own, over which containers cannot reach each other."""
    return {
        "Driver": "bridge",
        "EnableIPv6": False,
        "Internal": False,
        "Attachable": False,
        "Labels": {INSTANCE_LABEL: instance.name},
        "Options": {
            "com.docker.network.bridge.name": bridge_of(instance.name),
            # Beside the name, which the firewall's table knows: whoever is put on it all the same reaches nobody.
            "com.docker.network.bridge.enable_icc": "false",
        },
    }


def container(instance: Instance, place: Place) -> dict[str, Any]:
    """Return the body of ``POST /containers/create`` for *instance*."""
    name, port = container_name(instance.name), f"{instance.port}/tcp"
    values = effective_options(instance)
    variables = {"PATH": "/usr/bin", "RUST_BACKTRACE": "0", "TMPDIR": SCRATCH, **environment(values)}
    segment = instance.segment
    own: dict[str, Any] = {name: {}} if instance.bridge else {}
    published = [{"HostIp": address, "HostPort": str(instance.port)} for address in place.addresses if own]
    if (segment or instance.on_host) and instance.discovery:
        # Else it announces every address that there is.
        announced = [item.partition("/")[0] for item in segment.addresses] if segment else place.addresses
        if announced:
            variables["LIBRESPOT_ZEROCONF_INTERFACE"] = ",".join(announced)
    return {
        "Image": place.image,
        # In another container's network the host name is that one's.
        **({} if segment else {"Hostname": instance.name}),
        "User": f"{place.uid}:{place.gid}",
        "Entrypoint": [PROGRAM],
        "Cmd": arguments(values),
        "Env": [f"{key}={text}" for key, text in sorted(variables.items())],
        "Labels": {INSTANCE_LABEL: instance.name},
        "StopSignal": "SIGINT",
        "StopTimeout": _STOP_S,
        "Healthcheck": healthcheck(instance.port) if instance.discovery else {"Test": ["NONE"]},
        "ExposedPorts": {port: {}} if published else {},
        "NetworkingConfig": {"EndpointsConfig": own},
        "HostConfig": {
            "NetworkMode": network_mode(instance),
            "PortBindings": {port: published} if published else {},
            **limits(instance.limits),
            "CgroupParent": place.slice,
            "Ulimits": [
                # A core would hold the login.
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "nofile", "Soft": instance.limits.files, "Hard": instance.limits.files},
            ],
            "BlkioDeviceReadBps": [{"Path": x.device, "Rate": x.read} for x in instance.limits.io if x.read],
            "BlkioDeviceWriteBps": [{"Path": x.device, "Rate": x.write} for x in instance.limits.io if x.write],
            # Under memory pressure of the host the speaker goes first.
            "OomScoreAdj": OUT_OF_MEMORY,
            "ReadonlyRootfs": True,
            "MaskedPaths": [*HIDDEN],
            "Tmpfs": {SCRATCH: f"rw,noexec,nosuid,nodev,size={instance.limits.scratch},mode=1777"},
            "Mounts": mounts(instance),
            "Devices": _devices(instance),
            "GroupAdd": [str(group) for group in place.groups],
            "CapDrop": ["ALL"],
            "Privileged": False,
            "SecurityOpt": [
                NO_NEW_PRIVILEGES,
                *([f"seccomp={profile_text()}"] if place.filters_calls else []),
                *([f"apparmor={place.profile}"] if place.profile else []),
            ],
            # Neither System V's nor POSIX's shared memory with anyone, nor a file system of it to fill.
            "IpcMode": "none",
            "CgroupnsMode": "private",
            "LogConfig": _LOG,
        },
    }


def trial(instance: Instance, place: Place) -> dict[str, Any]:
    """Return the body for a container that shows that it runs, where nobody reaches it.

    One with a segment, or on the host's network, is not tried there, where its address is in use, but on a bridge that
    leads nowhere.
    """
    relaxations = tuple(item for item in instance.relaxations if item.name != HOST_NETWORK)
    bridged = replace(instance, segment=None, relaxations=relaxations)
    return container(bridged, replace(place, addresses=()))


def network_mode(instance: Instance) -> str:
    """Return the engine's name for the network of the container of *instance*."""
    if instance.segment:
        return f"{_BY_NAME}{holder_name(instance.name)}"
    return ON_HOST if instance.on_host else container_name(instance.name)


def holder(instance: Instance, place: Place) -> dict[str, Any]:
    """Return the body for the container that keeps the network of a segment: one without any, which only waits.

    The engine would give a network of its own to the container before anything could filter there. This one has none,
    and is given its interface by the unit of the segment, when the filter is in force.

    It runs under the instance's own AppArmor profile, which names its program too: one fewer to load before it, and far
    narrower than what the engine would give it.
    """
    made = container(waiting(instance), replace(place, addresses=(), groups=()))
    # The engine turns IPv6 off where it has given no address of it.
    sysctls = {"Sysctls": {_IPV6_OFF: "0"}} if place.ipv6 else {}
    return {
        **made,
        "Entrypoint": [PROBE, "hold"],
        "Cmd": [],
        # As in the image, whose variables the engine adds.
        "Env": ["PATH=/usr/bin", "RUST_BACKTRACE=0"],
        "StopSignal": "SIGTERM",
        "NetworkingConfig": {},
        "HostConfig": {
            **made["HostConfig"],
            "NetworkMode": "none",
            # The unit of the segment starts it, and what is in it then.
            "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
            **sysctls,
        },
    }


def waiting(instance: Instance) -> Instance:
    """Return what is in the place of *instance* in that container: nothing that listens, reads or plays."""
    return replace(
        instance, segment=None, bind=Bind(OFF), options={}, relaxations=(), credentials=False, limits=_WAITING
    )


def mounts(instance: Instance) -> list[dict[str, Any]]:
    """Return what of the host is mounted in it: the login, a segment's resolvers, and what relaxations name."""
    # The engine, which starts it at boot and after each end, refuses to while there is no such directory. It is empty.
    found = [_bind(IN_FORCE, IN_FORCE, True)]
    if instance.segment:
        # The engine would put in the host's.
        found.append(_bind(resolvers_path(instance.namespace), "/etc/resolv.conf", True))
    if instance.credentials:
        inside = f"{credentials_directory(instance)}/credentials.json"
        found.append(_bind(credentials_path(instance.name), inside, True))
    for item in instance.relaxations:
        if item.name == "fifo":
            directory = item.first("path").rpartition("/")[0]
            found.append(_bind(directory, directory, False))
        elif item.name == "media":
            found += [_bind(path, path, True) for path in item.values["paths"]]
    return found


def _bind(source: str, target: str, read_only: bool) -> dict[str, Any]:
    made = {"Type": "bind", "Source": source, "Target": target, "BindOptions": {"Propagation": "rprivate"}}
    # The engine leaves out what is false, so that this compares equal with its answer.
    return {**made, "ReadOnly": True} if read_only else made


def _devices(instance: Instance) -> list[dict[str, str]]:
    """Return the sound devices, which cannot be made anew, for an instance that was given them by name."""
    if not instance.relaxed("alsa"):
        return []
    return [{"PathOnHost": "/dev/snd", "PathInContainer": "/dev/snd", "CgroupPermissions": "rw"}]


def limits(given: Limits) -> dict[str, Any]:
    """Return the limits that ``POST /containers/NAME/update`` knows as well."""
    return {
        "Memory": given.memory,
        # The engine counts memory and swap together; the same number is no swap.
        "MemorySwap": given.memory + given.swap,
        "CpuPeriod": _PERIOD,
        "CpuQuota": given.cpu * _PERIOD // 100,
        "PidsLimit": given.tasks,
        # Whoever can connect can end the process, and an outage does: neither may stop it for good.
        "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
    }


def described(
    config: Mapping[str, Any], host: Mapping[str, Any], image: str, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what there is to say of a container of the *image*, by its configuration and that of its *host* part.

    Both are as in a request, or as in the engine's answer, which knows other containers by ids; *names* are theirs.
    """
    # In the engine's order: of two profiles it takes the last.
    security = host.get("SecurityOpt") or []
    profiles = {key: text for key, _is, text in (item.partition("=") for item in security) if text}
    quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or _PERIOD
    return {
        "image": image,
        "instance": (config.get("Labels") or {}).get(INSTANCE_LABEL, ""),
        "host name": str(config.get("Hostname")),
        "user": str(config.get("User")),
        "command": json.dumps([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]),
        "environment": "\n".join(sorted(config.get("Env") or [])),
        "stop": f"{config.get('StopSignal')}, {config.get('StopTimeout')} s",
        "health check": _health_check(config.get("Healthcheck") or {}),
        "memory": size_text(host["Memory"]) if host.get("Memory") else _UNLIMITED,
        "swap": _swap(host.get("Memory") or 0, host.get("MemorySwap") or 0),
        "cpu": f"{100 * quota // period}%" if quota > 0 else _UNLIMITED,
        "tasks": _count(host.get("PidsLimit")),
        "files": _lines(host.get("Ulimits")),
        "block I/O": _lines([*(host.get("BlkioDeviceReadBps") or []), *(host.get("BlkioDeviceWriteBps") or [])]),
        "slice": host.get("CgroupParent") or "the engine's own",
        "restart": str((host.get("RestartPolicy") or {}).get("Name")),
        "out of memory": str(host.get("OomScoreAdj")),
        "root": "read-only" if host.get("ReadonlyRootfs") else "writable",
        "hidden": _lines(host.get("MaskedPaths")),
        "memory file systems": _lines(host.get("Tmpfs")),
        "mounts": _lines([*(host.get("Mounts") or []), *(host.get("Binds") or []), *(host.get("VolumesFrom") or [])]),
        "devices": _lines([*(host.get("Devices") or []), *(host.get("DeviceCgroupRules") or [])]),
        "groups": " ".join(sorted(host.get("GroupAdd") or [])),
        "capabilities": _capabilities(host),
        "privileged": "yes" if host.get("Privileged") else "no",
        "new privileges": "no" if {NO_NEW_PRIVILEGES, f"{NO_NEW_PRIVILEGES}:true"} & set(security) else "yes",
        "system call filter": _digest(profiles.get("seccomp", "")),
        "AppArmor profile": profiles.get("apparmor", ""),
        "namespaces": _lines({name: host.get(name) or "" for name in _NAMESPACES}),
        "network": _named(str(host.get("NetworkMode")), names or {}),
        "kernel settings": _lines(host.get("Sysctls")),
        "published": _published(host.get("PortBindings")),
        "log": json.dumps(host.get("LogConfig"), sort_keys=True),
        "anything else": _lines({name: text for name, text in host.items() if name not in _JUDGED and _means(text)}),
    }


_JUDGED = frozenset(
    (
        *("BlkioDeviceReadBps", "BlkioDeviceWriteBps", "Binds", "CapAdd", "CapDrop", "CgroupParent", "CgroupnsMode"),
        *("CpuPeriod", "CpuQuota", "DeviceCgroupRules", "Devices", "GroupAdd", "IpcMode", "LogConfig", "MaskedPaths"),
        *("Memory", "MemorySwap", "Mounts", "NetworkMode", "OomScoreAdj", "PidMode", "PidsLimit", "PortBindings"),
        *("Privileged", "ReadonlyRootfs", "RestartPolicy", "SecurityOpt", "Sysctls", "Tmpfs", "UTSMode", "Ulimits"),
        *("UsernsMode", "VolumesFrom"),
        # What the engine fills in for each container.
        *("ConsoleSize", "ReadonlyPaths", "Runtime", "ShmSize"),
    )
)


def _means(value: Any) -> bool:
    """Whether a setting of the engine's says anything: without a value, with none and with -1 it does not."""
    return bool(value) and value != -1


def _health_check(check: Mapping[str, Any]) -> str:
    """Return a health check; what the engine takes from the image for one that was turned off means nothing."""
    return "none" if check.get("Test") == ["NONE"] else json.dumps(check, sort_keys=True)


def _named(mode: str, names: Mapping[str, str]) -> str:
    identifier = mode.removeprefix(_BY_NAME)
    return f"{_BY_NAME}{names.get(identifier, identifier)}" if mode.startswith(_BY_NAME) else mode


_NAMESPACES = ("CgroupnsMode", "IpcMode", "PidMode", "UTSMode", "UsernsMode")


def _capabilities(host: Mapping[str, Any]) -> str:
    dropped, added = host.get("CapDrop") or [], host.get("CapAdd") or []
    return "none" if dropped == ["ALL"] and not added else f"without {dropped}, with {added}"


def _published(bindings: Mapping[str, Any] | None) -> str:
    found = [
        f"{item.get('HostIp') or 'every address'} {item.get('HostPort')} to {port}"
        for port, items in (bindings or {}).items()
        for item in items or []
    ]
    return "\n".join(sorted(found))


def _count(number: int | None) -> str:
    """Return a limit of a number; engines take nothing, 0 and -1 all for none."""
    return str(number) if number is not None and number > 0 else _UNLIMITED


def _swap(memory: int, both: int) -> str:
    """Return how much may be swapped; engines bound the sum with the memory, and take -1 for no bound."""
    return size_text(both - memory) if both >= memory > 0 else _UNLIMITED


def _digest(profile: str) -> str:
    """Return a digest of a *profile*, written in whatever way; what is only a name, as ``unconfined``, is that."""
    if not profile.startswith("{"):
        return profile or "the engine's own"
    return hashlib.sha256(json.dumps(json.loads(profile), sort_keys=True).encode()).hexdigest()[:16]


def _lines(value: Any) -> str:
    """Return an engine's list or mapping as sorted lines; what it leaves out and what is empty are the same."""
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {text}" for name, text in sorted(value.items()))
    return "\n".join(sorted(json.dumps(item, sort_keys=True) for item in value or []))
