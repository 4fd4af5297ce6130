# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found out about a release or an image elsewhere, kept on the host that runs it: attestations of in-toto.

A host cannot scan, and does not see the other hosts of a rollout. So the controller leaves there what it saw, as
statements of in-toto (version 1), one of each kind: ``vulns`` 0.2 of a scan, ``test-result`` 0.1 of a rollout. The
audit reads them again each time: a waiver that has expired since, or a scan that is too old, is red without a new scan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .errors import SpecificationError
from .gate import EXPLAINED, OPEN
from .reading import line, mapping, sequence
from .timestamp import seconds
from .vulnerability import REFRESH

STATEMENT = "https://in-toto.io/Statement/v1"
VULNS = "https://in-toto.io/attestation/vulns/v0.2"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"

SCAN = "scan"
ROLLOUT = "rollout"
PACKAGES = "packages"
KINDS = (SCAN, ROLLOUT, PACKAGES)

STAGED = "staging"
HEALTH = "health"
AUDIT = "audit"
SOAK = "soak"
PROOFS = (HEALTH, AUDIT, SOAK)
"""What a host has shown of a release before the rollout was content with it."""

_LONGEST = 500
_NOTED = ("package", "package_version", "purl", "category", "status", "until", "fix")


@dataclass(frozen=True)
class Attested:
    """One advisory in a scan that was attested: what was thought of it, and the last day on which that holds.

    What is no crate of the program, but something else in its image, has a *purl*.
    """

    id: str
    package: str
    version: str
    status: str
    until: str
    fix: str
    purl: str

    @property
    def on_crate(self) -> bool:
        """Tell whether it is about a crate of the program."""
        return not self.purl

    def open_on(self, today: date) -> bool:
        """Tell whether nothing accounts for it on the day *today*."""
        return self.status == OPEN or bool(self.until and date.fromisoformat(self.until) < today)

    @property
    def fixable(self) -> bool:
        """Tell whether a refreshed lock file would mend it, and it does apply."""
        return self.on_crate and self.fix == REFRESH and self.status != EXPLAINED

    def __str__(self) -> str:
        return f"{self.id} ({self.package} {self.version})"


@dataclass(frozen=True)
class ScanSeen:
    """Scans of one thing, by all engines, the oldest of them made *at*, in seconds since 1970."""

    sha256: str
    at: float
    found: tuple[Attested, ...]


@dataclass(frozen=True)
class TestsSeen:
    """Tests of one thing, made *at*, in seconds since 1970: whether it was *right*, and which were shown and failed."""

    sha256: str
    at: float
    right: bool
    shown: tuple[str, ...]
    failed: tuple[str, ...]


def scan_statements(name: str, sha256: str, scanned: Mapping[str, Any], path: str) -> str:
    """Return what the module ``scan`` returned, as one statement for each engine, one to a line.

    Raises `SpecificationError` for anything else, and for a scan of something else than what has the digest *sha256*.
    """
    try:
        subject, today = scanned["subject"], str(scanned["today"])
        date.fromisoformat(today)
        if subject["sha256"] != sha256:
            raise SpecificationError(
                f"{path}.subject.sha256", subject["sha256"], f"is not {sha256}", f"Give the scan of {name}"
            )
        results = [_result(item) for item in scanned["vulnerabilities"]]
        said = [
            {
                "scanner": {
                    "uri": f"urn:hardened.librespot:engine:{engine['name']}",
                    "version": engine["version"],
                    "db": {
                        "version": engine["database"]["digest"],
                        "lastUpdate": f"{engine['database']['updated']}T00:00:00Z",
                    },
                    "result": results,
                },
                # A scan says on which day it was made, so that the same scan is always the same statement.
                "metadata": {"scanStartedOn": f"{today}T00:00:00Z", "scanFinishedOn": f"{today}T00:00:00Z"},
            }
            for engine in scanned["engines"]
        ]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise SpecificationError(
            path, type(scanned).__name__, f"is not what the module scan returns: {error!r}", "Give its whole result"
        ) from error
    if not said:
        raise SpecificationError(f"{path}.engines", [], "is empty", "What nobody looked at cannot be attested")
    return _lines([_statement(name, sha256, VULNS, item) for item in said])


def _result(item: Mapping[str, Any]) -> dict[str, Any]:
    noted = {name: str(item[name]) for name in _NOTED}
    scored = [{"method": "cvss_score", "score": str(item["cvss_score"])}] if item["cvss_score"] is not None else []
    return {
        "id": str(item["id"]),
        "severity": [{"method": "hardened.librespot", "score": str(item["judged_severity"])}, *scored],
        "annotations": [{**noted, "why": str(item["why"])[:_LONGEST]}],
    }


