# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman of this host, by its command. What it says is put in the words of Docker's API: both are judged alike."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.container import PODMAN
from ..model.errors import HostError
from ..model.networks import V4
from .command import Commands
from .files import Files
from .systemd import Systemd

OLDEST = (5, 4)
"""Debian 13's. That of Debian 12 (4.3) knows no Quadlets."""

_TIMEOUT_S = 120
# Version 5 warns of version 1 of control groups at each call.
_ENV = {"PODMAN_IGNORE_CGROUPSV1_WARNING": "1"}
_SOUND = "/dev/snd"
_ROOTLESS = HostError(
    "This Podman is rootless: its networks are in a namespace of a user's, where the host's firewall table knows no "
    "bridge, and no unit of that user's waits for the table",
    "Become root (become: true), or deploy instances as services; docs/containers.md says what was seen",
)

Described = dict[str, Any]
"""An object of the engine, as Docker's API has it."""


class Podman:
    """Podman as root's. Raises `HostError` when it is not there, too old, or not root's."""

    name = PODMAN
    apart = ("isolate", "strict")
    """The option of a network by which it is kept from others."""
    reading = "journalctl --unit {name}.service"
    """How a person reads what a container said."""
    renewing = "systemctl restart {name}.service"
    """How a person starts a container anew."""
    pools = (
        'Give the engine addresses of which nobody else has one: write default_subnet_pools = [{"base" = '
        '"172.30.0.0/16", "size" = 28}] below [network] in /etc/containers/containers.conf'
    )
    """How a person gives it other addresses for networks."""
    removing = "systemctl stop {name} {name}-network && podman network rm --force {name}"
    """How a person removes a container with its network."""
    relinking = "podman network reload --all"
    """How a person makes it write its rules for packets again."""
    families = (V4,)
    """The families in which a published port is answered: for a network of IPv4 its rules are of IPv4 alone.

    In IPv6 whoever connects would wait for an answer, since Podman keeps the port and serves nobody there.
    """
    resolver = ""
    """Our networks have none of Podman's: containers ask the servers that the host had when they were started."""
    slices = False
    """Each container is in the control group of its service, in which systemd changes nothing."""

    def __init__(self, commands: Commands, user: int | None = None) -> None:
        self._commands = commands
        # Asked by another user it may say nothing but that it has no directory for what is that user's.
        if (os.geteuid() if user is None else user) != 0:
            raise _ROOTLESS
        # In this form it answers also where its storage does not work.
        version = self._run("--version", remedy="Install the package podman").split()[-1]
        found = [part for part in version.split(".")[:2] if part.isdigit()]
        if len(found) < len(OLDEST) or tuple(map(int, found)) < OLDEST:
            raise HostError(
                f"Podman is {version}, older than 5.4: it cannot run instances as Quadlets",
                "Use a host with Debian 13 or newer, or librespot_container_engine: docker",
            )
        self._host = self._json("info")["host"]
        security = self._host["security"]
        # Root's command may be set up to ask a user's.
        if security["rootless"]:
            raise _ROOTLESS
        self.filters_calls = bool(security["seccompEnabled"])

    @property
    def architecture(self) -> str:
        """The architecture of what it runs, as images name it."""
        return str(self._host["arch"])

    def image(self, identifier: str) -> Described | None:
        """Return an image; None when the engine does not have it."""
        found = self._inspect("image", identifier)
        return None if found is None else {**found, "Id": _identifier(found["Id"])}

    def images(self, label: str) -> list[Described]:
        """Return the images that have a *label*."""
        found = self._json("image", "ls", "--no-trunc", "--filter", f"label={label}")
        return [{**item, "Id": _identifier(item["Id"])} for item in found]

    def load(self, path: str) -> None:
        """Load the archive at *path*."""
        self._run("load", "--quiet", "--input", path, remedy="Free space below /var/lib/containers; podman system df")

    def remove_image(self, identifier: str) -> None:
        """Remove an image with its names; nothing when it is gone."""
        self._run("image", "rm", "--force", "--ignore", identifier)

    def network(self, name: str) -> Described | None:
        """Return the network *name*; None when there is none."""
        found = self._inspect("network", name)
        if found is None:
            return None
        return {
            "Driver": found["driver"],
            "EnableIPv6": found["ipv6_enabled"],
            "Labels": found.get("labels") or {},
            "Options": {**(found.get("options") or {}), "bridge": found["network_interface"]},
            "Resolves": found["dns_enabled"],
        }

    def on_network(self, name: str) -> list[str]:
        """Return the containers on the network *name*, which none may be for it to go; none when it is gone.

        What is said of the network itself leaves out those that are stopped.
        """
        found = self._json("ps", "--all", "--filter", f"network={name}")
        return sorted(item["Names"][0] for item in found)

    def networks(self, label: str) -> list[Described]:
        """Return all networks that have a *label*, in a short form."""
        found = self._json("network", "ls", "--filter", f"label={label}")
        return [{"Name": item["name"], "Labels": item["labels"]} for item in found]

    def remove_network(self, name: str) -> None:
        """Remove a network; nothing when it is gone. Whatever is on it stays, and so does it then."""
        if not self._there("network", name):
            return
        # By force it would remove every container that is on it, whoever's that is.
        others = self.on_network(name)
        remedy = f"Take it off, as by: podman network disconnect {name} {others[0]}" if others else ""
        self._run("network", "rm", name, remedy=remedy)

    def container(self, name: str) -> Described | None:
        """Return the container *name*; None when there is none."""
        found = self._inspect("container", name)
        return None if found is None else _described(found)

    def containers(self, label: str) -> list[Described]:
        """Return all containers that have a *label*, running or not, in a short form."""
        found = self._json("ps", "--all", "--no-trunc", "--filter", f"label={label}")
        return [{**item, "ImageID": _identifier(item["ImageID"])} for item in found]

    def guests(self, name: str) -> list[str]:
        """Return the containers that were made in a namespace of the container *name*: with any it cannot go."""
        there = self._inspect("container", name)
        if there is None:
            return []
        others = [item["Id"] for item in self._json("ps", "--all", "--no-trunc") if item["Id"] != there["Id"]]
        if not others:
            return []
        argv = ["podman", "container", "inspect", *others]
        # One that has ended meanwhile is said to be missing, beside the rest.
        said = self._commands.run(argv, ok=(0, 125), timeout=_TIMEOUT_S, env=_ENV).stdout
        found = json.loads(said or "[]")
        return sorted(item["Name"] for item in found if there["Id"] in (item.get("Dependencies") or ()))

    def remove(self, name: str) -> None:
        """Remove a container whatever it does; nothing when it is gone."""
        self._run("rm", "--force", "--ignore", "--volumes", name)

    def run(self, name: str, argv: Sequence[str]) -> int:
        """Run *argv* in a container that runs, as its own user, and return the status; another than 0 when it ended."""
        return self._commands.run(["podman", "exec", name, *argv], ok=(), timeout=_TIMEOUT_S, env=_ENV).returncode

    def log(self, name: str, lines: int = 10) -> str:
        """Return the last *lines* that a container, or what starts it, said."""
        return Systemd(self._commands).journal(f"{name}.service", lines)

    def _there(self, kind: str, name: str) -> bool:
        argv = ["podman", kind, "exists", name]
        return self._commands.run(argv, ok=(0, 1), timeout=_TIMEOUT_S, env=_ENV).returncode == 0

    def _inspect(self, kind: str, name: str) -> Described | None:
        if not self._there(kind, name):
            return None
        (found,) = self._json(kind, "inspect", name)
        return dict(found)

    def _json(self, *argv: str) -> Any:
        return json.loads(self._run(*argv, "--format", "json") or "[]")

    def _run(self, *argv: str, remedy: str = "") -> str:
        remedy = remedy or f"Run on the host: podman {' '.join(argv)}"
        return self._commands.run(["podman", *argv], timeout=_TIMEOUT_S, env=_ENV, remedy=remedy).stdout


