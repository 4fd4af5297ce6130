# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of an instance as a Quadlet: a file of which Podman's generator makes a service of systemd.

It is written from the same request that Docker's API gets, so that neither engine has a specification of its own.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from typing import Any

from ..model.container import INSTANCE_LABEL, container_name
from ..model.instance import Instance
from .container import NO_NEW_PRIVILEGES
from .unit import FIREWALL, unit_text, word

QUADLETS = "/etc/containers/systemd"
_RUNTIME = "/run/containers/systemd"
ISOLATE = "strict"
"""Packets between this bridge and those of other containers are dropped, also from those that are not isolated."""

SECCOMP = "/opt/librespot/seccomp"
"""Where the system call filter is, by its digest."""

SLICE = "librespot-by_podman.slice"
"""Where all of them are, below the slice of all instances. What the kernel counts there is of nobody else, and stays.

Not beside services: of one that was there by the same name, version 1 of control groups keeps to which devices it was
held. No instance has an underscore in its name, by which other slices are called.
"""

_SECCOMP = "seccomp="
_APPARMOR = "apparmor="
_SAME: Mapping[str, Any] = {"CapDrop": ["ALL"], "CgroupParent": "", "Privileged": False, "ReadonlyRootfs": True}
"""What every container has, and every Quadlet says; its service has a control group of its own."""

