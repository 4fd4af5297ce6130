# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of an instance, and its network: made, changed while it runs, replaced, and rolled back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ..host.engine import Engine
from ..host.files import FILE, Files
from ..host.proc import Process, process
from ..model.container import BEFORE, INSTANCE_LABEL, TRIAL, Place, container_name, holder_name
from ..model.errors import HostError
from ..model.image import PROBE
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.container import UPDATABLE, container, described, limits, network, network_mode, trial
from ..render.options import credentials_directory
from ..render.unit import credentials_path
from . import confined
from .base import Planner
from .rootfs import manifest_of, wrong_files
from .service import DWELL, PATIENCE

_STATE = "state"
_PROCESS = "process"
_LEFT = "of a run that was killed"
_NOTHING = "nothing"
_RUNNING = "running"
_DESCRIBED = "as described"
_LOGIN = "credentials"
_ONLY = "its own"
_HEALTH = "health"
_NOT_WEDGED = "not wedged"
# Not "files", which is how many can be open.
_FILES = "files of its image"
_NO_OTHERS = "there, and no others"


def refuse_anothers(plan: Plan, instance: Instance, removal: str) -> None:
    """Raise `HostError` when what *plan* would change is not of *instance*; *removal* is a command that removes it."""
    if plan.before.get("instance", instance.name) != instance.name:
        raise HostError(
            f"The {plan.subject} exists and is not ours", f"Give the instance another name, or remove it: {removal}"
        )


class NetworkPlanner(Planner):
    """The network of one container."""

    def __init__(self, engine: Engine, instance: Instance) -> None:
        super().__init__(f"network {container_name(instance.name)}", instance.name)
        self._engine = engine
        self._instance = instance
        self._name = container_name(instance.name)

    def wanted(self) -> State:
        """Return the network as it shall be; a segment, or the host's network, is in the place of one."""
        wanted = self._instance.present and self._instance.bridge
        return _network_state(network(self._instance)) if wanted else {}

    def found(self) -> State:
        """Return the network as the engine has it."""
        there = self._engine.network(self._name)
        return {} if there is None else _network_state(there)

    def refuse(self, plan: Plan) -> None:
        """Refuse a network of that name that is not ours."""
        refuse_anothers(plan, self._instance, f"docker network rm {self._name}")

    def apply(self, plan: Plan) -> None:
        """Make or remove it; one that differs is made anew, which ends the container on it."""
        if plan.before and plan.after:
            for name in (self._name, self._name + TRIAL, self._name + BEFORE):
                self._engine.remove(name)
        if plan.before:
            self._engine.remove_network(self._name)
        if plan.after:
            self._engine.create_network(self._name, network(self._instance))


def _network_state(found: Mapping[str, Any]) -> dict[str, str]:
    options = found.get("Options") or {}
    return {
        "driver": str(found.get("Driver")),
        "instance": (found.get("Labels") or {}).get(INSTANCE_LABEL, ""),
        "IPv6": "yes" if found.get("EnableIPv6") else "no",
        "options": "\n".join(f"{name}: {value}" for name, value in sorted(options.items())),
    }


