# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named relaxations of the sandbox: what each opens, for what, and at what price.

The default is safe; whoever needs more says so by name and with a reason, and the audit repeats both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError, missing
from .reading import absolute_path, line, mapping, sequence
from .sandbox import Directive


@dataclass(frozen=True)
class Kind:
    """A relaxation that exists: *price* is what the host gives up, *parameters* what the user may say besides."""

    name: str
    purpose: str
    price: str
    parameters: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


HOST_NETWORK = "host_network"

KINDS: tuple[Kind, ...] = (
    Kind(
        "alsa",
        "play through a sound card",
        "a hijacked instance can record from a microphone of the same cards, and reach the sound drivers of the kernel",
    ),
    Kind(
        "pulseaudio",
        "play through a PulseAudio server",
        "a hijacked instance can do what the server lets its clients do, record and load modules, and run what it "
        "has in memory",
        ("socket", "group"),
    ),
    Kind(
        "pipewire",
        "play through a PipeWire server",
        "a hijacked instance can do what the server lets its clients do, record and see other programs' streams, and "
        "run what it has in memory",
        ("socket", "group"),
    ),
    Kind(
        "fifo",
        "write raw audio into a named pipe, as for snapcast",
        "a hijacked instance can write anything to whoever reads the pipe",
        ("path", "group"),
        ("path",),
    ),
    Kind(
        "hooks",
        "run a program at player events (option onevent)",
        "programs can be executed in the sandbox, and track names chosen by others reach them in variables",
        ("programs",),
        ("programs",),
    ),
    Kind(
        "bluetooth",
        "play through BlueALSA",
        "the system bus can be reached, with all that its policy lets any user ask of other services",
    ),
    Kind(
        "media",
        "play files of the host (option local-file-dir)",
        "a hijacked instance can read these directories",
        ("paths",),
        ("paths",),
    ),
    Kind(
        "disk",
        "remember the volume, and keep tracks where cache-size-limit is set",
        "a hijacked instance can fill the file system of /var",
    ),
    Kind(
        HOST_NETWORK,
        "share the network of the host, as where its bridges or avahi cannot be used",
        "the socket is on every address of the host and the firewall's table alone stands before it; a hijacked "
        "instance sees the host's interfaces, routes and connections, and reaches its abstract sockets",
    ),
)

IN_CONTAINERS = ("alsa", "fifo", HOST_NETWORK, "media")
"""Those that a container can be given; the others need programs, sockets or directories that its image has not."""

ONLY_IN_CONTAINERS = (HOST_NETWORK,)
"""Those that mean nothing for a service."""

_EXAMPLES = {
    "path": "/run/snapserver/librespot",
    "paths": "[/srv/music]",
    "programs": "[/usr/local/bin/on-event]",
}
"""What a parameter that a relaxation needs looks like."""

_BY_NAME = {kind.name: kind for kind in KINDS}
NAMES = tuple(sorted(_BY_NAME))


@dataclass(frozen=True)
class Relaxation:
    """A relaxation that the user asked for. *values* holds its parameters, each a tuple of plain text."""

    name: str
    reason: str
    values: Mapping[str, tuple[str, ...]]

    @property
    def price(self) -> str:
        """What the host gives up."""
        return _BY_NAME[self.name].price

    def first(self, parameter: str, default: str = "") -> str:
        """Return the first value of *parameter*, or *default*."""
        return self.values.get(parameter, (default,))[0]


_POWERFUL = frozenset(
    ("root", "adm", "disk", "docker", "kmem", "lxd", "libvirt", "shadow", "staff", "sudo", "systemd-journal", "wheel")
)
"""Groups by which a hijacked instance would be as good as root, or read what root alone should."""

_SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/opt/librespot", "/proc", "/root", "/run/credentials",
    "/run/dbus", "/run/docker", "/run/docker.sock", "/run/containerd", "/run/lock", "/run/log", "/run/podman",
    "/run/systemd", "/run/udev", "/run/user", "/sbin", "/sys", "/tmp", "/usr/bin", "/usr/lib", "/usr/sbin",
    "/var/cache/librespot", "/var/lib/docker", "/var/lib/dpkg", "/var/lib/hardened-librespot", "/var/lib/librespot",
    "/var/lib/systemd", "/var/log", "/var/run", "/var/spool", "/var/tmp",
)  # fmt: skip
"""What no relaxation opens, nor a directory that holds it: the price of each would be far more than it says."""


def _group(value: Any, path: str) -> str:
    text = line(value, path, 31)
    if not text.isascii() or not all(c.isalnum() or c in "_-" for c in text) or not text[0].isalpha():
        raise SpecificationError(path, value, "is not a group's name", "Write the name of a group of the host")
    if text in _POWERFUL:
        raise SpecificationError(
            path, value, "has more power than the relaxation says", "Make a group for this purpose alone"
        )
    return text


def _harmless(text: str, path: str) -> str:
    """Return *text* unless it lies in, or holds, what belongs to the system."""
    for place in _SYSTEM:
        if text == place or text.startswith(f"{place}/") or place.startswith(f"{text}/"):
            raise SpecificationError(
                path, text, f"would open {place}", "Name a directory that holds nothing else, such as /srv/music"
            )
    return text


