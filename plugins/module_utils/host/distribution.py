# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages of this host's distribution, unpacked beside each other, and nothing of them installed or run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from ..model.errors import HostError
from ..model.image import ImagePackage
from .command import Commands
from .files import Files
from .workplace import Workplace

_FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version")
_RESOLVED = re.compile(r"^\s*(\S+) => (/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_MISSING = re.compile(r"^\s*(\S+) => not found$", re.MULTILINE)


class Packages:
    """What apt gets from the host's own sources, with their signatures checked, below the directory *path*.

    apt is told of a system without any package, so that everything that is needed comes, also what the host has.
    """

    def __init__(self, commands: Commands, files: Files, workplace: Workplace, path: str) -> None:
        self._commands = commands
        self._files = files
        self._workplace = workplace
        self._path = path
        self.found: dict[str, ImagePackage] = {}

    def get(self, names: Sequence[str], environment: Mapping[str, str]) -> None:
        """Download and unpack *names* and what they depend on. *environment* has what the way to the mirror needs."""
        for place in ("status", "state/lists/partial/.keep", "cache/archives/partial/.keep", "tree/.keep"):
            self._workplace.write(f"{self._path}/{place}", b"")
        apt = ["apt-get", "-q", "-y", "-o", f"Dir::State={self._path}/state"]
        apt += ["-o", f"Dir::State::status={self._path}/status", "-o", f"Dir::Cache={self._path}/cache"]
        remedy = "Look at the build host's way to its mirror, as apt-get update does there"
        self._commands.run([*apt, "update"], timeout=600, env=environment, remedy=remedy)
        wanted = ["install", "--download-only", "--no-install-recommends", *names]
        self._commands.run([*apt, *wanted], timeout=900, env=environment, remedy=remedy)
        archives = f"{self._path}/cache/archives"
        for name in self._files.names(archives):
            if name.endswith(".deb"):
                self._unpack(f"{archives}/{name}")

    def _unpack(self, archive: str) -> None:
        form = "\n".join(f"${{{field}}}" for field in _FIELDS)
        said = self._commands.run(["dpkg-deb", "--show", f"--showformat={form}", archive]).stdout.split("\n")
        package = ImagePackage(*said)
        self.found[package.name] = package
        self._commands.run(["dpkg-deb", "--extract", archive, self.tree(package.name)], timeout=120)

    def tree(self, package: str) -> str:
        """Return the directory in which the files of *package* are."""
        return f"{self._path}/tree/{package}"

    def owner(self, path: str) -> str:
        """Return the package of the unpacked file *path*."""
        return path[len(self._path) :].split("/")[2]

    def read(self, path: str) -> bytes:
        """Return the content of the unpacked file *path*, or of that to which it links within its package."""
        real = os.path.realpath(path)
        if not real.startswith(f"{self.tree(self.owner(path))}/"):
            raise HostError(f"{path} leads out of its package, to {real}", "Report it with the name of the package")
        return self._workplace.read(real)

    def below(self, package: str, path: str) -> list[str]:
        """Return the paths in the system of the files of *package* at *path*, or below it when it ends in a slash."""
        if not path.endswith("/"):
            return [path]
        return [f"{path}{name}" for name in self._files.names(f"{self.tree(package)}{path}")]

    def libraries(self, program: str, loader: str, triplet: str) -> dict[str, str]:
        """Return the libraries that *program* loads: their names to their files, as the program interpreter says.

        *loader* is the interpreter's name, *triplet* Debian's name for the directories of this architecture.
        """
        places = [f"{self.tree(name)}{part}/{triplet}" for name in sorted(self.found) for part in ("/lib", "/usr/lib")]
        interpreter = next((f"{place}/{loader}" for place in places if os.path.lexists(f"{place}/{loader}")), "")
        if not interpreter:
            raise HostError(f"No package has {loader}", "Look whether the build host is of the program's architecture")
        argv = [os.path.realpath(interpreter), "--inhibit-cache", "--library-path", ":".join(places), "--list", program]
        said = self._commands.run(argv, ok=())
        missing = _MISSING.findall(said.stdout)
        if missing or said.returncode:
            raise HostError(
                f"{', '.join(missing) or said.stderr.strip()}: in none of the packages {', '.join(sorted(self.found))}",
                "Build librespot for the distribution of the build host",
            )
        return {os.path.basename(name): path for name, path in _RESOLVED.findall(said.stdout)}
