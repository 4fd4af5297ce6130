# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs by the Quadlets of an instance: its network and its container, started, rolled back, and removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..host.command import Commands
from ..host.files import Files
from ..host.podman import Podman
from ..host.systemd import Systemd
from ..model.container import INSTANCE_LABEL, Place, container_name
from ..model.errors import HostError
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.container import container, described
from ..render.quadlet import (
    ISOLATE,
    container_path,
    container_quadlet,
    in_files,
    network_path,
    network_quadlet,
    network_unit,
)
from .base import Planner
from .contained import PROCESS, ContainedPlanner, after, refuse_anothers
from .quadlet_file import FILE_TEXT, QuadletFile

_STARTED, _BY_IT = "command", "that of its service"
_SERVICE = re.compile(r"/(librespot-[a-z0-9-]+\.service)(?:/|$)")
SAID_ELSEWHERE = ("restart", "log", "hidden", "anything else")
"""What systemd and the journal do, or Podman does not tell; the file says it, and that systemd has read the file."""


class PodmanNetworkPlanner(Planner):
    """The network of one container: its Quadlet, and what Podman has made of it."""

    def __init__(self, commands: Commands, systemd: Systemd, files: Files, podman: Podman, instance: Instance) -> None:
        super().__init__(f"network {container_name(instance.name)}", instance.name)
        self._systemd = systemd
        self._podman = podman
        self._instance = instance
        self._name = container_name(instance.name)
        self._file = QuadletFile(commands, systemd, files, network_path(instance.name), network_unit(instance.name))

    def wanted(self) -> State:
        """Return the network as it shall be."""
        return {
            **self._file.wanted(network_quadlet(self._instance)),
            "driver": "bridge",
            "bridge": self._instance.bridge,
            "instance": self._instance.name,
            "isolated": ISOLATE,
            "IPv6": "no",
            "resolver": "no",
        }

    def found(self) -> State:
        """Return the network as Podman has it."""
        state, there = self._file.found(), self._podman.network(self._name)
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
        """Refuse a file or a network of that name that is not ours, and to make one anew that others are in."""
        self._file.refuse(plan)
        refuse_anothers(plan, self._instance, f"podman network rm {self._name}")
        if "driver" in plan.before:
            refuse_guests(self._podman, self._name)

    def goes(self) -> bool:
        """Whether it is ours, and is to be made anew."""
        plan = self.plan()
        return plan.changed and plan.before.get("instance") == self._instance.name

    def apply(self, plan: Plan) -> None:
        """Make it; one that differs is made anew, which ends the container on it."""
        self._file.write(plan.after[FILE_TEXT])
        if "driver" in plan.before:
            self._systemd.stop([f"{self._name}.service"])
            self._podman.remove(self._name)
            self._podman.remove_network(self._name)
        self._systemd.restart([self._file.unit])


class QuadletPlanner(ContainedPlanner[Podman]):
    """The container of a present instance, by its Quadlet."""

    def __init__(
        self,
        commands: Commands,
        systemd: Systemd,
        files: Files,
        podman: Podman,
        instance: Instance,
        place: Callable[[], Place],
        before: Sequence[str] = (),
        behind: Sequence[str] = (),
    ) -> None:
        super().__init__(podman, files, instance, place, before, behind)
        self._systemd = systemd
        self._unit = f"{self._name}.service"
        along = [network_path(instance.name)]
        self._file = QuadletFile(commands, systemd, files, container_path(instance.name), self._unit, along)

    def wanted(self) -> State:
        """Return the container as it shall be."""
        place = self._place()
        request = container(self._instance, place)
        return {
            **self._file.wanted(container_quadlet(self._instance, in_files(request))),
            **_compared(described(request, request["HostConfig"], place.image)),
            "run by": self._unit,
            _STARTED: _BY_IT,
            **self._wanted_live(),
        }

    def found(self) -> State:
        """Return the container as Podman has it, and as its live process is."""
        state, there = self._file.found(), self._engine.container(self._name)
        if there is None:
            return state
        cgroup = str(there["State"].get("CgroupPath") or "")
        command = there["Config"].get("CreateCommand") or []
        same = arranged(command) == arranged(self._systemd.command(self._unit))
        return {
            **state,
            **_compared(described(there["Config"], there["HostConfig"], there["Image"])),
            # One that was started by hand under this name goes when its shell does, and nothing starts it again.
            "run by": self._unit if f"/{self._unit}/" in cgroup else cgroup,
            # What Podman does not tell otherwise; and a run that was killed before it restarted it is completed.
            _STARTED: _BY_IT if same else "another",
            **self._live(there),
        }

    def refuse(self, plan: Plan) -> None:
        """Refuse a file or a container of that name that is not ours, and to start one anew that others are in."""
        self._file.refuse(plan)
        refuse_anothers(plan, self._instance, f"podman rm --force {self._name}")
        refuse_guests(self._engine, self._name)

    def apply(self, plan: Plan) -> None:
        """Write the Quadlet and start it; when it does not answer, what was there before is put back and started."""
        before, text = self._file.text, plan.after[FILE_TEXT]
        with self._room():
            try:
                self._file.write(text)
                self._start()
                self._refuse_damaged(self._name)
                self._refuse_others()
            except HostError as error:
                # Of the same text there is nothing to go back to; systemd goes on trying.
                if before != text:
                    with after(error):
                        self._back(before)
                raise

    def _stop(self, name: str) -> None:
        self._systemd.stop([f"{name}.service"])

    def _resume(self, name: str) -> None:
        self._systemd.start([f"{name}.service"])

    def _start(self) -> None:
        try:
            self._systemd.restart([self._unit])
        except HostError as error:
            # systemd knows that it failed; why, Podman has told the journal.
            said = self._engine.log(self._name).replace("\n", " / ")
            raise HostError(f"{error.message}; its last lines: {said or 'none'}", error.remedy) from error
        self._wait(self._name)

    def _refuse_others(self) -> None:
        """Raise `HostError` when what was started is not what was asked for: the next run would start it again."""
        left = {item.attribute: item.before for item in self.plan().differences()}
        if left:
            said = ", ".join(f"process ({text})" if name == PROCESS else name for name, text in sorted(left.items()))
            raise HostError(
                f"The container {self._name} runs with another {said} than was asked for",
                "Look for what adds to it, as containers.conf(5) or containers-mounts.conf(5), by: "
                f"podman inspect {self._name}",
            )

    def _back(self, text: str) -> None:
        if not text:
            self._systemd.stop([self._unit])
            self._file.remove()
            return
        self._file.write(text)
        self._systemd.restart([self._unit])


