# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others on the network of an instance, who keep it from going: told before anything is removed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..host.engines import AnyEngine
from ..model.container import BEFORE, TRIAL, container_name
from ..model.errors import HostError
from ..model.plan import Plan, State
from .base import Planner

_NAMES = "names"


class GuestsPlanner(Planner):
    """All on the network of the instance *name* but its own containers, and those that are *removed*.

    *goes* tells whether that network is to be removed, or made anew; else whoever is on it is in nobody's way.
    """

    def __init__(self, engine: AnyEngine, name: str, goes: Callable[[], bool], removed: Collection[str] = ()) -> None:
        self._network = container_name(name)
        super().__init__(f"others on the network {self._network}", name)
        self._engine = engine
        self._goes = goes
        self._own = {*removed, *(f"{self._network}{kind}" for kind in ("", TRIAL, BEFORE))}

    def wanted(self) -> State:
        """Return nobody."""
        return {}

    def found(self) -> State:
        """Return who is in the way."""
        names = sorted(set(self._engine.on_network(self._network)) - self._own)
        return {_NAMES: " ".join(names)} if names and self._goes() else {}

    def refuse(self, plan: Plan) -> None:
        """Refuse to begin: they are not ours to take off, and it would end halfway."""
        names = plan.before[_NAMES].split()
        commands = (f"{self._engine.name} network disconnect {self._network} {name}" for name in names)
        raise HostError(
            f"The network {self._network} goes, or is made anew, and others are on it: {', '.join(names)}",
            f"Take them off: {'; '.join(commands)}",
        )
