# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What osv-scanner is asked about the packages of a distribution, and what it says of them.

OSV has the advisories of a distribution by its releases, and on its source packages in the versions of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ...module_utils.model.errors import HostError
from ...module_utils.model.inventory import SystemPackage
from ...module_utils.model.scan_options import OSV_SCANNER
from ...module_utils.model.vulnerability import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    NO_FIX,
    NOTICE,
    REFRESH,
    UNKNOWN,
    VULNERABILITY,
    Vulnerability,
)
from ..cvss_score import rated, worst
from ..outputs.purl import source_package
from .osv_database import OsvDatabase, known_as, vulnerabilities, vulnerability

_TITLE = 160
_UNIMPORTANT = ("unimportant", "negligible")
"""What Debian and Ubuntu call an advisory that does no harm in their package."""

_URGENCIES = {"critical": CRITICAL, "high": HIGH, "medium": MEDIUM, "low": LOW}


def components(packages: Collection[SystemPackage]) -> list[dict[str, str]]:
    """Return the source packages of *packages* as components of an SBOM, each once."""
    return [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": source_package(distribution, release, name, version),
        }
        for distribution, release, name, version in sorted(
            {(item.distribution, item.release, item.source, item.source_version) for item in packages}
        )
    ]


def read(
    said: Sequence[Mapping[str, Any]], packages: Collection[SystemPackage], database: OsvDatabase
) -> Iterator[Vulnerability]:
    """Yield what osv-scanner *said* of the source packages of *packages*, for each of these that are affected.

    Raises `HostError` when it did not look at one of them, or passed over an advisory.
    """
    answers = {_key(item): item for item in said}
    for source in sorted({(item.source, item.source_version) for item in packages}):
        if source not in answers:
            raise HostError(f"osv-scanner did not look at {' '.join(source)}", "Take another version of osv-scanner")
    known = list(database.about({item.source for item in packages}))
    for package in packages:
        answer = answers[package.source, package.source_version]
        release = str(answer["package"]["ecosystem"])
        _refuse_uncovered(package, release, database)
        entries = list(answer.get("vulnerabilities", ()))
        _refuse_passed_over(package, release, entries, known)
        own = {vulnerability(entry): entry for entry in entries if vulnerability(entry)}
        # An advisory of the distribution says nothing more where each of its vulnerabilities has an entry of its own.
        told = [
            entry
            for entry in entries
            if not vulnerability(entry) and vulnerabilities(entry) and vulnerabilities(entry) <= set(own)
        ]
        for entry in entries:
            if entry not in told:
                names = [str(other["id"]) for other in told if vulnerabilities(other) == {vulnerability(entry)}]
                yield _vulnerability(entry, release, package, names)


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item["package"]["name"]), str(item["package"]["version"])


def _refuse_uncovered(package: SystemPackage, release: str, database: OsvDatabase) -> None:
    if release not in database.releases or not release.startswith(f"{database.ecosystem}:{package.release}"):
        raise HostError(
            f"The database of {database.ecosystem} says nothing about {package.distribution} {package.release}",
            "Give the archive of that distribution as distribution_database; what was not looked at is not clean",
        )


def _refuse_passed_over(
    package: SystemPackage, release: str, entries: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]
) -> None:
    """Raise `HostError` when one of all *known* entries names the version, and is not among those that were found.

    osv-scanner skips what it cannot read.
    """
    found = {str(entry["id"]) for entry in entries}
    for entry in known:
        affected = _affected(entry, release, package.source)
        if entry["id"] not in found and any(package.source_version in part.get("versions", ()) for part in affected):
            raise HostError(
                f"osv-scanner passed over {entry['id']}, which is about {package.source} {package.source_version}",
                "Get a whole copy of the database, and an osv-scanner that reads all of it",
            )


def _affected(entry: Mapping[str, Any], release: str, source: str) -> list[Mapping[str, Any]]:
    return [
        part
        for part in entry["affected"]
        if part.get("package", {}).get("name") == source and part["package"]["ecosystem"] == release
    ]


def _vulnerability(
    entry: Mapping[str, Any], release: str, package: SystemPackage, names: Collection[str]
) -> Vulnerability:
    affected = _affected(entry, release, package.source)
    events = [event for part in affected for span in part.get("ranges", ()) for event in span["events"]]
    fixed = tuple(f">={event['fixed']}" for event in events if "fixed" in event)
    urgency = _urgency(entry, affected)
    ratings = [*(entry.get("severity") or ()), *(item for part in affected for item in part.get("severity") or ())]
    vector = worst(str(item["score"]) for item in ratings if str(item["type"]).startswith("CVSS_"))
    score, severity = rated(vector)
    title = _title(entry)
    if urgency in _UNIMPORTANT:
        # The score is of the vulnerability anywhere; the distribution has looked at its own package.
        vector, score, severity, title = "", None, LOW, f"{title} ({urgency} in {package.distribution})"
    elif severity == UNKNOWN:
        severity = _URGENCIES.get(urgency, UNKNOWN)
    identifier, *aliases = known_as(entry)
    references = [str(item["url"]) for item in entry.get("references") or ()]
    return Vulnerability(
        identifier,
        package.name,
        package.version,
        NOTICE if urgency in _UNIMPORTANT else VULNERABILITY,
        title,
        tuple(sorted({*aliases, *names})),
        severity,
        score,
        vector,
        fixed,
        REFRESH if fixed else NO_FIX,
        references[0] if references else "",
        (f"{package.source} {package.source_version}", package.label),
        (OSV_SCANNER,),
        package.purl,
    )


def _urgency(entry: Mapping[str, Any], affected: Sequence[Mapping[str, Any]]) -> str:
    """Return how urgent the distribution itself calls it: Debian for each release, Ubuntu as one more severity."""
    said = [str(part.get("ecosystem_specific", {}).get("urgency", "")) for part in affected]
    said += [str(item["score"]) for item in entry.get("severity") or () if item["type"] == "Ubuntu"]
    return next((word for word in said if word in (*_UNIMPORTANT, *_URGENCIES)), "")


def _title(entry: Mapping[str, Any]) -> str:
    text = str(entry.get("summary") or entry.get("details") or entry["id"]).strip().split("\n", maxsplit=1)[0]
    return text if len(text) <= _TITLE else f"{text[: _TITLE - 1]}…"
