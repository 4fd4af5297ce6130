# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries of crates: the one that cargo knows the way to, and those with an address that a user gives."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..module_utils.host.command import Commands
from ..module_utils.host.workplace import Workplace
from ..module_utils.model.cargo import NAME_IT, replacement, unnamed_replacement
from ..module_utils.model.cargo_cache import lines_of
from ..module_utils.model.errors import CommandError, HostError, SpecificationError, UnreachableError, why
from ..module_utils.model.index import CUT, Row, path_of
from .engines.cargo_audit import rustup
from .fetching import SCHEMES, Client, refuse_address, without_query

_PACKAGE = b'[package]\nname = "index"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n'
_LARGEST_INDEX = 64 * 1024 * 1024
_LARGEST_CRATE = 64 * 1024 * 1024
_NO_CARGO = "Install cargo 1.82 or newer on the controller, or give the address of an index as index"
_NETWORK = "Look at the controller's network and proxy"
_OTHER = "Give the address of the index as index"
_TOO_OLD = "no such command"
_UNKNOWN = "could not find"


class UnscannableError(HostError):
    """There is nothing of a release that could be scanned, and that is nobody's fault."""


@dataclass(frozen=True)
class Served:
    """What an index served: its *lines* (None: as they were when they were called *etag*)."""

    lines: list[bytes] | None
    etag: str


class Registry(Protocol):
    """One registry. *source* is what it is called in errors and in what is remembered."""

    source: str

    def served(self, name: str, etag: str = "") -> Served:
        """Return what the index has of the crate *name* now. Raises `UnreachableError` and `HostError`."""

    def crate(self, row: Row) -> bytes:
        """Return the ``.crate`` file of *row*. Raises `HostError` when it does not have the row's checksum."""

    def others(self, names: list[str], tree: str) -> dict[str, list[bytes]]:
        """Return the rows of the crates *names*, which the package in the directory *tree* depends on."""


class CargoRegistry:
    """The registry that cargo asks by itself, in *workplace*, which nobody else uses meanwhile."""

    source = "the crates index that cargo asks"

    def __init__(self, commands: Commands, workplace: Workplace, network: Mapping[str, str], timeout: float) -> None:
        self._commands = commands
        self._workplace = workplace
        self._home = f"{workplace.path}/cargo"
        self._timeout = timeout
        home = os.path.expanduser("~")
        path = f"{home}/.cargo/bin:{os.environ.get('PATH', '/usr/bin:/bin')}"
        self._environment = {
            **network,
            **rustup(),
            "HOME": home,
            "PATH": path,
            "CARGO_HOME": self._home,
            # The newest of all is asked for, whatever compiler is on the controller.
            "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS": "allow",
        }

    def served(self, name: str, etag: str = "") -> Served:
        """Return what cargo was told. Without what it was told before: it comes whole, or not at all."""
        del etag
        for path in self._kept(name):
            os.unlink(path)
        failed = self._info(name)
        kept = self._kept(name)
        if not kept:
            if failed is not None and _UNKNOWN in failed.output:
                raise HostError(f"{self.source} has no crate {name}", CUT)
            raise UnreachableError(f"{self.source} did not answer: {_said(failed)}", _NETWORK)
        return Served(self._lines(name, kept), "")

    def crate(self, row: Row) -> bytes:
        """Return the file, which cargo downloads once."""
        stem = f"{row.name}-{row.version}"
        places = f"{glob.escape(self._home)}/registry/cache/*/{stem}.crate"
        for path in glob.glob(places):
            content = self._workplace.read(path)
            if _digest(content) == row.sha256:
                return content
            # Cargo does not look again at what it has downloaded.
            os.unlink(path)
        if row.yanked:
            raise UnscannableError(f"{stem} was yanked, and cargo gets such a crate only for who has locked it", _OTHER)
        failed = self._info(f"{row.name}@{row.version}")
        found = [self._workplace.read(path) for path in glob.glob(places)]
        if failed is not None or not found:
            raise HostError(f"cargo did not get {stem}.crate: {_said(failed)}", _NETWORK)
        verify(found[0], row, self.source)
        return found[0]

    def others(self, names: list[str], tree: str) -> dict[str, list[bytes]]:
        """Let cargo ask for all that the package depends on, side by side. Its lock file keeps what it has."""
        # Cargo and rustup take orders from files of the directory that they are started in: never in that of a crate.
        argv = ["update", "--workspace", "--dry-run", "--manifest-path", f"{tree}/Cargo.toml"]
        failed = self._cargo(argv, self._asking())
        kept = {name: self._kept(name) for name in names}
        if failed is not None:
            raise UnreachableError(f"{self.source} did not answer: {_said(failed)}", _NETWORK)
        return {name: self._lines(name, paths) for name, paths in kept.items() if paths}

    def _kept(self, name: str) -> list[str]:
        return sorted(glob.glob(f"{glob.escape(self._home)}/registry/index/*/.cache/{path_of(name)}"))

    def _lines(self, name: str, paths: list[str]) -> list[bytes]:
        newest = max(paths, key=lambda path: os.stat(path).st_mtime_ns)
        return lines_of(self._workplace.read(newest), name)

    def _asking(self) -> str:
        """Return the directory of a package that depends on nothing: cargo then asks for what it is told to alone."""
        where = f"{self._workplace.path}/asking"
        self._workplace.write(f"{where}/src/lib.rs", b"")
        self._workplace.write(f"{where}/Cargo.toml", _PACKAGE)
        return where

    def _info(self, crate: str) -> CommandError | None:
        """Let cargo describe a *crate*, of the registry that it was set up with."""
        failed = self._cargo(["info", crate], self._asking())
        if failed is not None and unnamed_replacement(failed.output):
            raise HostError(f"cargo did not describe {crate}: {failed.said}", NAME_IT)
        mirror = replacement(failed.output) if failed is not None else ""
        return self._cargo(["info", crate, "--registry", mirror], self._asking()) if mirror else failed

    def _cargo(self, argv: list[str], where: str) -> CommandError | None:
        """Run cargo and return how it failed, if it did. Raises `HostError` without a cargo."""
        program = shutil.which("cargo", path=self._environment["PATH"])
        if program is None:
            raise HostError("cargo is not installed on the controller", _NO_CARGO)
        try:
            self._commands.stream([program, *argv], lambda _line: False, where, self._environment, self._timeout)
        except CommandError as error:
            if _TOO_OLD in error.output:
                raise HostError(f"The controller's cargo is too old: {error.said}", _NO_CARGO) from error
            return error
        except HostError as error:
            raise UnreachableError(f"{self.source} did not answer in time: {error.message}", _NETWORK) from error
        return None