def _identifier(found: str) -> str:
    return found if ":" in found else f"sha256:{found}"


def _described(found: Mapping[str, Any]) -> Described:
    """Return what Podman says of a container in the words of Docker's API."""
    host, config = found["HostConfig"], found["Config"]
    networks = found["NetworkSettings"]["Networks"] or {}
    started = _started_with(found)
    none = not (found.get("EffectiveCaps") or found.get("BoundingCaps") or host.get("CapAdd"))
    return {
        **found,
        "Image": _identifier(found["Image"]),
        "NetworkSettings": {**found["NetworkSettings"], "Networks": networks},
        "Config": {**config, "Env": _environment(config)},
        "HostConfig": {
            **host,
            # Podman says which ones it has dropped of those that it would give.
            "CapDrop": ["ALL"] if none else host.get("CapDrop"),
            "SecurityOpt": [_option(item, started) for item in host.get("SecurityOpt") or ()],
            "Ulimits": _ulimits(host.get("Ulimits") or ()),
            "Tmpfs": {path: _own(options) for path, options in (host.get("Tmpfs") or {}).items()},
            "Binds": [],
            "Mounts": [_mount(item) for item in found.get("Mounts") or () if item["Type"] == "bind"],
            "VolumesFrom": [item["Name"] for item in found.get("Mounts") or () if item["Type"] != "bind"],
            "Devices": _devices(host.get("Devices") or ()),
            "CgroupnsMode": host.get("CgroupMode"),
            "PidMode": _shared(host.get("PidMode")),
            "UTSMode": _shared(host.get("UTSMode")),
            "NetworkMode": " ".join(sorted(networks)) if host["NetworkMode"] == "bridge" else host["NetworkMode"],
        },
    }