def _own_directory(text: str, path: str) -> str:
    if text.count("/") < 3:
        raise SpecificationError(
            path, text, "does not lie in a directory of its own", "Write a path such as /run/snapserver/librespot"
        )
    _harmless(text.rpartition("/")[0], path)
    return text


def parse_relaxations(value: Any, path: str) -> tuple[Relaxation, ...]:
    """Return the relaxations written as name to reason, or as name to a mapping with ``reason`` and parameters."""
    found = []
    for name, body in sorted(mapping(value, path, NAMES).items()):
        kind, where = _BY_NAME[name], f"{path}.{name}"
        entry = {"reason": body} if isinstance(body, str) else body
        mapping(entry, where, ("reason", *kind.parameters))
        reason = line(entry.get("reason"), f"{where}.reason", 200)
        values: dict[str, tuple[str, ...]] = {}
        for parameter in kind.parameters:
            at = f"{where}.{parameter}"
            if parameter in kind.required and parameter not in entry:
                raise missing(at, f"Write it, as {parameter}: {_EXAMPLES[parameter]}")
            if parameter not in entry:
                continue
            if parameter == "group":
                values[parameter] = (_group(entry[parameter], at),)
            elif parameter in ("programs", "paths"):
                items = sequence(entry[parameter], at)
                if not items:
                    raise SpecificationError(at, items, "is empty", "List at least one path")
                named = [absolute_path(item, f"{at}[{i}]") for i, item in enumerate(items)]
                if parameter == "paths":
                    named = [_harmless(item, f"{at}[{i}]") for i, item in enumerate(named)]
                values[parameter] = tuple(named)
            else:
                values[parameter] = (_own_directory(absolute_path(entry[parameter], at), at),)
        found.append(Relaxation(name, reason, values))
    return tuple(found)


def _data(paths: Sequence[str], reason: str) -> list[Directive]:
    """Return what keeps files in *paths* from being executed: a mount of its own does not get that from the root."""
    return [Directive("NoExecPaths", (" ".join(f"-+{path}" for path in paths),), reason)]


def opened(relaxation: Relaxation, instance: str) -> list[Directive]:
    """Return the directives that this relaxation adds to the sandbox of *instance*.

    A path with a leading dash may be missing at start: a host without a card, or a server that is not up yet, must
    not keep the instance down.
    """
    reason = relaxation.price
    group = relaxation.first("group")
    added = [Directive("SupplementaryGroups", (group,), reason)] if group else []
    if relaxation.name == "alsa":
        added += [
            Directive("BindPaths", ("-/dev/snd",), reason),
            Directive("DeviceAllow", ("char-alsa rw",), reason),
        ]
    elif relaxation.name == "pulseaudio":
        path = relaxation.first("socket", "/run/pulse/native")
        added += [
            Directive("BindReadOnlyPaths", (f"-{path}",), reason),
            Directive("Environment", (f"PULSE_SERVER=unix:{path}",), reason),
            # Sound goes to these servers in shared memory.
            Directive("SystemCallFilter", ("memfd_create",), reason),
        ]
    elif relaxation.name == "pipewire":
        path = relaxation.first("socket", "/run/pipewire/pipewire-0")
        added += [
            # Without the configuration of its clients the library does not start.
            Directive("BindReadOnlyPaths", (f"-{path} -/usr/share/pipewire -/etc/pipewire",), reason),
            Directive("Environment", (f"PIPEWIRE_REMOTE={path}",), reason),
            Directive("SystemCallFilter", ("memfd_create",), reason),
        ]
    elif relaxation.name == "fifo":
        # Its directory: a pipe that its reader makes again would go stale if it were bound alone.
        directory = relaxation.first("path").rpartition("/")[0]
        added += [
            Directive("BindPaths", (f"-{directory}",), reason),
            *_data([directory], reason),
        ]
    elif relaxation.name == "hooks":
        paths = relaxation.values["programs"]
        added += [
            Directive("BindReadOnlyPaths", (f"/usr -/bin -/sbin {' '.join(paths)}",), reason),
            Directive("ExecPaths", (" ".join(f"-+{path}" for path in ("/usr", "/bin", "/sbin", *paths)),), reason),
        ]
    elif relaxation.name == "media":
        added += [
            Directive("BindReadOnlyPaths", (" ".join(f"-{path}" for path in relaxation.values["paths"]),), reason),
            *_data(relaxation.values["paths"], reason),
        ]
    elif relaxation.name == "bluetooth":
        added += [Directive("BindReadOnlyPaths", ("-/run/dbus",), reason)]
    elif relaxation.name == "disk":
        added += [
            Directive("StateDirectory", (f"librespot/{instance}",), reason),
            Directive("StateDirectoryMode", ("0700",), reason),
            Directive("CacheDirectory", (f"librespot/{instance}",), reason),
            Directive("CacheDirectoryMode", ("0700",), reason),
            *_data([f"/var/{kind}/librespot/{instance}" for kind in ("lib", "cache")], reason),
        ]
    return added


def audio_group(relaxations: tuple[Relaxation, ...]) -> bool:
    """Whether the instance runs with the primary group ``audio``.

    As primary group and not as a supplementary one: with PrivateUsers= only the primary group is mapped.
    """
    return any(item.name in ("alsa", "bluetooth") for item in relaxations)
