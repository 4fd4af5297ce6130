# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases on a host: what they need, and which are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..host.files import LINK, Files
from ..host.libraries import Libraries
from ..model.errors import HostError
from ..model.layout import BEFORE, CURRENT, OF_RELEASES, RELEASES, ROOT
from ..model.plan import Plan, State
from .base import Planner
from .release_tree import REPLACED, UNFINISHED

_LEFT_BEHIND = (UNFINISHED, REPLACED)


class Loadable(Planner):
    """The shared *libraries* that a release needs. *install* says whether missing ones are installed or refused."""

    def __init__(self, host: Libraries, libraries: Sequence[str], install: bool) -> None:
        super().__init__("shared libraries")
        self._host = host
        self._libraries = libraries
        self._install = install

    def wanted(self) -> State:
        """Return every library as there."""
        return dict.fromkeys(self._libraries, "can be loaded")

    def found(self) -> State:
        """Return those that a program would get."""
        return {name: "can be loaded" for name in self._libraries if self._host.loads(name)}

    def refuse(self, plan: Plan) -> None:
        """Say what has the missing ones, where they shall not be installed."""
        missing = [difference.attribute for difference in plan.differences()]
        if not self._install:
            packages = " ".join(self._host.packages(missing)) or "the package that has it"
            raise HostError(
                f"librespot needs {', '.join(missing)}, which this host lacks",
                f"apt-get install --no-install-recommends {packages}; or set install_libraries",
            )

    def apply(self, plan: Plan) -> None:
        """Install what is missing."""
        self._host.install([difference.attribute for difference in plan.differences()])


class Kept(Planner):
    """The releases that stay, with their links: those in *protected*, and the *most* newest of the others."""

    def __init__(self, files: Files, protected: Sequence[str], most: int) -> None:
        super().__init__("kept releases")
        self._files = files
        self._names = files.names(RELEASES)
        others = [name for name in self._names if name not in protected and not name.startswith(_LEFT_BEHIND)]
        newest = sorted(others, key=lambda name: (files.modified(f"{RELEASES}/{name}"), name), reverse=True)
        self._stay = {*protected, *newest[:most]}

    def wanted(self) -> State:
        """Return the releases that stay, and nothing that a killed run left."""
        return {path: kept for path, kept in self.found().items() if self._stays(path)}

    def found(self) -> State:
        """Return all that is there."""
        links = [OF_RELEASES.before_link(name) for name in self._files.names(BEFORE)]
        return dict.fromkeys([*(f"{RELEASES}/{name}" for name in self._names), *links], "kept")

    def apply(self, plan: Plan) -> None:
        """Remove the others."""
        for difference in plan.differences():
            self._files.remove(difference.attribute)

    def _stays(self, path: str) -> bool:
        place, _slash, name = path.rpartition("/")
        if place == RELEASES or name not in self._stay:
            return name in self._stay
        entry = self._files.read(path)
        return entry is not None and entry.kind == LINK and OF_RELEASES.linked(entry.target, path) in self._stay


class Gone(Planner):
    """No release at all, and nothing of ours in their place. *going* are paths that others remove before it does."""

    def __init__(self, files: Files, going: Collection[str] = ()) -> None:
        super().__init__("releases")
        self._files = files
        self._going = {*going}

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return what there is of ours; the links come first, so that no half-removed release is ever active."""
        there = [path for path in (CURRENT, BEFORE, RELEASES) if self._files.read(path, content=False) is not None]
        others = {f"{ROOT}/{name}" for name in self._files.names(ROOT)} - self._going - {*there}
        if not others and self._files.read(ROOT, content=False) is not None:
            there.append(ROOT)
        return dict.fromkeys(there, "present")

    def apply(self, plan: Plan) -> None:
        """Remove it. A directory that holds anything else stays."""
        for path in (CURRENT, BEFORE, RELEASES):
            if path in plan.before:
                self._files.remove(path)
        if not self._files.names(ROOT):
            self._files.remove(ROOT)