class ContainerPlanner(Planner):
    """The container of a present instance, which shall run at *place*."""

    def __init__(self, engine: Engine, files: Files, instance: Instance, place: Callable[[], Place]) -> None:
        super().__init__(f"container {container_name(instance.name)}", instance.name)
        self._engine = engine
        self._files = files
        self._instance = instance
        self._place = place
        self._name = container_name(instance.name)

    def wanted(self) -> State:
        """Return the container as it shall be."""
        place = self._place()
        request = container(self._instance, place)
        return {
            **described(request, request["HostConfig"], place.image),
            "host name": self._instance.name,
            "networks": _ONLY,
            _STATE: _RUNNING,
            _PROCESS: _DESCRIBED,
            _FILES: _NO_OTHERS,
            _HEALTH: _NOT_WEDGED,
            _LOGIN: "as given" if self._instance.credentials else "none",
            _LEFT: _NOTHING,
        }

    def found(self) -> State:
        """Return the container as the engine has it, and as its live process is."""
        left = [name for name in (self._name + TRIAL, self._name + BEFORE) if self._engine.container(name)]
        there = self._engine.container(self._name)
        if there is None:
            return {_LEFT: " ".join(left)} if left else {}
        others = set(there["NetworkSettings"]["Networks"]) - {network_mode(self._instance)}
        main = process(int(there["State"]["Pid"])) if there["State"]["Running"] else None
        return {
            **described(there["Config"], there["HostConfig"], there["Image"], self._known()),
            "networks": " ".join(sorted(others)) or _ONLY,
            _STATE: _RUNNING if there["State"]["Running"] else str(there["State"]["Status"]),
            _PROCESS: self._process(main),
            _FILES: self._root(main, there["Image"]),
            _HEALTH: "unhealthy" if (there["State"].get("Health") or {}).get("Status") == "unhealthy" else _NOT_WEDGED,
            _LOGIN: self._login(main),
            _LEFT: " ".join(left) or _NOTHING,
        }

    def _known(self) -> dict[str, str]:
        """Return the name of the holder of its segment by the id; another one of that name is another network."""
        held = self._engine.container(holder_name(self._instance.name)) if self._instance.segment else None
        return {held["Id"]: holder_name(self._instance.name)} if held else {}

    def _login(self, main: Process | None) -> str:
        """Compare what the process can read with what is on disk; their contents stay here.

        The engine binds the file, not its name: one that was replaced is there only after a restart.
        """
        inside = f"{credentials_directory(self._instance)}/credentials.json"
        seen = Files(f"/proc/{main.pid}/root").read(inside) if main is not None else None
        if seen is None or seen.kind != FILE:
            return "none"
        given = self._files.read(credentials_path(self._instance.name))
        return "as given" if given is not None and given.content == seen.content else "others"

    def _process(self, main: Process | None) -> str:
        if main is None:
            return "(not running)"
        return "; ".join(confined.wrong(main, self._instance, self._place())) or _DESCRIBED

    def _root(self, main: Process | None, image: str) -> str:
        if main is None:
            # What it shows when it is up again is looked at then.
            return _NO_OTHERS
        return "; ".join(wrong_files(main, manifest_of(self._files, image))) or _NO_OTHERS

    def refuse(self, plan: Plan) -> None:
        """Refuse a container of that name that is not ours, and an engine that would run it without its profile."""
        refuse_anothers(plan, self._instance, f"docker rm --force {self._name}")
        if plan.after["AppArmor profile"] and not self._engine.confines:
            raise HostError(
                "The kernel enforces AppArmor, and the engine did not find that when it was started",
                "Start it anew: systemctl restart docker",
            )

    def apply(self, plan: Plan) -> None:
        """Start, change or replace it, as far as *plan* says."""
        plan = self._settled(plan)
        if plan.before and _differs(plan) & {*UPDATABLE, _PROCESS}:
            # Also when only the process is held to others than the engine believes.
            self._engine.update(self._name, limits(self._instance.limits, self._place().weighed))
            plan = self.plan()
        differs = _differs(plan)
        if not differs:
            return
        if not plan.before:
            self._engine.create(self._name, self._request())
            self._started()
        elif differs <= {_STATE, _PROCESS, _HEALTH, _LOGIN}:
            self._engine.stop(self._name)
            self._engine.start(self._name)
            self._wait(self._name)
        else:
            self._replace()

    def _request(self) -> dict[str, Any]:
        return container(self._instance, self._place())

    def _settled(self, plan: Plan) -> Plan:
        """Put back what a run that was killed had set aside, and return the way from there."""
        if plan.before.get(_LEFT, _NOTHING) == _NOTHING:
            return plan
        self._engine.remove(self._name + TRIAL)
        if self._engine.container(self._name + BEFORE):
            self._back()
        return self.plan()

    def _started(self) -> None:
        """Start a first container, and leave none when it does not answer."""
        try:
            self._engine.start(self._name)
            self._wait(self._name)
        except HostError:
            self._engine.remove(self._name)
            raise

    def _replace(self) -> None:
        """Put a new container in the place of the old one, which goes on until the new one has shown that it runs."""
        self._try()
        self._engine.rename(self._name, self._name + BEFORE)
        try:
            self._engine.create(self._name, self._request())
            self._engine.stop(self._name + BEFORE)
            self._engine.start(self._name)
            self._wait(self._name)
        except HostError:
            self._back()
            raise
        self._engine.remove(self._name + BEFORE)

    def _back(self) -> None:
        self._engine.remove(self._name)
        self._engine.rename(self._name + BEFORE, self._name)
        self._engine.start(self._name)

    def _try(self) -> None:
        """Run the new container beside the old one, unpublished; nothing without discovery, when one login is all."""
        if not self._instance.discovery:
            return
        name, without = self._name + TRIAL, self._engine.network(self._name) is None
        self._engine.remove(name)
        if without:
            self._engine.create_network(self._name, network(self._instance))
        try:
            self._engine.create(name, trial(self._instance, self._place()))
            self._engine.start(name)
            self._wait(name)
        finally:
            self._engine.remove(name)
            if without:
                self._engine.remove_network(self._name)

    def _wait(self, name: str) -> None:
        """Wait until the instance answers; without discovery, until it has stayed up for a moment."""
        deadline, since, seen = time.monotonic() + PATIENCE, 0.0, 0
        while time.monotonic() < deadline:
            if self._instance.discovery:
                if self._engine.run(name, [PROBE, str(self._instance.port)]) == 0:
                    return
            else:
                pid = int((self._engine.container(name) or {"State": {"Pid": 0}})["State"]["Pid"])
                if pid != seen:
                    seen, since = pid, time.monotonic()
                elif pid and time.monotonic() - since >= DWELL:
                    return
            time.sleep(0.2)
        said = self._engine.log(name).replace("\n", " / ")
        failed = "does not answer" if self._instance.discovery else "does not stay up"
        raise HostError(
            f"The container {name} {failed} {PATIENCE:g} s after its start; its last lines: {said or 'none'}",
            "Mend what it says; what ran before goes on",
        )


def _differs(plan: Plan) -> set[str]:
    return {item.attribute for item in plan.differences()}


class NoContainerPlanner(Planner):
    """A container of ours that goes."""

    def __init__(self, engine: Engine, name: str, scope: str) -> None:
        super().__init__(f"container {name}", scope)
        self._engine = engine
        self._name = name

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return whether it is there, if it is ours."""
        there = self._engine.container(self._name)
        ours = there is not None and INSTANCE_LABEL in (there["Config"].get("Labels") or {})
        return {_STATE: str(there["State"]["Status"])} if there and ours else {}

    def apply(self, plan: Plan) -> None:
        """Stop it, so that it says goodbye, and remove it."""
        if plan.before:
            self._engine.stop(self._name)
            self._engine.remove(self._name)