def _environment(config: Mapping[str, Any]) -> list[str]:
    """Return the environment without what Podman gives every container."""
    given = {"container=podman", f"HOSTNAME={config['Hostname']}", "HOME=", "HOME=/"}
    return [item for item in config.get("Env") or () if item not in given]


def _started_with(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the container's process was started with, by the specification that its runtime got."""
    path = str(found.get("OCIConfigPath") or "")
    entry = Files().read(path) if path else None
    return dict(json.loads(entry.content)) if entry else {}


def _option(found: str, started: Mapping[str, Any]) -> str:
    """Return a security option with the text of the system call filter, of which Podman says only the file.

    The process has the filter that was in the file when it was started, so what is in it now is not enough.
    """
    name, _equals, path = found.partition("=")
    if name != "seccomp" or not path.startswith("/"):
        return found
    entry = Files().read(path)
    text = entry.content.decode("utf-8", "replace") if entry else ""
    live = (started.get("linux") or {}).get("seccomp") or {}
    return f"{name}={text}" if text and _rules(text) == _rules(json.dumps(live)) else f"{name}={path} as it was then"


def _rules(text: str) -> Any:
    """Return what a filter decides, without what Podman leaves out when it hands one on: tables, and zeros."""
    try:
        profile = json.loads(text)
        calls = [
            [
                sorted(item["names"]),
                item["action"],
                item.get("errnoRet"),
                [
                    [arg["index"], arg.get("value", 0), arg.get("valueTwo", 0), arg["op"]]
                    for arg in item.get("args") or ()
                ],
            ]
            for item in profile["syscalls"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return text
    return [profile.get("defaultAction"), profile.get("defaultErrnoRet"), calls]


def _ulimits(found: Sequence[Mapping[str, Any]]) -> list[Described]:
    """Return them without that of processes, which Podman copies from the host; the cgroup counts them."""
    named = [{**item, "Name": item["Name"].replace("RLIMIT_", "").lower()} for item in found]
    return [item for item in named if item["Name"] != "nproc"]


def _own(options: str) -> str:
    return ",".join(item for item in options.split(",") if item != "rprivate")


def _mount(item: Mapping[str, Any]) -> Described:
    return {
        "Type": "bind",
        "Source": item["Source"],
        "Target": item["Destination"],
        "BindOptions": {"Propagation": item["Propagation"]},
        # As Docker says it: what is false is left out.
        **({} if item["RW"] else {"ReadOnly": True}),
    }


def _devices(found: Sequence[Mapping[str, Any]]) -> list[Described]:
    """Return them, those of a directory of sound as that directory, which Podman unfolds."""
    paths = [item["PathOnHost"] for item in found]
    folded = {_SOUND if path.startswith(f"{_SOUND}/") else path for path in paths}
    return [{"PathOnHost": x, "PathInContainer": x, "CgroupPermissions": "rw"} for x in sorted(folded)]


def _shared(mode: str | None) -> str:
    return "" if mode in (None, "private") else str(mode)
