# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cargo-audit, RustSec's own scanner."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...module_utils.model.errors import HostError
from ...module_utils.model.inventory import BINARY, LOCK, Inventory, Package
from ...module_utils.model.scan_options import CARGO_AUDIT
from ...module_utils.model.vulnerability import Vulnerability, ordered
from ..advisories import OFFICIAL, AdvisoryStore
from ..cvss_score import rated
from ..fixes import fix
from ..subjects import Subject
from .engine import CATEGORIES, Scan, Surroundings

_KNOWN_BAD = ("smallvec", "0.6.13", "RUSTSEC-2021-0003")
"""A package, its version, and an advisory on it that every database has."""


class CargoAudit:
    """The engine ``cargo-audit`` with its database."""

    def __init__(self, given: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._commands = surroundings.commands
        self._timeout = surroundings.timeout
        self._program = given["program"] or shutil.which(CARGO_AUDIT) or ""
        if not self._program:
            raise HostError(
                "cargo-audit is not installed on the controller",
                f"cargo install cargo-audit --locked, or give its path as {surroundings.path}.program",
            )
        store = AdvisoryStore(surroundings.cache, self._commands, surroundings.network)
        self._advisories = store.get(
            given["database"] or OFFICIAL, surroundings.today, surroundings.max_age, f"{surroundings.path}.database"
        )

    @property
    def identifiers(self) -> Collection[str]:
        """The ids and aliases of all advisories in the database."""
        return self._advisories.identifiers

    def scan(self, subject: Subject) -> Scan:
        """Return what it knows against *subject*. Raises `HostError` when it did not look at every package."""
        if subject.form == BINARY:
            said = self._audit(subject.content, True, subject.path)
        else:
            registry = subject.registry or self._registry()
            self._knows(registry, subject.path)
            lock = subject.content if subject.form == LOCK else _lock(subject.inventory, registry).encode()
            said = self._audit(lock, False, subject.path)
        looked = said["lockfile"]["dependency-count"]
        if looked != len(subject.inventory.packages):
            raise HostError(
                f"cargo-audit looked at {looked} packages of {subject.path}, which has "
                f"{len(subject.inventory.packages)}",
                "Nothing is known of the others; take another version of cargo-audit",
            )
        found = [replace(item, path=subject.inventory.path(*item.key[1:])) for item in _found(said)]
        version = self._commands.run([self._program, "--version"]).stdout.split()[-1]
        return Scan(CARGO_AUDIT, version, self._advisories.as_data(), ordered(found))

    def _knows(self, registry: str, what: str) -> None:
        """Raise `HostError` unless it says of a package that is known to be bad, from the same registry, that it is.

        It is silent about packages of any registry but one, and so takes a lock file from a mirror for clean.
        """
        name, version, identifier = _KNOWN_BAD
        if identifier not in self._advisories.identifiers:
            raise HostError(
                f"The database lacks {identifier}, which every whole copy of RustSec's has", "Get a whole copy of it"
            )
        lock = _lock(Inventory((Package(name, version),), (0,)), registry)
        said = self._audit(lock.encode(), False, what)
        if identifier not in {item.id for item in _found(said)}:
            raise HostError(
                f"cargo-audit knows nothing of packages from {registry}, as those of {what} are",
                "Give a lock file that names the registry itself: source replacement keeps a mirror out of it",
            )

    def _registry(self) -> str:
        """Return how a lock file names the registry that a package URL means, as cargo itself says it."""
        cargo = shutil.which("cargo")
        if not cargo:
            raise HostError(
                "cargo is not on the controller, and knows how packages of an SBOM are named to cargo-audit",
                "Install cargo there, or scan the program or the lock file instead",
            )
        with tempfile.TemporaryDirectory(prefix="hardened-librespot-scan-") as scratch:
            os.mkdir(f"{scratch}/src")
            with open(f"{scratch}/src/lib.rs", "w", encoding="utf-8"):
                pass
            with open(f"{scratch}/Cargo.toml", "w", encoding="utf-8") as handle:
                handle.write('[package]\nname = "asking"\nversion = "0.0.0"\n[dependencies]\nlibrespot = "*"\n')
            argv = [cargo, "metadata", "--offline", "--no-deps", "--format-version=1"]
            environment = {**rustup(), "HOME": scratch, "CARGO_HOME": scratch}
            ran = self._commands.run([*argv, f"--manifest-path={scratch}/Cargo.toml"], env=environment)
        (package,) = json.loads(ran.stdout)["packages"]
        return str(package["dependencies"][0]["source"])

    def _audit(self, content: bytes, is_program: bool, what: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="hardened-librespot-scan-") as scratch:
            file = f"{scratch}/{'librespot' if is_program else 'Cargo.lock'}"
            with open(file, "wb") as handle:
                handle.write(content)
            database = os.path.abspath(self._advisories.path)
            options = ["--db", database, "--no-fetch", "--stale", "--no-yanked", "--json"]
            chosen = ["bin", file] if is_program else ["--file", file]
            # The status is 1 for findings, and for some errors as well: what it says tells them apart.
            ran = self._commands.run(
                [self._program, "audit", *options, *chosen], (), timeout=self._timeout, env={"HOME": scratch}
            )
        try:
            said: dict[str, Any] = json.loads(ran.stdout)
            read = said["database"]["advisory-count"]
        except (ValueError, LookupError, TypeError, RecursionError):
            lines = " / ".join(ran.stderr.strip().splitlines()[-5:]) or f"status {ran.returncode}"
            raise HostError(
                f"cargo-audit could not look at {what}: {lines}", "What was not looked at is not clean"
            ) from None
        if read != self._advisories.count:
            raise HostError(
                f"cargo-audit read {read} advisories of {self._advisories.count} in its database",
                "Get a whole copy of the database, and a cargo-audit that reads all of it",
            )
        return said


def rustup() -> dict[str, str]:
    """Return what tells a cargo of rustup's which toolchain it is, when it is told."""
    home = os.environ.get("RUSTUP_HOME") or os.path.expanduser("~/.rustup")
    chosen = {name: os.environ[name] for name in ("RUSTUP_TOOLCHAIN",) if name in os.environ}
    return {"RUSTUP_HOME": home, **chosen}


def _lock(inventory: Inventory, registry: str) -> str:
    """Return a lock file with the packages of *inventory*; without its own and foreign ones being from *registry*."""
    lines = ["version = 3"]
    for package in inventory.packages:
        lines += ["[[package]]", f"name = {json.dumps(package.name)}", f"version = {json.dumps(package.version)}"]
        if not package.own and not package.foreign:
            lines.append(f"source = {json.dumps(registry)}")
    return "\n".join(lines) + "\n"


def _found(said: Mapping[str, Any]) -> Iterator[Vulnerability]:
    warnings = [item for group in said["warnings"].values() for item in group]
    for item in [*said["vulnerabilities"]["list"], *warnings]:
        advisory, package = item["advisory"], item["package"]
        vector = advisory["cvss"] or ""
        score, severity = rated(vector)
        patched = tuple(item["versions"]["patched"])
        yield Vulnerability(
            advisory["id"],
            package["name"],
            package["version"],
            CATEGORIES[advisory["informational"]],
            advisory["title"],
            tuple(sorted(advisory["aliases"])),
            severity,
            score,
            vector,
            patched,
            fix(package["version"], patched),
            advisory["url"] or "",
            engines=(CARGO_AUDIT,),
        )