def rollout_statement(name: str, sha256: str, given: Any, path: str) -> str:
    """Return how a rollout went on this host, as *given* by a user of the module: one statement, on one line.

    *given* has the name of the *rollout*, the *passed* and *failed* tests, and *at*, when (RFC 3339).
    """
    said = mapping(given, path, ("rollout", "passed", "failed", "at"))
    lists = {
        key: [
            line(item, f"{path}.{key}[{number}]", 100)
            for number, item in enumerate(sequence(said.get(key) or (), f"{path}.{key}"))
        ]
        for key in ("passed", "failed")
    }
    at = line(said.get("at"), f"{path}.at")
    try:
        seconds(at)
    except ValueError:
        raise SpecificationError(f"{path}.at", at, "is no moment", "Write it as in 2026-01-31T12:00:00Z") from None
    configuration = line(said.get("rollout"), f"{path}.rollout", 200)
    return _lines([_tests(name, sha256, configuration, at, lists["passed"], lists["failed"])])


def packages_statement(name: str, sha256: str, given: Any, path: str) -> str:
    """Return how the packages of an image compare with those of its distribution, as *given*: one statement.

    *given* has the day on which they were *compared*, the *distribution*, and which are *outdated*: a list of ``name``,
    ``from`` and ``to``, which is empty for a package that the distribution has no more.
    """
    said = mapping(given, path, ("compared", "distribution", "outdated"))
    day = line(said.get("compared"), f"{path}.compared")
    try:
        date.fromisoformat(day)
    except ValueError:
        raise SpecificationError(f"{path}.compared", day, "is no day", "Write it as in 2026-01-31") from None
    outdated = [
        _outdated(item, f"{path}.outdated[{number}]")
        for number, item in enumerate(sequence(said.get("outdated") or (), f"{path}.outdated"))
    ]
    distribution = line(said.get("distribution"), f"{path}.distribution", 100)
    passed = [] if outdated else [PACKAGES]
    return _lines([_tests(name, sha256, distribution, f"{day}T00:00:00Z", passed, outdated)])


def _outdated(given: Any, path: str) -> str:
    item = mapping(given, path, ("name", "from", "to"))
    name, old = (line(item.get(key), f"{path}.{key}", 200) for key in ("name", "from"))
    if item.get("to") == "":
        return f"{name} {old}, there is none any more"
    return f"{name} {old}, there is {line(item.get('to'), f'{path}.to', 200)}"


def _tests(
    name: str, sha256: str, configuration: str, at: str, passed: Sequence[str], failed: Sequence[str]
) -> dict[str, Any]:
    predicate = {
        "result": "FAILED" if failed or not passed else "PASSED",
        "configuration": [{"name": configuration, "annotations": {"at": at}}],
        "passedTests": list(passed),
        "warnedTests": [],
        "failedTests": list(failed),
    }
    return _statement(name, sha256, TEST_RESULT, predicate)


def read_scan(text: str) -> ScanSeen:
    """Return what statements of a scan say. Raises ValueError, LookupError or TypeError for anything else."""
    statements = _read(text, VULNS)
    found = [result for item in statements for result in item["predicate"]["scanner"]["result"]]
    at = min(seconds(item["predicate"]["metadata"]["scanFinishedOn"]) for item in statements)
    return ScanSeen(_subject(statements), at, tuple(dict.fromkeys(_attested(item) for item in found)))


def _attested(item: Mapping[str, Any]) -> Attested:
    (noted,) = item["annotations"]
    names = ("package", "package_version", "status", "until", "fix", "purl")
    return Attested(str(item["id"]), *(noted[name] for name in names))


def read_tests(text: str) -> TestsSeen:
    """Return what the statement of a rollout, or about packages, says. Raises as `read_scan` does."""
    (statement,) = _read(text, TEST_RESULT)
    said = statement["predicate"]
    (configuration,) = said["configuration"]
    at = seconds(configuration["annotations"]["at"])
    shown, failed = tuple(said["passedTests"]), tuple(said["failedTests"])
    return TestsSeen(_subject([statement]), at, said["result"] == "PASSED" and not failed, shown, failed)


def _read(text: str, kind: str) -> list[dict[str, Any]]:
    statements = [json.loads(item) for item in text.splitlines()]
    if not statements or any(item["_type"] != STATEMENT or item["predicateType"] != kind for item in statements):
        raise ValueError(f"it is no statement of in-toto with the predicate {kind}")
    return statements


def _subject(statements: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of what all *statements* are about."""
    (sha256,) = {subject["digest"]["sha256"] for item in statements for subject in item["subject"]}
    return str(sha256)


def _statement(name: str, sha256: str, kind: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": kind,
        "predicate": predicate,
    }


def _lines(statements: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(item, sort_keys=True)}\n" for item in statements)
