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
_WOULD = re.compile(r"^Inst (\S+) \((\S+) ", re.MULTILINE)
"""What a simulation says of a package, with its version, to a system that has none yet."""

_INCOMPLETE = re.compile(r"^W: (?:Failed to fetch|Some index files failed).*$", re.MULTILINE)
"""What apt-get says of sources that it passes over, with a status of 0: an apt before 2.1 knows no other mode."""

_REMEDY = "Look at the build host's way to its mirror, as apt-get update does there"
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
        offered = self.offered(names, environment)
        archives = f"{self._path}/archives"
        self._workplace.directory(archives)
        # Also from a source that is a directory of this host, of which install --download-only copies nothing.
        wanted = [f"{name}={version}" for name, version in offered.items()]
        apt = ["env", f"--chdir={archives}", *self._apt(), "download", *wanted]
        self._commands.run(apt, timeout=900, env=environment, remedy=_REMEDY)
        for name in self._files.names(archives):
            if name.endswith(".deb"):
                self._unpack(f"{archives}/{name}")

    def offered(self, names: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
        """Return what *names* and all that they depend on are called, and the versions that the sources have now.

        Raises `HostError` when one of the sources cannot be reached: without it the others have older versions.
        """
        for place in ("status", "state/lists/partial/.keep", "cache/archives/partial/.keep", "tree/.keep"):
            self._workplace.write(f"{self._path}/{place}", b"")
        self._update(environment)
        wanted = ["install", "--simulate", "--no-install-recommends", *names]
        said = self._commands.run([*self._apt(), *wanted], timeout=120, env=environment, remedy=_REMEDY)
        found = dict(_WOULD.findall(said.stdout))
        if not found:
            raise HostError(f"apt-get names no package that it would install for {' '.join(names)}", _REMEDY)
        return found

    def _update(self, environment: Mapping[str, str]) -> None:
        strict = ["-o", "APT::Update::Error-Mode=any"]
        said = self._commands.run([*self._apt(), *strict, "update"], timeout=600, env=environment, remedy=_REMEDY)
        missed = _INCOMPLETE.search(f"{said.stderr}\n{said.stdout}")
        if missed:
            raise HostError(f"apt-get update did not reach all sources: {missed[0]}", _REMEDY)

    def newer(self, version: str, than: str) -> bool:
        """Tell whether *version* is newer *than* another one, in the order of dpkg."""
        return self._commands.run(["dpkg", "--compare-versions", version, "gt", than], ok=(0, 1)).returncode == 0

    def _apt(self) -> list[str]:
        apt = ["apt-get", "-q", "-y", "-o", f"Dir::State={self._path}/state"]
        return [*apt, "-o", f"Dir::State::status={self._path}/status", "-o", f"Dir::Cache={self._path}/cache"]

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
