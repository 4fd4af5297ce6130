# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program of a package that is needed. What is installed for us stays: something else may use it by then."""

from __future__ import annotations

import os

from ..host import apt
from ..host.command import Commands
from ..model.plan import Plan, State
from .base import Planner


class ProgramPlanner(Planner):
    """The program at *path*, out of the package *package*."""

    def __init__(self, commands: Commands, path: str, package: str) -> None:
        super().__init__(f"program {path}")
        self._commands = commands
        self._path = path
        self._package = package

    def wanted(self) -> State:
        """Return the program as it shall be: there."""
        return {"package": self._package}

    def found(self) -> State:
        """Return the program when it is there."""
        return {"package": self._package} if os.path.exists(self._path) else {}

    def apply(self, plan: Plan) -> None:
        """Install its package."""
        apt.install(self._commands, [plan.after["package"]])
