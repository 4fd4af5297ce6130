# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the files of an image together on a build host: librespot, the libraries that it loads, and what they read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.errors import HostError
from ..model.facts import Facts
from ..model.image import (
    BUNDLE,
    CERTIFICATES,
    OURS,
    OWN_CERTIFICATES,
    PLATFORMS,
    PROBE,
    PROGRAM,
    READ_BY,
    ImageFile,
    ImagePackage,
    Platform,
    skeleton,
)
from ..model.libraries import packages
from ..model.releases import OLDEST_RUST
from .build_host import BuildHost
from .command import Commands
from .distribution import Packages
from .files import Files
from .workplace import Say, Workplace

_ALWAYS = ("libc6", "libgcc-s1")


@dataclass(frozen=True)
class Gathered:
    """The files of an image, and the packages of which some are."""

    files: list[ImageFile]
    packages: list[ImagePackage]


class ImageBuild:
    """Works in *workplace* on this host, which has *facts*. *network* has what the way to the mirror needs."""

    def __init__(
        self, commands: Commands, workplace: Workplace, facts: Facts, network: Mapping[str, str], say: Say
    ) -> None:
        self._commands = commands
        self._workplace = workplace
        self._facts = facts
        self._network = network
        self._say = say

    def gather(self, artifact: Mapping[str, Any], program: str, probe: bytes) -> Gathered:
        """Return what belongs into the image of *artifact*, by its manifest, besides the health check's *probe*.

        *program* is the path of its binary. Raises `HostError` when something that it loads is not to be had.
        """
        platform = self._platform(artifact)
        with self._workplace.scratch() as scratch:
            self._say("getting the libraries from the distribution")
            found = Packages(self._commands, Files(), self._workplace, scratch)
            found.get(self._wanted(artifact), self._network)
            loader = os.path.basename(platform.loader)
            files = [
                *skeleton(platform),
                ImageFile(PROGRAM, artifact["id"], self._program(artifact, program), 0o555),
                ImageFile(PROBE, OURS, probe, 0o555),
            ]
            for name, path in self._loaded(found, program, probe, scratch, platform).items():
                where = f"/usr{platform.loader}" if name == loader else f"/usr/lib/{platform.triplet}/{name}"
                files.append(ImageFile(where, found.owner(path), found.read(path), 0o555))
                files += self._read_by(found, name)
            if self._certificates(artifact):
                files.append(self._bundle(found))
            used = {item.origin for item in files}
            return Gathered(files, [item for name, item in found.found.items() if name in used])

    def outdated(
        self, artifact: Mapping[str, Any], known: Mapping[str, Any], again: bool = False
    ) -> list[dict[str, str]]:
        """Return the packages of the image *known*, by its manifest, of which the distribution has newer ones.

        Each has its ``name``, and the versions ``from`` and ``to``, which is empty for one that the distribution has no
        more. Raises `HostError` when the image is of another release than this host: what cannot be compared is not
        current. One that is made *again* in any case becomes one of this host's release, with other packages alone.
        """
        self._platform(artifact)
        here, there = (
            f"{self._facts.distribution} {self._facts.release}",
            f"{known['distribution']} {known['release']}",
        )
        if here != there and not again:
            raise HostError(
                f"The image is made of {there}, and the build host is {here}",
                "Choose a build host of that release to compare them, or make the image again: refresh: always",
            )
        with self._workplace.scratch() as scratch:
            self._say("asking the distribution for newer packages")
            packages = Packages(self._commands, Files(), self._workplace, scratch)
            offered = packages.offered(self._wanted(artifact), self._network)
            return [
                {"name": item["name"], "from": item["version"], "to": offered.get(item["name"], "")}
                for item in known["packages"]
                # Nobody mends one that is not offered any more.
                if here != there
                or item["name"] not in offered
                or packages.newer(offered[item["name"]], item["version"])
            ]

    def probe(self, source: str, flags: Sequence[str], install: bool) -> bytes:
        """Return the program of the health check, compiled of *source* with *flags* by this host's Rust."""
        self._say("compiling the health check")
        toolchain = BuildHost(self._commands, self._facts).toolchain((), OLDEST_RUST, install)
        with self._workplace.scratch() as scratch:
            self._workplace.write(f"{scratch}/probe.rs", source.encode())
            argv = ["rustc", *flags, "-o", "probe", "probe.rs"]
            self._commands.stream(argv, lambda _line: False, scratch, toolchain.environment, 300)
            return self._workplace.read(f"{scratch}/probe")

    def _program(self, artifact: Mapping[str, Any], path: str) -> bytes:
        content = self._workplace.read(path)
        if hashlib.sha256(content).hexdigest() != artifact["binary"]["sha256"]:
            raise HostError(f"{path} is not the program of {artifact['id']}", "Run again; nothing was made of it")
        return content

    def _loaded(self, found: Packages, program: str, probe: bytes, scratch: str, platform: Platform) -> dict[str, str]:
        """Return the libraries that librespot or its health check loads: a *program* of a user's may need fewer."""
        check, loader = f"{scratch}/probe", os.path.basename(platform.loader)
        self._workplace.write(check, probe)
        return {
            name: path
            for loading in (program, check)
            for name, path in found.libraries(loading, loader, platform.triplet).items()
        }

    def _platform(self, artifact: Mapping[str, Any]) -> Platform:
        architecture = artifact["binary"]["architecture"]
        if architecture not in PLATFORMS:
            raise HostError(f"No image is made for {architecture}", f"They are for {', '.join(PLATFORMS)}")
        if architecture != self._facts.architecture:
            raise HostError(
                f"The build host is {self._facts.architecture} and librespot is built for {architecture}",
                "Choose a build host of that architecture: the libraries are its own",
            )
        return PLATFORMS[architecture]

    def _wanted(self, artifact: Mapping[str, Any]) -> list[str]:
        needed = artifact["binary"]["libraries"]
        wanted = {*_ALWAYS, *packages(needed, self._facts.distribution, self._facts.release)}
        wanted.update(read.package for name in needed for read in READ_BY.get(name, ()))
        return sorted(wanted | ({CERTIFICATES.package} if self._certificates(artifact) else set()))

    @staticmethod
    def _certificates(artifact: Mapping[str, Any]) -> bool:
        return OWN_CERTIFICATES not in artifact["inputs"].get("features", ())

    def _read_by(self, found: Packages, library: str) -> list[ImageFile]:
        return [
            ImageFile(path, read.package, found.read(f"{found.tree(read.package)}{path}"))
            for read in READ_BY.get(library, ())
            for asked in read.paths
            for path in found.below(read.package, asked)
        ]

    @staticmethod
    def _bundle(found: Packages) -> ImageFile:
        """Return the certificates in one file, as the package makes it when it is installed."""
        (directory,) = CERTIFICATES.paths
        paths = found.below(CERTIFICATES.package, directory)
        content = b"".join(found.read(f"{found.tree(CERTIFICATES.package)}{path}") for path in paths)
        return ImageFile(BUNDLE, CERTIFICATES.package, content)
