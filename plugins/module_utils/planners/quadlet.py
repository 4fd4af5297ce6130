# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Quadlet of an instance, and what runs by it: written, started, rolled back, and removed."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..host.files import FILE, Files
from ..host.podman import Podman
from ..host.proc import Process, process
from ..host.systemd import Systemd
from ..model.container import INSTANCE_LABEL, Place, container_name
from ..model.errors import HostError
from ..model.image import PROBE
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.container import container, described
from ..render.options import credentials_directory
from ..render.quadlet import (
    ISOLATE,
    container_path,
    container_quadlet,
    in_files,
    network_path,
    network_quadlet,
    network_unit,
)
from ..render.unit import MARK, credentials_path
from . import confined
from .base import Planner
from .rootfs import manifest_of, wrong_files
from .service import DWELL, PATIENCE

_MODE = 0o644
_FILE = "file"
_LOADED = "loaded"
_ELSEWHERE = ("restart", "log", "hidden")
"""What systemd and the journal do, or Podman does not tell; the file says it, and that systemd has read the file."""


def _written(files: Files, path: str) -> str:
    """Return what stands at *path*, and whose it is when it is not only root's to write."""
    entry = files.read(path)
    if entry is None:
        return ""
    text = entry.content.decode("utf-8", "replace")
    right = (entry.kind, entry.mode, entry.uid, entry.gid) == (FILE, _MODE, 0, 0)
    return text if right else f"{text}({entry.kind}, mode {entry.mode:04o}, owner {entry.uid}:{entry.gid})"


def _refuse_other(plan: Plan, path: str) -> None:
    if plan.before.get(_FILE) and not plan.before[_FILE].startswith(MARK):
        raise HostError(f"{path} exists and is not ours", "Give the instance another name, or remove that file")


class PodmanNetworkPlanner(Planner):
    """The network of one container: its Quadlet, and what Podman has made of it."""

    def __init__(self, systemd: Systemd, files: Files, podman: Podman, instance: Instance) -> None:
        super().__init__(f"network {container_name(instance.name)}", instance.name)
        self._systemd = systemd
        self._files = files
        self._podman = podman
        self._instance = instance
        self._name = container_name(instance.name)
        self._path = network_path(instance.name)

    def wanted(self) -> State:
        """Return the network as it shall be."""
        return {
            _FILE: network_quadlet(self._instance),
            "driver": "bridge",
            "bridge": self._instance.bridge,
            "instance": self._instance.name,
            "isolated": ISOLATE,
            "IPv6": "no",
            "resolver": "no",
        }

    def found(self) -> State:
        """Return the network as Podman has it."""
        written = _written(self._files, self._path)
        state = {_FILE: written} if written else {}
        there = self._podman.network(self._name)
        if there is None:
            return state
        return {
            **state,
            "driver": str(there["Driver"]),
            "bridge": str(there["Options"]["bridge"]),
            "instance": there["Labels"].get(INSTANCE_LABEL, ""),
            "isolated": there["Options"].get("isolate", "no"),
            "IPv6": "yes" if there["EnableIPv6"] else "no",
            "resolver": "yes" if there["Resolves"] else "no",
        }

    def refuse(self, plan: Plan) -> None:
        """Refuse a file or a network of that name that is not ours."""
        _refuse_other(plan, self._path)
        if plan.before.get("instance", self._instance.name) != self._instance.name:
            raise HostError(
                f"The {plan.subject} exists and is not ours",
                f"Give the instance another name, or remove it: podman network rm {self._name}",
            )

    def apply(self, plan: Plan) -> None:
        """Make it; one that differs is made anew, which ends the container on it."""
        self._files.write(self._path, plan.after[_FILE].encode(), _MODE)
        self._systemd.daemon_reload()
        if "driver" in plan.before:
            self._systemd.stop([f"{self._name}.service"])
            self._podman.remove_network(self._name)
        self._systemd.restart([network_unit(self._instance.name)])


