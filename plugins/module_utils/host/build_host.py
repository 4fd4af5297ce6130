# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host has to have before anything is built on it, and the packages that bring it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model.artifact import Target, glibc_key
from ..model.cargo import tool_version
from ..model.errors import HostError
from ..model.facts import Facts
from ..model.releases import OLDEST_RUST
from ..model.rust import C_COMPILER, rust_packages
from .command import Commands

_DEVELOPMENT = {
    "alsa-backend": ("alsa", "libasound2-dev"),
    "gstreamer-backend": ("gstreamer-app-1.0", "libgstreamer-plugins-base1.0-dev"),
    "jackaudio-backend": ("jack", "libjack-jackd2-dev"),
    "native-tls": ("openssl", "libssl-dev"),
    "portaudio-backend": ("portaudio-2.0", "portaudio19-dev"),
    "pulseaudio-backend": ("libpulse-simple", "libpulse-dev"),
    "rodio-backend": ("alsa", "libasound2-dev"),
    "rodiojack-backend": ("jack", "libjack-jackd2-dev"),
    "sdl-backend": ("sdl2", "libsdl2-dev"),
    "with-dns-sd": ("avahi-compat-libdns_sd", "libavahi-compat-libdnssd-dev"),
}
"""Cargo feature to what pkg-config calls its system library, and the Debian package that has its headers."""


@dataclass(frozen=True)
class Toolchain:
    """The compiler of a build host. *versions* is what ``rustc`` and ``cargo`` print about themselves."""

    environment: Mapping[str, str]
    versions: Mapping[str, str]


def _environment() -> dict[str, str]:
    """Return what finds the tools. A toolchain of rustup, which looks for itself below HOME, comes first."""
    home = os.path.expanduser("~")
    return {"HOME": home, "PATH": f"{home}/.cargo/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class BuildHost:
    """This host, as one that compiles."""

    def __init__(self, commands: Commands, facts: Facts) -> None:
        self._commands = commands
        self._facts = facts
        self._environment = _environment()

    def refuse_other(self, target: Target) -> None:
        """Raise `HostError` when what is built here would not run on *target*."""
        if self._facts.architecture != target.architecture:
            raise HostError(
                f"The build host is {self._facts.architecture} and the target {target.architecture}",
                "Choose a build host of the target's architecture; nothing is cross-compiled",
            )
        if glibc_key(self._facts.glibc) > glibc_key(target.baseline):
            raise HostError(
                f"The build host has glibc {self._facts.glibc}, newer than the baseline {target.baseline}: "
                "what it builds may not start on the hosts that it is for",
                "Build in the oldest release among the hosts, or raise the baseline when all hosts have that glibc",
            )

    def toolchain(self, features: Sequence[str], rust: tuple[int, int], install: bool) -> Toolchain:
        """Return the toolchain, after installing what is missing when *install*. Raises `HostError` otherwise."""
        oldest = max(rust, OLDEST_RUST)
        missing = self._missing(features, oldest)
        if missing and install:
            self._install(list(missing.values()))
            missing = self._missing(features, oldest)
        if missing:
            raise HostError(f"The build host lacks {', '.join(missing)}", self._how_to_install(missing))
        versions = {tool: self._printed([tool, "--version"]) for tool in ("cargo", "rustc")}
        return Toolchain(self._environment, versions)

    def _missing(self, features: Sequence[str], oldest: tuple[int, int]) -> dict[str, str]:
        """Return what is missing: its description to the packages that have it, separated by blanks."""
        found = {}
        if min(tool_version(self._printed([tool, "--version"])) for tool in ("cargo", "rustc")) < oldest:
            found[f"cargo and rustc {oldest[0]}.{oldest[1]} or newer"] = " ".join(
                rust_packages(self._facts.distribution, self._facts.release)
            )
        if not self._printed(["cc", "--version"]):
            found["a C compiler"] = " ".join(C_COMPILER)
        if not self._printed(["pkg-config", "--version"]):
            found["pkg-config"] = "pkg-config"
        for feature in features:
            library, package = _DEVELOPMENT.get(feature, ("", ""))
            if library and not self._printed(["pkg-config", "--modversion", library]):
                found[f"the headers of {library}"] = package
        return found

    def _how_to_install(self, missing: Mapping[str, str]) -> str:
        packages = " ".join(sorted({name for names in missing.values() for name in names.split()}))
        return f"On the build host: apt-get install --no-install-recommends {packages}; or set install_missing"

    def _install(self, packages: Sequence[str]) -> None:
        names = sorted({name for joined in packages for name in joined.split()})
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        remedy = f"Install them by hand on the build host: {' '.join(names)}"
        self._commands.run(["apt-get", "update", "-q"], timeout=600, env=quiet, remedy=remedy)
        self._commands.run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names],
            timeout=1800,
            env=quiet,
            remedy=remedy,
        )

    def _printed(self, argv: Sequence[str]) -> str:
        """Return the first line that a tool prints, empty when it fails or is not there."""
        try:
            result = self._commands.run(argv, ok=(), env=self._environment)
        except HostError:
            return ""
        return result.stdout.partition("\n")[0].strip() if result.returncode == 0 else ""
