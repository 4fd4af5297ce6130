# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is the same of a container whichever engine runs it: its live process, and whether it answers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Generic, TypeVar

from ..host.engine import Engine
from ..host.files import FILE, Files
from ..host.podman import Podman
from ..host.proc import Process, process
from ..model.container import INSTANCE_LABEL, TRIAL, Place, container_name
from ..model.errors import HostError
from ..model.image import PROBE
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..model.timestamp import seconds
from ..render.container import ON_HOST
from ..render.options import credentials_directory
from ..render.unit import credentials_path
from . import confined
from .base import Planner
from .rootfs import manifest_of, wrong_files
from .service import DWELL, PATIENCE

STATE, RUNNING, PAUSED = "state", "running", "paused"
PROCESS, LOGIN = "process", "credentials"
_FILES = "files of its image"
_DESCRIBED, _NO_OTHERS = "as described", "there, and no others"

HEALTH, HEALTHY = "health", "not wedged"
LOOKED_S = 120
"""An engine looks every ten seconds, and gives each look five; a machine may be busy."""

AnEngine = TypeVar("AnEngine", Engine, Podman)


def refuse_anothers(plan: Plan, instance: Instance, removal: str) -> None:
    """Raise `HostError` when what *plan* would change is not of *instance*; *removal* is a command that removes it."""
    if plan.before.get("instance", instance.name) != instance.name:
        raise HostError(
            f"The {plan.subject} exists and is not ours", f"Give the instance another name, or remove it: {removal}"
        )


def wrong_health(there: Mapping[str, Any], instance: Instance) -> list[str]:
    """Return what is wrong with the health of the container *there*, as its engine sees it. It needs a restart.

    Before its first look there is nothing to say. What looks may have been stopped; its last word stays then.
    """
    found = there["State"].get("Health") or {}
    said, looks = found.get("Status", "none"), found.get("Log") or []
    if not instance.discovery:
        return []
    if said != "healthy":
        return [] if said == "starting" else [f"its health is {said}"]
    if not looks or time.time() - seconds(looks[-1]["End"]) > LOOKED_S:
        return [f"nothing has looked at its health for {LOOKED_S} s"]
    return []


def reason(there: Mapping[str, Any]) -> str:
    """Return why the engine could not start the container *there*, in its words; empty when it could."""
    return " ".join(str(there["State"].get("Error") or "").split())


def meets(there: Mapping[str, Any], port: int, addresses: Collection[str]) -> bool:
    """Whether the container *there* is published, or listens on the host's network, at *port* of any of *addresses*."""
    host = there["HostConfig"]
    if host["NetworkMode"] == ON_HOST:
        # There it is bound by the firewall's table and by what it announces, and listens at all addresses.
        return bool(addresses) and f"LIBRESPOT_ZEROCONF_PORT={port}" in (there["Config"].get("Env") or ())
    bindings = [item for items in (host.get("PortBindings") or {}).values() for item in items or ()]
    at = [item["HostIp"] for item in bindings if item["HostPort"] == str(port)]
    return bool(addresses) and any(not x or x in addresses or ip_address(x).is_unspecified for x in at)


def listed_ports(item: Mapping[str, Any]) -> set[int]:
    """Return the ports of the host at which a container in the list of Docker, or of Podman, is published."""
    return {int(port.get("PublicPort") or port.get("host_port") or 0) for port in item.get("Ports") or ()}


def _on_host(item: Mapping[str, Any]) -> bool:
    return (item.get("HostConfig") or {}).get("NetworkMode") == ON_HOST


@contextlib.contextmanager
def after(error: HostError) -> Iterator[None]:
    """Say both when what is done after an *error* fails as well."""
    try:
        yield
    except HostError as second:
        raise HostError(
            f"{error.message}; what was there before does not start any more: {second.message}", error.remedy
        ) from error