def refuse_guests(podman: Podman, name: str) -> None:
    """Raise `HostError` when other containers are in namespaces of the container *name*.

    Podman would neither remove nor replace it: its service could not be started again, and what runs would be nobody's.
    """
    guests = podman.guests(name)
    if guests:
        raise HostError(
            f"The container {name} cannot be started anew or removed while others are in its network: "
            f"{', '.join(guests)}",
            f"Find out who made them, and remove them: podman rm --force {' '.join(guests)}",
        )


def arranged(command: Sequence[str]) -> list[str]:
    """Return the words of a command of Podman's with their options, sorted: its generator has them in no order."""
    found: list[str] = []
    for item in command:
        if found and not item.startswith("-") and found[-1].startswith("-") and "=" not in found[-1]:
            found[-1] += f"={item}"
        else:
            found.append(item)
    return sorted(found)


def _compared(state: State) -> State:
    return {name: text for name, text in state.items() if name not in SAID_ELSEWHERE}


class StrayPlanner(Planner):
    """A container of ours under a *name* that is not: renamed, or made by hand."""

    def __init__(self, systemd: Systemd, podman: Podman, name: str, scope: str) -> None:
        super().__init__(f"container {name}", scope)
        self._systemd = systemd
        self._podman = podman
        self._name = name

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return whether it is there."""
        there = self._podman.container(self._name)
        return {"container": str(there["State"]["Status"])} if there else {}

    def refuse(self, plan: Plan) -> None:
        """Refuse to remove a container that others are in."""
        if plan.before:
            refuse_guests(self._podman, self._name)

    def apply(self, plan: Plan) -> None:
        """Stop the service that runs it under its other name, which would start it again, and remove it."""
        there = self._podman.container(self._name) or {"State": {}}
        match = _SERVICE.search(str(there["State"].get("CgroupPath") or ""))
        if match:
            self._systemd.stop([match.group(1)])
        if plan.before:
            self._podman.remove(self._name)


class NoQuadletPlanner(Planner):
    """What is ours of an instance that goes: its Quadlets, its container and its network."""

    def __init__(self, commands: Commands, systemd: Systemd, files: Files, podman: Podman, name: str) -> None:
        super().__init__(f"container {container_name(name)}", name)
        self._systemd = systemd
        self._podman = podman
        self._name = container_name(name)
        self._quadlets = [
            QuadletFile(commands, systemd, files, container_path(name), f"{self._name}.service"),
            QuadletFile(commands, systemd, files, network_path(name), network_unit(name)),
        ]

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return what is there of it and ours."""
        state = {item.path: "there" for item in self._quadlets if item.ours}
        there = self._podman.container(self._name)
        if there and INSTANCE_LABEL in (there["Config"].get("Labels") or {}):
            state["container"] = str(there["State"]["Status"])
        if self.network_goes():
            state["network"] = "there"
        return state

    def network_goes(self) -> bool:
        """Whether there is its network, and ours."""
        network = self._podman.network(self._name)
        return bool(network and INSTANCE_LABEL in network["Labels"])

    def refuse(self, plan: Plan) -> None:
        """Refuse to remove a container that others are in."""
        if "container" in plan.before:
            refuse_guests(self._podman, self._name)

    def apply(self, plan: Plan) -> None:
        """Stop it, so that it says goodbye, and remove all of it."""
        # One whose file someone has removed runs on, and is started again, until systemd has forgotten it.
        ours = [item for item in self._quadlets if item.ours or not item.text]
        active = [
            item.unit for item in ours if self._systemd.show(item.unit, ["ActiveState"])["ActiveState"] != "inactive"
        ]
        if active:
            self._systemd.stop(active)
        if "container" in plan.before:
            self._podman.remove(self._name)
        if "network" in plan.before:
            self._podman.remove_network(self._name)
        for item in ours:
            item.remove()
