# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Crates on a build host: fetched through cargo, which alone knows the way to the registry, and compared with pins."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Mapping

from ..model.cargo import NAME_IT, aborts_on_panic, locked_checksum, replacement, unnamed_replacement
from ..model.errors import CommandError, HostError
from ..model.releases import Crate
from .archive import plain_files
from .build_host import Toolchain
from .command import Commands
from .workplace import Say, Workplace

FETCH_TIMEOUT = 1800.0
"""Seconds that whatever goes over the network may take."""

_ORDERS = {".cargo", "rust-toolchain", "rust-toolchain.toml"}
"""What cargo and rustup would take orders from in a crate's directory: programs to run, and another compiler."""


class Crates:
    """Gets crates with *toolchain* into *workplace*. *network* are variables that the network of this host asks for."""

    def __init__(
        self, commands: Commands, workplace: Workplace, toolchain: Toolchain, network: Mapping[str, str], say: Say
    ) -> None:
        self._commands = commands
        self._workplace = workplace
        self._say = say
        # Crates that were fetched once are kept; cargo checks them against the lock file each time.
        self.home = f"{workplace.path}/cargo"
        self.environment: Mapping[str, str] = {**network, **toolchain.environment, "CARGO_HOME": self.home}

    def prepare(self) -> None:
        """Make the place that crates are fetched to."""
        self._workplace.directory(self.home)

    def fetch(self, crate: Crate, scratch: str) -> tuple[str, str]:
        """Return the index's checksum of *crate*, and the directory in *scratch* that now holds its files."""
        self._say(f"asking the registry for {crate.name} {crate.version}")
        asking = f"{scratch}/index"
        self._workplace.write(f"{asking}/src/lib.rs", b"")
        self._workplace.write(
            f"{asking}/Cargo.toml",
            f'[package]\nname = "index"\nversion = "0.0.0"\nedition = "2021"\n\n'
            f'[dependencies.{crate.name}]\nversion = "={crate.version}"\ndefault-features = false\n'.encode(),
        )
        remedy = "Look at the build host's network and proxy, and whether this version was yanked"
        self.cargo(["cargo", "generate-lockfile"], asking, remedy)
        indexed = locked_checksum(self._workplace.read(f"{asking}/Cargo.lock").decode(), crate.name, crate.version)
        if indexed != crate.sha256:
            raise HostError(
                f"The index has {indexed or 'no checksum'} for {crate.name} {crate.version}, pinned is {crate.sha256}",
                "Nothing was downloaded. The registry and the pin must agree: find out which of them was changed",
            )
        self._download(crate, asking, remedy)
        return indexed, self._unpack(crate, scratch)

    def _download(self, crate: Crate, where: str, remedy: str) -> None:
        """Let cargo describe the crate, for which it downloads it alone: to fetch it would bring its dependencies."""
        argv = ["cargo", "info", f"{crate.name}@{crate.version}"]
        try:
            self.cargo(argv, where, remedy)
        except CommandError as error:
            mirror = replacement(error.output)
            if unnamed_replacement(error.output):
                raise HostError(f"cargo did not get {crate.name} {crate.version}: {error.said}", NAME_IT) from error
            if not mirror:
                raise
            self.cargo([*argv, "--registry", mirror], where, remedy)

    def _unpack(self, crate: Crate, scratch: str) -> str:
        stem = f"{crate.name}-{crate.version}"
        found = glob.glob(f"{glob.escape(self.home)}/registry/cache/*/{stem}.crate")
        archive = self._workplace.read(found[0]) if found else b""
        digest = hashlib.sha256(archive).hexdigest()
        if digest != crate.sha256:
            raise HostError(
                f"{stem}.crate has the digest {digest}, pinned is {crate.sha256}",
                f"Nothing was built from it. Remove {self.home}/registry on the build host and run again",
            )
        for name, content in plain_files(archive, f"{stem}.crate"):
            if not name.startswith(f"{stem}/"):
                raise HostError(f"{stem}.crate holds {name}, outside of {stem}", "Nothing was built from it")
            if name.split("/")[1] not in _ORDERS:
                self._workplace.write(f"{scratch}/{name}", content)
        tree = f"{scratch}/{stem}"
        if aborts_on_panic(self._workplace.read(f"{tree}/Cargo.toml").decode()):
            raise HostError(
                f"{stem} asks for panic = abort: one malformed request would then end the whole process",
                "Nothing was built; take another version",
            )
        return tree

    def cargo(self, argv: list[str], where: str, remedy: str, more: Mapping[str, str] | None = None) -> None:
        """Run cargo in the directory *where*, with what *more* of an environment it needs."""
        environment = {**self.environment, **(more or {})}
        self._commands.stream(argv, lambda _line: False, where, environment, FETCH_TIMEOUT, remedy)