class ContainedPlanner(Planner, Generic[AnEngine]):
    """The container of a present instance, which shall run at *place*.

    Those *before* it have had their turn, those *behind* it have it yet.
    """

    def __init__(
        self,
        engine: AnEngine,
        files: Files,
        instance: Instance,
        place: Callable[[], Place],
        before: Sequence[str] = (),
        behind: Sequence[str] = (),
    ) -> None:
        super().__init__(f"container {container_name(instance.name)}", instance.name)
        self._engine: AnEngine = engine
        self._files = files
        self._instance = instance
        self._place = place
        self._name = container_name(instance.name)
        self._before = before
        self._behind = behind

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        """Let those *behind* stop that still have the port of this one. Each is replaced in its turn.

        They are back when this one does not come up. One *before* that has the port could not leave it, and keeps it.
        """
        there = self._in_the_way()
        kept = [name for name in map(container_name, self._before) if name in there]
        if kept:
            raise HostError(
                f"{self._name} shall have port {self._instance.port}, which is still that of {kept[0]}",
                f"Mend what kept {kept[0]} from its own port, and run again",
            )
        stopped = [name for name in map(container_name, self._behind) if name in there]
        for name in stopped:
            self._stop(name)
        try:
            yield
        except HostError as error:
            with after(error):
                for name in stopped:
                    self._resume(name)
            raise

    def _in_the_way(self) -> set[str]:
        """Return the containers of ours that run and have the port of this one, at an address that it shall have.

        No two of a specification have one port, so that each shall have another. The engine's list tells which can be
        meant: to look at each one for each one would take hours for hundreds.
        """
        addresses = self._place().addresses
        if not (self._before or self._behind) or not addresses:
            return set()
        names = [
            name.lstrip("/")
            for item in self._engine.containers(INSTANCE_LABEL)
            if self._instance.port in listed_ports(item) or _on_host(item)
            for name in item["Names"]
        ]
        found = {name: self._engine.container(name) for name in names if name != self._name}
        return {
            name
            for name, there in found.items()
            if there and there["State"]["Running"] and meets(there, self._instance.port, addresses)
        }

    def _stop(self, name: str) -> None:
        """Stop the container *name*."""
        raise NotImplementedError

    def _resume(self, name: str) -> None:
        """Start the container *name* again."""
        raise NotImplementedError

    def _wanted_live(self) -> State:
        """Return what the process shall be."""
        return {
            STATE: RUNNING,
            HEALTH: HEALTHY,
            PROCESS: _DESCRIBED,
            _FILES: _NO_OTHERS,
            LOGIN: "as given" if self._instance.credentials else "none",
        }

    def _live(self, there: Mapping[str, Any]) -> State:
        """Return what the process of the container *there* is."""
        main = process(int(there["State"]["Pid"])) if there["State"]["Running"] else None
        status = str(there["State"]["Status"])
        return {
            # A paused one has its process, of which nothing else tells that it does nothing.
            STATE: RUNNING if main is not None and status != PAUSED else status,
            HEALTH: "; ".join(wrong_health(there, self._instance) if main is not None else ()) or HEALTHY,
            PROCESS: self._process(main),
            _FILES: self._root(main, there["Image"]),
            LOGIN: self._login(main),
        }

    def _process(self, main: Process | None) -> str:
        if main is None:
            return "(not running)"
        return "; ".join(confined.wrong(main, self._instance, self._place())) or _DESCRIBED

    def _root(self, main: Process | None, image: str) -> str:
        # What it shows when it is up again is looked at then.
        wrong = wrong_files(main, manifest_of(self._files, image)) if main is not None else []
        return "; ".join(wrong) or _NO_OTHERS

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

    def _refuse_damaged(self, name: str) -> None:
        """Raise `HostError` when a new container has other files than its image: what the engine keeps is damaged."""
        there = self._engine.container(name)
        main = process(int(there["State"]["Pid"])) if there and there["State"]["Running"] else None
        image = str(there["Image"]) if there else ""
        wrong = self._root(main, image)
        if wrong != _NO_OTHERS:
            engine = self._engine.name
            there_are = (item["Names"][0].lstrip("/") for item in self._engine.containers(INSTANCE_LABEL))
            users = " ".join(sorted(item for item in there_are if not item.endswith(TRIAL)))
            raise HostError(
                f"What {engine} keeps of the image {image} is not that image any more: {wrong}",
                f"Remove it with what runs of it, and run again, which loads it anew: {engine} rm --force {users}; "
                f"{engine} image rm --force {image}. If it is so again, images that were made of it keep its layers",
            )

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
        refused = reason(self._engine.container(name) or {"State": {}})
        engine = f"; the engine says: {refused}" if refused else ""
        raise HostError(
            f"The container {name} {failed} {PATIENCE:g} s after its start{engine}; its last lines: {said or 'none'}",
            "Mend what it says; what ran before goes on",
        )