class UrlRegistry:
    """The registry whose sparse index is at *url*, an option of the user's."""

    def __init__(self, url: str, client: Client) -> None:
        plain = url.removeprefix("sparse+")
        refuse_address(plain, "index")
        if plain != without_query(plain):
            raise SpecificationError(
                "index", without_query(plain), "has a query, and is to be a directory", "Write it without ? and #"
            )
        self.source = plain if plain.endswith("/") else f"{plain}/"
        self._client = client

    def served(self, name: str, etag: str = "") -> Served:
        """Return what is there, unless it is still what was called *etag*."""
        answer = self._client.get(f"{self.source}{path_of(name)}", _LARGEST_INDEX, etag)
        if answer is None:
            self._config()
            raise HostError(f"{self.source} has no crate {name}", CUT)
        return Served(None if answer.content is None else answer.content.split(b"\n"), answer.etag)

    def crate(self, row: Row) -> bytes:
        """Download the file from where the index says that files are."""
        template = str(self._config()["dl"])
        directory = path_of(row.name).rpartition("/")[0]
        markers = {
            "{crate}": row.name,
            "{version}": row.version,
            "{prefix}": directory,
            "{lowerprefix}": directory,
            "{sha256-checksum}": row.sha256,
        }
        if not any(marker in template for marker in markers):
            template = f"{template}/{{crate}}/{{version}}/download"
        for marker, value in markers.items():
            template = template.replace(marker, value)
        answer = self._client.get(template, _LARGEST_CRATE)
        if answer is None or answer.content is None:
            raise HostError(
                f"{without_query(template)} does not exist", f"{self.source} says that it does; look at that registry"
            )
        verify(answer.content, row, self.source)
        return answer.content

    def others(self, names: list[str], tree: str) -> dict[str, list[bytes]]:
        """Ask for each, one after the other."""
        del tree
        found = {name: self._client.get(f"{self.source}{path_of(name)}", _LARGEST_INDEX) for name in names}
        return {
            name: answer.content.split(b"\n")
            for name, answer in found.items()
            if answer is not None and answer.content is not None
        }

    def _config(self) -> Mapping[str, Any]:
        """Return the description of the index. Raises `HostError` for one that is none."""
        answer = self._client.get(f"{self.source}config.json", _LARGEST_INDEX)
        remedy = "Write the address of a sparse index: the directory that holds its config.json"
        if answer is None or answer.content is None:
            raise HostError(f"{self.source} has no config.json, so it is no index", remedy)
        try:
            said = json.loads(answer.content)
            if not str(said["dl"]).startswith(SCHEMES):
                raise ValueError(f"its dl is {without_query(str(said['dl']))!r}")
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise HostError(f"{self.source}config.json does not describe an index: {why(error)}", remedy) from error
        config: Mapping[str, Any] = said
        return config


def registry(
    index: str, client: Client, commands: Commands, workplace: Workplace, network: Mapping[str, str]
) -> Registry:
    """Return the registry that the option *index* means. Cargo keeps what it downloads in *workplace*."""
    if index:
        return UrlRegistry(index, client)
    return CargoRegistry(commands, workplace, network, client.timeout)


def verify(content: bytes, row: Row, source: str) -> None:
    """Raise `HostError` when *content* is not the file that *row* of *source* is about."""
    digest = _digest(content)
    if digest != row.sha256:
        raise HostError(
            f"{row.name}-{row.version}.crate has the digest {digest}, the index ({source}) says {row.sha256}",
            "Nothing was taken from it. Find out which of the two was changed before anything is built of it",
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _said(failed: CommandError | None) -> str:
    return "it kept nothing of what it was told" if failed is None else failed.said
