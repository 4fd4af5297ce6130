# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages of a program, and who depends on whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

LOCK = "lock"
BINARY = "binary"
ARTIFACT = "artifact"
IMAGE = "image"
SBOM = "sbom"
KINDS = (LOCK, BINARY, ARTIFACT, IMAGE, SBOM)
"""What can be looked at."""


@dataclass(frozen=True)
class Package:
    """One package. *dependencies* are positions in its inventory.

    *own* is one that comes from no registry, librespot itself mostly. *foreign* is from elsewhere than the registry
    that advisories are about, and says from where. *line* is where a lock file names it, from 1 on.
    """

    name: str
    version: str
    dependencies: tuple[int, ...] = ()
    own: bool = False
    foreign: str = ""
    line: int = 1

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class SystemPackage:
    """A package of a *release* of a *distribution*, by its package URL. Advisories are about its *source*."""

    name: str
    version: str
    source: str
    source_version: str
    distribution: str
    release: str
    purl: str

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Inventory:
    """The *packages* of one subject; *roots* are the positions of those that all others are there for."""

    packages: tuple[Package, ...]
    roots: tuple[int, ...]

    def path(self, name: str, version: str, without: str = "") -> tuple[str, ...]:
        """Return the shortest way from a root to a package as labels; empty when there is none.

        The way does not lead through packages of the name *without*.
        """
        came_from: dict[int, int] = {root: root for root in self.roots}
        waiting = deque(self.roots)
        while waiting:
            position = waiting.popleft()
            package = self.packages[position]
            if (package.name, package.version) == (name, version):
                return self._labels(came_from, position)
            for dependency in package.dependencies:
                if dependency not in came_from and self.packages[dependency].name != without:
                    came_from[dependency] = position
                    waiting.append(dependency)
        return ()

    def users(self, name: str, version: str) -> set[str]:
        """Return the names of the packages that depend on a package."""
        positions = {
            number for number, item in enumerate(self.packages) if (item.name, item.version) == (name, version)
        }
        return {item.name for item in self.packages if positions & set(item.dependencies)}

    def line(self, name: str, version: str) -> int:
        """Return the line that names a package; the first where nothing has lines."""
        return next((item.line for item in self.packages if (item.name, item.version) == (name, version)), 1)

    def version_of(self, name: str) -> str:
        """Return the version of the package *name*, or nothing when there is not exactly one."""
        found = {package.version for package in self.packages if package.name == name}
        return found.pop() if len(found) == 1 else ""

    def _labels(self, came_from: dict[int, int], position: int) -> tuple[str, ...]:
        way = [position]
        while came_from[way[-1]] != way[-1]:
            way.append(came_from[way[-1]])
        return tuple(self.packages[step].label for step in reversed(way))


def roots(dependencies: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return the positions on which nothing depends."""
    needed = {position for needs in dependencies for position in needs}
    return tuple(position for position in range(len(dependencies)) if position not in needed)
