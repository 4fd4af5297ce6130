# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""osv-scanner, offline with databases of OSV."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...module_utils.model.errors import HostError, why
from ...module_utils.model.inventory import Inventory, SystemPackage
from ...module_utils.model.scan_options import OSV_SCANNER
from ...module_utils.model.vulnerability import Vulnerability, ordered
from ..cvss_score import rated, worst
from ..fixes import fix
from ..outputs.purl import crate
from ..subjects import Subject
from . import osv_distribution
from .engine import CATEGORIES, Scan, Surroundings
from .osv_database import OsvDatabase

_REMEDY = "Give the archive all.zip of the crates' advisories, as OSV publishes it"
_SYSTEM_REMEDY = "Give the archive all.zip of the distribution's advisories, as OSV publishes it"


class OsvScanner:
    """The engine ``osv-scanner`` with its databases: of crates, and of a distribution if one is given."""

    def __init__(self, given: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._commands = surroundings.commands
        self._timeout = surroundings.timeout
        self._program = given["program"] or shutil.which(OSV_SCANNER) or ""
        if not self._program:
            raise HostError(
                "osv-scanner is not installed on the controller",
                f"Install it, or give its path as {surroundings.path}.program",
            )
        if not given["database"]:
            raise HostError(f"{surroundings.path}.database is not given, and osv-scanner runs offline here", _REMEDY)
        self._crates = _database(given, "database", surroundings, _REMEDY)
        self._distribution = (
            _database(given, "distribution_database", surroundings, _SYSTEM_REMEDY)
            if given["distribution_database"]
            else None
        )

    @property
    def identifiers(self) -> Collection[str]:
        """The ids and aliases of all advisories in the databases."""
        more = self._distribution.identifiers if self._distribution else ()
        return self._crates.identifiers.union(more)

    def scan(self, subject: Subject) -> Scan:
        """Return what it knows against *subject*. Raises `HostError` when it did not look at every package."""
        wanted = {(package.name, package.version) for package in subject.inventory.packages if not package.foreign}
        system = subject.system if self._distribution else ()
        said = self._ask(subject.inventory, system, subject.path)
        packages = [item for item in said if item["package"]["ecosystem"] == self._crates.ecosystem]
        looked = {(str(item["package"]["name"]), str(item["package"]["version"])) for item in packages}
        if looked != wanted:
            raise HostError(
                f"osv-scanner looked at {len(looked)} packages of {subject.path}, which has {len(wanted)}",
                "Nothing is known of the others; take another version of osv-scanner",
            )
        found = [replace(item, path=subject.inventory.path(*item.key[1:])) for item in _found(packages)]
        if self._distribution:
            others = [item for item in said if item["package"]["ecosystem"] != self._crates.ecosystem]
            found += osv_distribution.read(others, system, self._distribution)
        version = self._commands.run([self._program, "--version"]).stdout.split("\n", 1)[0].split()[-1]
        return Scan(
            OSV_SCANNER,
            version,
            self._crates.as_data(),
            ordered(found),
            self._distribution.as_data() if self._distribution else {},
            tuple(system),
        )

    def _ask(self, inventory: Inventory, system: Collection[SystemPackage], what: str) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="hardened-librespot-scan-") as scratch:
            for database in (self._crates, self._distribution):
                if database:
                    store = f"{scratch}/osv-scalibr/{database.ecosystem}"
                    os.makedirs(store, mode=0o700, exist_ok=True)
                    with open(f"{store}/all.zip", "wb") as handle:
                        handle.write(database.content)
            file = f"{scratch}/librespot.cdx.json"
            with open(file, "w", encoding="utf-8") as bill:
                json.dump(_bill(inventory, system), bill)
            options = ["--offline", "--no-resolve", "--all-packages", "--all-vulns", "--format=json"]
            ran = self._commands.run(
                [self._program, "scan", "source", *options, f"--lockfile={file}"],
                (),
                timeout=self._timeout,
                env={"HOME": scratch, "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY": scratch},
            )
        # 0: nothing was found; 1: something was.
        if ran.returncode not in (0, 1):
            lines = " / ".join(ran.stderr.strip().splitlines()[-3:]) or f"status {ran.returncode}"
            raise HostError(f"osv-scanner could not look at {what}: {lines}", "What was not looked at is not clean")
        try:
            return [item for result in json.loads(ran.stdout)["results"] for item in result["packages"]]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise HostError(
                f"osv-scanner said of {what} what cannot be read: {why(error)}", "Take another version of it"
            ) from error


def _database(given: Mapping[str, Any], option: str, surroundings: Surroundings, remedy: str) -> OsvDatabase:
    where = f"{surroundings.path}.{option}"
    return OsvDatabase(given[option], where, surroundings.today, surroundings.max_age, remedy)


def _bill(inventory: Inventory, system: Collection[SystemPackage]) -> dict[str, Any]:
    crates = [
        {
            "type": "library",
            "name": package.name,
            "version": package.version,
            "purl": crate(package.name, package.version),
        }
        for package in inventory.packages
        if not package.foreign
    ]
    made_of = [*crates, *osv_distribution.components(system)]
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": made_of}


def _found(packages: list[dict[str, Any]]) -> Iterator[Vulnerability]:
    for item in packages:
        entries = {str(entry["id"]): entry for entry in item.get("vulnerabilities", ())}
        for group in item.get("groups", ()):
            # One and the same under the names of several who tell of it; RustSec's own come first.
            names = sorted(map(str, group["ids"]), key=lambda name: (not name.startswith("RUSTSEC-"), name))
            yield _vulnerability(item["package"], names[0], entries, {*names, *map(str, group.get("aliases") or ())})


def _vulnerability(
    package: Mapping[str, Any], identifier: str, entries: Mapping[str, Mapping[str, Any]], names: set[str]
) -> Vulnerability:
    entry, name, version = entries[identifier], str(package["name"]), str(package["version"])
    affected = [part for part in entry["affected"] if part["package"]["name"] == name]
    fixed = tuple(
        f">={event['fixed']}"
        for part in affected
        for span in part.get("ranges", ())
        for event in span["events"]
        if "fixed" in event
    )
    informational = next((part.get("database_specific", {}).get("informational") for part in affected), None)
    ratings = entry.get("severity") or ()
    vector = worst(str(item["score"]) for item in ratings if str(item["type"]).startswith("CVSS_"))
    score, severity = rated(vector)
    aliases = {*map(str, entry.get("aliases") or ()), *names} - {identifier}
    references = [str(item["url"]) for item in entry.get("references") or ()]
    return Vulnerability(
        identifier,
        name,
        version,
        CATEGORIES[informational],
        str(entry.get("summary") or identifier),
        tuple(sorted(aliases)),
        severity,
        score,
        vector,
        fixed,
        fix(version, fixed),
        references[0] if references else "",
        engines=(OSV_SCANNER,),
    )
