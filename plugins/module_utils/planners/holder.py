# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container that keeps the network of a segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..host.engine import Described, Engine
from ..host.proc import process
from ..model.container import BEFORE, TRIAL, Place, container_name, holder_name
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.container import described, holder, waiting
from . import confined
from .base import Planner
from .contained import refuse_anothers

_STATE = "state"
_PROCESS = "process"
_DESCRIBED = "as described"


def network_of(engine: Engine, instance: Instance) -> str:
    """Return what the kernel calls the network of the holder of *instance*; empty when there is none that runs."""
    there = engine.container(holder_name(instance.name))
    main = process(int(there["State"]["Pid"])) if there and there["State"]["Running"] else None
    return main.namespaces["net"] if main else ""


class HolderPlanner(Planner):
    """The holder of the segment of a present instance, which shall run at *place*.

    It keeps its image while that is one of ours: another holder would be another network, and what plays in this one
    could not go on until its successor has shown that it runs.
    """

    def __init__(self, engine: Engine, instance: Instance, place: Callable[[], Place]) -> None:
        self._name = holder_name(instance.name)
        super().__init__(f"container {self._name}", instance.name)
        self._engine = engine
        self._instance = instance
        self._place = place

    def wanted(self) -> State:
        """Return the container as it shall be."""
        request = self._request()
        return {
            **described(request, request["HostConfig"], request["Image"]),
            _STATE: "running",
            _PROCESS: _DESCRIBED,
        }

    def found(self) -> State:
        """Return the container as the engine has it, and as its live process is."""
        there = self._engine.container(self._name)
        if there is None:
            return {}
        return {
            **described(there["Config"], there["HostConfig"], there["Image"]),
            _STATE: str(there["State"]["Status"]),
            _PROCESS: "; ".join(wrong(there, self._instance, self._place())) or _DESCRIBED,
        }

    def _request(self) -> dict[str, Any]:
        return holder(self._instance, self._place())

    def refuse(self, plan: Plan) -> None:
        """Refuse a container of that name that is not ours."""
        refuse_anothers(plan, self._instance, f"docker rm --force {self._name}")

    def apply(self, plan: Plan) -> None:
        """Start it, or make it anew, which ends the container in its network. The segment follows."""
        if plan.before and not {item.attribute for item in plan.differences()} <= {_STATE, _PROCESS}:
            name = container_name(self._instance.name)
            for other in (name, name + TRIAL, name + BEFORE, self._name):
                self._engine.remove(other)
            plan = self.plan()
        if not plan.before:
            self._engine.create(self._name, self._request())
        self._engine.stop(self._name)
        self._engine.start(self._name)


def wrong(there: Described, instance: Instance, place: Place) -> list[str]:
    """Return all that is wrong with the live process of the holder of *instance*."""
    main = process(int(there["State"]["Pid"])) if there["State"]["Running"] else None
    if main is None:
        return ["it does not run"]
    return [
        *confined.wrong_waiting(main, instance, place),
        *confined.wrong_limits(main, waiting(instance), place),
        *confined.wrong_confinement(main, place),
    ]
