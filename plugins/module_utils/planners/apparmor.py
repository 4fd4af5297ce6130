# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AppArmor profiles of instances: in the kernel, and in the files that are loaded at boot."""

from __future__ import annotations

import os

from ..host.apparmor import ENFORCE, PACKAGE, PARSER, AppArmor
from ..host.command import Commands
from ..host.files import Files
from ..model.facts import Facts
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.apparmor import profile, profile_path, switch_paths
from .base import Planner
from .file import FilePlanner
from .package import ProgramPlanner

_CACHE = "/var/cache/apparmor"
_MODE = "mode"
_POLICY = "policy"
_DESCRIBED = "as described"


class ProfilePlanner(Planner):
    """A profile in the kernel, which shall be the one of *text*; with None, its absence."""

    def __init__(self, apparmor: AppArmor, name: str, text: str | None, scope: str) -> None:
        super().__init__(f"AppArmor profile {name}", scope)
        self._apparmor = apparmor
        self._name = name
        self._text = text

    def wanted(self) -> State:
        """Return the profile as it shall be."""
        return {} if self._text is None else {_MODE: ENFORCE, _POLICY: _DESCRIBED}

    def found(self) -> State:
        """Return what the kernel holds by that name."""
        mode = self._apparmor.mode(self._name)
        if not mode:
            return {}
        if self._text is None:
            return {_MODE: mode}
        held = self._apparmor.policy(self._name)
        # Where the kernel does not show it, the mode is all there is to see.
        other = held is not None and os.path.exists(PARSER) and held != self._apparmor.compiled(self._text)
        return {_MODE: mode, _POLICY: "another" if other else _DESCRIBED}

    def refuse(self, plan: Plan) -> None:
        """Let the parser judge it; before that is installed, nobody can."""
        if plan.after and os.path.exists(PARSER):
            self._apparmor.compiled(self._text or "")

    def apply(self, plan: Plan) -> None:
        """Load, replace or remove it: at once, for what runs under it too."""
        if plan.after:
            self._apparmor.load(self._text or "")
        else:
            self._apparmor.unload(self._name)


def parser_planners(commands: Commands, facts: Facts) -> list[Planner]:
    """Return what loads profiles, where the kernel enforces them."""
    return [ProgramPlanner(commands, PARSER, PACKAGE)] if facts.apparmor else []


def profile_planners(commands: Commands, files: Files, facts: Facts, instance: Instance) -> list[Planner]:
    """Return the profile of *instance*, which comes before what runs under it, and goes after that."""
    # Where nothing enforces it, there is none.
    text = profile(instance) if instance.present and facts.apparmor else None
    name, scope = instance.profile, instance.name
    # A profile that the kernel refuses shall not wait for the next boot, so the file is last.
    loaded = [ProfilePlanner(AppArmor(commands), name, text, scope)] if facts.apparmor else []
    return [
        *loaded,
        *(FilePlanner(files, path, None, scope=scope) for path in switch_paths(name)),
        FilePlanner(files, profile_path(name), text, scope=scope),
        *([] if text else (FilePlanner(files, path, None, scope=scope) for path in _cached(files, name))),
    ]


def _cached(files: Files, name: str) -> list[str]:
    """Return what the parser has kept of the profile of *name* at a boot: a file for each set of features."""
    places = [f"{_CACHE}/{kind}" for kind in files.names(_CACHE)]
    return [f"{place}/{name}" for place in places if name in files.names(place)]