_TAKEN = frozenset(
    (
        *("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "HostConfig", "Hostname", "Image", "Labels"),
        *("NetworkingConfig", "StopSignal", "StopTimeout", "User"),
    )
)
_TAKEN_OF_HOST = frozenset(
    (
        *("BlkioDeviceReadBps", "BlkioDeviceWriteBps", "CgroupnsMode", "CpuPeriod", "CpuQuota"),
        *("Devices", "GroupAdd", "IpcMode", "LogConfig", "MaskedPaths", "Memory", "MemorySwap", "Mounts"),
        *("NetworkMode", "OomScoreAdj", "PidsLimit", "PortBindings", "RestartPolicy", "SecurityOpt", "Tmpfs"),
        *("Ulimits", *_SAME),
    )
)
_SECOND = 1_000_000_000
Lines = list[tuple[str, str]]


def container_path(name: str) -> str:
    """Return the file of the container of the instance *name*; its service has the same name."""
    return f"{QUADLETS}/{container_name(name)}.container"


def network_path(name: str) -> str:
    """Return the file of the network of the instance *name*."""
    return f"{QUADLETS}/{container_name(name)}.network"


def drop_ins(path: str) -> list[str]:
    """Return where lies what Podman's generator adds to the Quadlet at *path* alone, or would take instead of it.

    What packages or the administrator add to the Quadlets of others too is theirs.
    """
    name, kind = path.rpartition("/")[2].rsplit(".", 1)
    dashes = [index for index, letter in enumerate(name) if letter == "-"]
    parts = [name, *(name[: index + 1] for index in reversed(dashes))]
    found = [f"{directory}/{part}.{kind}.d" for directory in (QUADLETS, _RUNTIME) for part in parts]
    return [*found, f"{_RUNTIME}/{name}.{kind}"]


def network_unit(name: str) -> str:
    """Return the service that Podman's generator makes of that file."""
    return f"{container_name(name)}-network.service"


def network_quadlet(instance: Instance) -> str:
    """Return the network of one container alone: a bridge of its own, by the name that the firewall's table knows."""
    lines = [
        ("NetworkName", container_name(instance.name)),
        ("Driver", "bridge"),
        # A resolver of the engine would listen on the host's end of the bridge.
        ("DisableDNS", "true"),
        ("Options", f"isolate={ISOLATE}"),
        ("Label", f"{INSTANCE_LABEL}={instance.name}"),
        ("PodmanArgs", f"--interface-name={instance.bridge}"),
    ]
    return unit_text([("Network", lines)])


def container_quadlet(instance: Instance, request: Mapping[str, Any]) -> str:
    """Return the Quadlet of *instance* for what Docker's API is asked for with *request*.

    Raises ValueError for what this does not know: leaving it out would be another container.
    """
    _refuse_unknown(request)
    before = [
        ("Description", f"Spotify Connect speaker {instance.name} (librespot) in a container"),
        ("Documentation", "https://github.com/librespot-org/librespot/wiki"),
        # Podman publishes the port: not before the table is there, and what is mounted says that it is.
        ("Wants", f"network-online.target {FIREWALL}"),
        ("After", f"network-online.target sound.target {FIREWALL}"),
        ("Upholds", FIREWALL),
        ("StartLimitIntervalSec", "0"),
    ]
    # Whoever can connect can end the process, and an outage does: neither may stop it for good.
    run = [
        ("Restart", "always"),
        ("RestartSec", "1s"),
        ("Slice", SLICE),
        # Given to Podman, it would weigh the container against the service's other processes alone.
        ("IOWeight", str(instance.limits.io_weight)),
    ]
    after = [("WantedBy", "multi-user.target")]
    container = [*_identity(instance, request), *_confined(request), *_network(instance, request), *_health(request)]
    return unit_text([("Unit", before), ("Container", container), ("Service", run), ("Install", after)])


def _refuse_unknown(request: Mapping[str, Any]) -> None:
    host = request["HostConfig"]
    known = (_SECCOMP + SECCOMP, _APPARMOR)
    unknown = [
        *sorted(set(request) - _TAKEN),
        *sorted(set(host) - _TAKEN_OF_HOST),
        *(f"{name}={host[name]}" for name, same in _SAME.items() if host[name] != same),
        *(item for item in host["SecurityOpt"] if item != NO_NEW_PRIVILEGES and not item.startswith(known)),
    ]
    if NO_NEW_PRIVILEGES not in host["SecurityOpt"]:
        unknown.append("new privileges")
    if unknown:
        raise ValueError(f"no Quadlet is known for {', '.join(unknown)}")


def in_files(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return *request* with the path of a file for the system call filter, which Podman does not take as a text."""
    host = request["HostConfig"]
    options = [
        _SECCOMP + seccomp_path(item[len(_SECCOMP) :]) if item.startswith(_SECCOMP) else item
        for item in host["SecurityOpt"]
    ]
    return {**request, "HostConfig": {**host, "SecurityOpt": options}}


def seccomp_path(profile: str) -> str:
    """Return the file of *profile*; another profile has another name, so that it is another container."""
    return f"{SECCOMP}/{hashlib.sha256(profile.encode()).hexdigest()[:16]}.json"


def _security(request: Mapping[str, Any], kind: str) -> list[str]:
    """Return what *request* says of a *kind* of security option, if it does."""
    options = request["HostConfig"]["SecurityOpt"]
    return [item[len(kind) :] for item in options if item.startswith(kind)]


def _identity(instance: Instance, request: Mapping[str, Any]) -> Lines:
    uid, _colon, gid = str(request["User"]).partition(":")
    return [
        ("ContainerName", container_name(instance.name)),
        # A name would be whatever it points to today.
        ("Image", str(request["Image"]).rpartition(":")[2]),
        ("Pull", "never"),
        ("HostName", str(request["Hostname"])),
        ("User", uid),
        ("Group", gid),
        *(("GroupAdd", str(group)) for group in request["HostConfig"]["GroupAdd"]),
        *((("Exec", " ".join(map(word, request["Cmd"]))),) if request["Cmd"] else ()),
        *(("Environment", word(item)) for item in request["Env"]),
        *(("Label", word(f"{name}={value}")) for name, value in request["Labels"].items()),
        ("StopSignal", str(request["StopSignal"])),
        ("StopTimeout", str(request["StopTimeout"])),
        # It has bounds of its own, and stays when the container has gone.
        ("LogDriver", "journald"),
    ]


def _confined(request: Mapping[str, Any]) -> Lines:
    host = request["HostConfig"]
    more = {
        # Podman would cover the user databases of the image with copies that it has added to.
        "passwd": "false",
        # Nor does what the host calls others stand in the container's table of hosts.
        "hosts-file": "none",
        "ipc": host["IpcMode"],
        "cgroupns": host["CgroupnsMode"],
        "oom-score-adj": host["OomScoreAdj"],
        "memory": host["Memory"],
        "memory-swap": host["MemorySwap"],
        "cpu-period": host["CpuPeriod"],
        "cpu-quota": host["CpuQuota"],
    }
    speeds = [
        f"--device-{kind}-bps={item['Path']}:{item['Rate']}"
        for kind, field in (("read", "BlkioDeviceReadBps"), ("write", "BlkioDeviceWriteBps"))
        for item in host[field]
    ]
    # Podman 5.4 refuses a Quadlet with the key AppArmor= of newer ones.
    profiles = [word(f"--security-opt={_APPARMOR}{name}") for name in _security(request, _APPARMOR)]
    arguments = [*(f"--{name}={value}" for name, value in more.items()), *map(word, speeds), *profiles]
    return [
        ("ReadOnly", "true"),
        ("ReadOnlyTmpfs", "false"),
        *(("Tmpfs", f"{path}:{options},notmpcopyup") for path, options in host["Tmpfs"].items()),
        *(("Mount", _mount(item)) for item in host["Mounts"]),
        *(("AddDevice", f"{x['PathOnHost']}:{x['PathInContainer']}:{x['CgroupPermissions']}") for x in host["Devices"]),
        ("DropCapability", "all"),
        ("NoNewPrivileges", "true"),
        *(("SeccompProfile", path) for path in _security(request, _SECCOMP)),
        # With version 1 of control groups crun puts a file system there that everyone may write.
        ("Mask", ":".join([*host["MaskedPaths"], "/sys/fs/cgroup"])),
        *(("Ulimit", f"{item['Name']}={item['Soft']}:{item['Hard']}") for item in host["Ulimits"]),
        ("PidsLimit", str(host["PidsLimit"])),
        ("PodmanArgs", " ".join(arguments)),
    ]


def _mount(item: Mapping[str, Any]) -> str:
    read_only = "true" if item.get("ReadOnly") else "false"
    fields = {"type": "bind", "source": item["Source"], "destination": item["Target"], "readonly": read_only}
    line = io.StringIO()
    # Podman reads them as a line of CSV: a comma in a path would begin another option.
    csv.writer(line, lineterminator="").writerow([f"{name}={value}" for name, value in fields.items()])
    return word(line.getvalue())


def _network(instance: Instance, request: Mapping[str, Any]) -> Lines:
    bindings = request["HostConfig"]["PortBindings"]
    return [
        ("Network", f"{container_name(instance.name)}.network"),
        *(
            ("PublishPort", f"{_bracketed(item['HostIp'])}:{item['HostPort']}:{port}")
            for port, items in bindings.items()
            for item in items
        ),
    ]


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _health(request: Mapping[str, Any]) -> Lines:
    check = request["Healthcheck"]
    if check["Test"] == ["NONE"]:
        return [("HealthCmd", "none")]
    arguments = ",".join(f'"{item}"' for item in check["Test"][1:])
    return [
        ("HealthCmd", f"[{arguments}]"),
        *((f"Health{name}", f"{check[name] // _SECOND}s") for name in ("Interval", "Timeout", "StartPeriod")),
        ("HealthRetries", str(check["Retries"])),
        # systemd starts it again; a restart by Podman would be one that systemd does not know of.
        ("HealthOnFailure", "kill"),
    ]