class QuadletPlanner(Planner):
    """The container of a present instance, which shall run at *place* by its Quadlet."""

    def __init__(
        self, systemd: Systemd, files: Files, podman: Podman, instance: Instance, place: Callable[[], Place]
    ) -> None:
        super().__init__(f"container {container_name(instance.name)}", instance.name)
        self._systemd = systemd
        self._files = files
        self._podman = podman
        self._instance = instance
        self._place = place
        self._name = container_name(instance.name)
        self._unit = f"{self._name}.service"
        self._path = container_path(instance.name)

    def wanted(self) -> State:
        """Return the container as it shall be."""
        place = self._place()
        request = container(self._instance, place)
        return {
            _FILE: container_quadlet(self._instance, in_files(request)),
            _LOADED: "as on disk",
            **_compared(described(request, request["HostConfig"], place.image)),
            "run by": self._unit,
            "state": "running",
            "process": "as described",
            "files": "those of its image",
            "login": "as given" if self._instance.credentials else "none",
        }

    def found(self) -> State:
        """Return the container as Podman has it, and as its live process is."""
        written = _written(self._files, self._path)
        state = {_FILE: written} if written else {}
        if written:
            shown = self._systemd.show(self._unit, ["NeedDaemonReload", "SourcePath"])
            right = (shown["NeedDaemonReload"], shown["SourcePath"]) == ("no", self._path)
            state[_LOADED] = "as on disk" if right else "not as on disk"
        there = self._podman.container(self._name)
        if there is None:
            return state
        main = process(int(there["State"]["Pid"])) if there["State"]["Running"] else None
        cgroup = str(there["State"].get("CgroupPath") or "")
        return {
            **state,
            **_compared(described(there["Config"], there["HostConfig"], there["Image"])),
            # One that was started by hand under this name goes when its shell does, and nothing starts it again.
            "run by": self._unit if f"/{self._unit}/" in cgroup else cgroup,
            "state": "running" if main is not None else str(there["State"]["Status"]),
            "process": self._process(main),
            "files": self._root(main, there["Image"]),
            "login": self._login(main),
        }

    def _process(self, main: Process | None) -> str:
        if main is None:
            return "(not running)"
        return "; ".join(confined.wrong(main, self._instance, self._place())) or "as described"

    def _root(self, main: Process | None, image: str) -> str:
        if main is None:
            return "(not running)"
        return "; ".join(wrong_files(main, manifest_of(self._files, image))) or "those of its image"

    def _login(self, main: Process | None) -> str:
        """Compare what the process can read with what is on disk; their contents stay here."""
        inside = f"{credentials_directory(self._instance)}/credentials.json"
        seen = Files(f"/proc/{main.pid}/root").read(inside) if main is not None else None
        if seen is None or seen.kind != FILE:
            return "none"
        given = self._files.read(credentials_path(self._instance.name))
        return "as given" if given is not None and given.content == seen.content else "others"

    def refuse(self, plan: Plan) -> None:
        """Refuse a file or a container of that name that is not ours."""
        _refuse_other(plan, self._path)
        if plan.before.get("instance", self._instance.name) != self._instance.name:
            raise HostError(
                f"The {plan.subject} exists and is not ours",
                f"Give the instance another name, or remove it: podman rm --force {self._name}",
            )

    def apply(self, plan: Plan) -> None:
        """Write the Quadlet and start it; when it does not answer, what was there before is put back and started."""
        before = self._files.read(self._path)
        self._files.write(self._path, plan.after[_FILE].encode(), _MODE)
        try:
            self._start()
        except HostError:
            self._back(before.content if before is not None else None)
            raise

    def _start(self) -> None:
        self._systemd.daemon_reload()
        self._systemd.restart([self._unit])
        self._wait()

    def _back(self, content: bytes | None) -> None:
        if content is None:
            self._systemd.stop([self._unit])
            self._files.remove(self._path)
            self._systemd.daemon_reload()
            self._systemd.forget_failures([self._unit])
            return
        self._files.write(self._path, content, _MODE)
        self._systemd.daemon_reload()
        self._systemd.restart([self._unit])

    def _wait(self) -> None:
        """Wait until the instance answers; without discovery, until it has stayed up for a moment."""
        deadline, since, seen = time.monotonic() + PATIENCE, 0.0, 0
        while time.monotonic() < deadline:
            if self._instance.discovery:
                if self._podman.run(self._name, [PROBE, str(self._instance.port)]) == 0:
                    return
            else:
                there = self._podman.container(self._name)
                pid = int(there["State"]["Pid"]) if there else 0
                if pid != seen:
                    seen, since = pid, time.monotonic()
                elif pid and time.monotonic() - since >= DWELL:
                    return
            time.sleep(0.2)
        said = self._systemd.journal(self._unit).replace("\n", " / ")
        failed = "does not answer" if self._instance.discovery else "does not stay up"
        raise HostError(
            f"The container {self._name} {failed} {PATIENCE:g} s after its start; its last lines: {said or 'none'}",
            "Mend what it says; what ran before goes on",
        )


def _compared(state: State) -> State:
    return {name: text for name, text in state.items() if name not in _ELSEWHERE}


class NoQuadletPlanner(Planner):
    """What is ours of an instance that goes: its Quadlets, its container and its network."""

    def __init__(self, systemd: Systemd, files: Files, podman: Podman, name: str) -> None:
        super().__init__(f"container {container_name(name)}", name)
        self._systemd = systemd
        self._files = files
        self._podman = podman
        self._name = container_name(name)
        self._units = [f"{self._name}.service", network_unit(name)]
        self._paths = [container_path(name), network_path(name)]

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return what is there of it and ours."""
        texts = {path: _written(self._files, path) for path in self._paths}
        state = {path: "there" for path, text in texts.items() if text.startswith(MARK)}
        there, network = self._podman.container(self._name), self._podman.network(self._name)
        if there and INSTANCE_LABEL in (there["Config"].get("Labels") or {}):
            state["container"] = str(there["State"]["Status"])
        if network and INSTANCE_LABEL in network["Labels"]:
            state["network"] = "there"
        return state

    def apply(self, plan: Plan) -> None:
        """Stop it, so that it says goodbye, and remove all of it."""
        if set(self._paths) & set(plan.before):
            self._systemd.stop(self._units)
        if "container" in plan.before:
            self._podman.remove(self._name)
        if "network" in plan.before:
            self._podman.remove_network(self._name)
        for path in self._paths:
            if path in plan.before:
                self._files.remove(path)
        self._systemd.daemon_reload()
        self._systemd.forget_failures(self._units)
