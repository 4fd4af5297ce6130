# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of an instance, and its network: made, changed while it runs, replaced, and rolled back."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ..host.engine import Engine
from ..model.container import BEFORE, INSTANCE_LABEL, TRIAL, container_name, holder_name
from ..model.errors import HostError
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.container import UPDATABLE, container, described, limits, network, network_mode, trial
from .base import Planner
from .contained import HEALTH, LOGIN, PROCESS, STATE, ContainedPlanner, after, refuse_anothers

_LEFT = "of a run that was killed"
_NOTHING = "nothing"
_ONLY = "its own"


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

    def goes(self) -> bool:
        """Whether it is ours, and is to be removed or made anew."""
        plan = self.plan()
        return plan.changed and plan.before.get("instance") == self._instance.name

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


class ContainerPlanner(ContainedPlanner[Engine]):
    """The container of a present instance, by Docker's API."""

    def wanted(self) -> State:
        """Return the container as it shall be."""
        place = self._place()
        request = container(self._instance, place)
        return {
            **described(request, request["HostConfig"], place.image),
            "host name": self._instance.name,
            "networks": _ONLY,
            **self._wanted_live(),
            _LEFT: _NOTHING,
        }

    def found(self) -> State:
        """Return the container as the engine has it, and as its live process is."""
        left = [name for name in (self._name + TRIAL, self._name + BEFORE) if self._engine.container(name)]
        there = self._engine.container(self._name)
        if there is None:
            return {_LEFT: " ".join(left)} if left else {}
        joined, own = set(there["NetworkSettings"]["Networks"]), network_mode(self._instance)
        alone = _ONLY if own in joined or not self._instance.bridge else "none"
        return {
            **described(there["Config"], there["HostConfig"], there["Image"], self._known()),
            "networks": " ".join(sorted(joined - {own})) or alone,
            **self._live(there),
            _LEFT: " ".join(left) or _NOTHING,
        }

    def _known(self) -> dict[str, str]:
        """Return the name of the holder of its segment by the id; another one of that name is another network."""
        held = self._engine.container(holder_name(self._instance.name)) if self._instance.segment else None
        return {held["Id"]: holder_name(self._instance.name)} if held else {}

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
        if plan.before and _differs(plan) & {*UPDATABLE, PROCESS}:
            # Also when only the process is held to others than the engine believes.
            self._engine.update(self._name, limits(self._instance.limits))
            plan = self.plan()
        differs = _differs(plan)
        if not differs:
            return
        if not plan.before:
            self._started()
        elif differs <= {STATE, PROCESS, HEALTH, LOGIN}:
            with self._room():
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
            self._put_back()
            # Its port may be another one's by now, whose run had come further. It is looked at anew as it is.
            with contextlib.suppress(HostError):
                self._engine.start(self._name)
        return self.plan()

    def _started(self) -> None:
        """Start a first container, and leave none when it does not answer."""
        with self._room():
            self._engine.create(self._name, self._request())
            try:
                self._engine.start(self._name)
                self._wait(self._name)
                self._refuse_damaged(self._name)
            except HostError:
                self._engine.remove(self._name)
                raise

    def _replace(self) -> None:
        """Put a new container in the place of the old one, which goes on until the new one has shown that it runs."""
        self._try()
        with self._room():
            self._engine.rename(self._name, self._name + BEFORE)
            try:
                self._engine.create(self._name, self._request())
                self._engine.stop(self._name + BEFORE)
                self._engine.start(self._name)
                self._wait(self._name)
            except HostError as error:
                with after(error):
                    self._back()
                raise
        self._engine.remove(self._name + BEFORE)

    def _stop(self, name: str) -> None:
        self._engine.stop(name)

    def _resume(self, name: str) -> None:
        self._engine.start(name)

    def _back(self) -> None:
        self._put_back()
        self._engine.start(self._name)

    def _put_back(self) -> None:
        self._engine.remove(self._name)
        self._engine.rename(self._name + BEFORE, self._name)

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
            self._refuse_damaged(name)
        finally:
            self._engine.remove(name)
            if without:
                self._engine.remove_network(self._name)


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
        return {STATE: str(there["State"]["Status"])} if there and ours else {}

    def apply(self, plan: Plan) -> None:
        """Stop it, so that it says goodbye, and remove it."""
        if plan.before:
            self._engine.stop(self._name)
            self._engine.remove(self._name)
