# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found out about a release or an image elsewhere, kept on the host that runs it: attestations of in-toto.

A host cannot scan, and does not see the other hosts of a rollout. So the controller leaves there what it saw, as
statements of in-toto (version 1), one of each kind: ``vulns`` 0.2 of a scan, ``test-result`` 0.1 of a rollout or of a
run of a CI. The audit reads them again each time: a waiver that has expired since, or a scan that is too old, is red
without a new scan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .gate import EXPLAINED, OPEN
from .timestamp import seconds
from .vulnerability import REFRESH

STATEMENT = "https://in-toto.io/Statement/v1"
VULNS = "https://in-toto.io/attestation/vulns/v0.2"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"

SCAN = "scan"
ROLLOUT = "rollout"
PACKAGES = "packages"
CI = "ci"
KINDS = (SCAN, ROLLOUT, PACKAGES, CI)

STAGED = "staging"
HEALTH = "health"
AUDIT = "audit"
SOAK = "soak"
PROOFS = (HEALTH, AUDIT, SOAK)
"""What a host has shown of a release before the rollout was content with it."""

RESULTS = ("scan.json", "scan.sarif", "scan.junit.xml")
"""What a run of a CI leaves for other programs, of which each run of `CI` tells the digest."""


@dataclass(frozen=True)
class Attested:
    """One advisory in a scan that was attested: what was thought of it, and the last day on which that holds.

    What is no crate of the program, but something else in its image, has a *purl*. *unless_proxy* says of one that is
    explained that it is so only while no instance connects through a proxy.
    """

    id: str
    package: str
    version: str
    status: str
    until: str
    fix: str
    purl: str
    unless_proxy: bool

    @property
    def on_crate(self) -> bool:
        """Tell whether it is about a crate of the program."""
        return not self.purl

    def open_on(self, today: date, proxy: bool) -> bool:
        """Tell whether nothing accounts for it on the day *today*, with a *proxy* or without."""
        expired = bool(self.until and date.fromisoformat(self.until) < today)
        return self.status == OPEN or expired or (proxy and self.unless_proxy)

    def fixable(self, proxy: bool) -> bool:
        """Tell whether a refreshed lock file would mend it, and it does apply."""
        explained = self.status == EXPLAINED and not (proxy and self.unless_proxy)
        return self.on_crate and self.fix == REFRESH and not explained

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
    """Tests of one thing, made *at*, in seconds since 1970: whether it was *right*, and which were shown and failed.

    *results* are the names of the files that they left.
    """

    sha256: str
    at: float
    right: bool
    shown: tuple[str, ...]
    failed: tuple[str, ...]
    results: tuple[str, ...] = ()


def read_scan(text: str) -> ScanSeen:
    """Return what statements of a scan say. Raises ValueError, LookupError or TypeError for anything else."""
    statements = _read(text, VULNS)
    found = [result for item in statements for result in item["predicate"]["scanner"]["result"]]
    at = min(seconds(item["predicate"]["metadata"]["scanFinishedOn"]) for item in statements)
    return ScanSeen(_subject(statements), at, tuple(dict.fromkeys(_attested(item) for item in found)))


def _attested(item: Mapping[str, Any]) -> Attested:
    (noted,) = item["annotations"]
    names = ("package", "package_version", "status", "until", "fix", "purl")
    package, version, status, until, fix, purl = (str(noted[name]) for name in names)
    unless_proxy = noted["unless_proxy"] == "true"
    return Attested(str(item["id"]), package, version, status, until, fix, purl, unless_proxy)


def read_tests(text: str) -> TestsSeen:
    """Return what the statement of a rollout, of a CI, or about packages, says. Raises as `read_scan` does."""
    (statement,) = _read(text, TEST_RESULT)
    said = statement["predicate"]
    configuration, *left = said["configuration"]
    at = seconds(configuration["annotations"]["at"])
    shown, failed = tuple(said["passedTests"]), tuple(said["failedTests"])
    right = said["result"] == "PASSED" and not failed
    return TestsSeen(_subject([statement]), at, right, shown, failed, tuple(item["name"] for item in left))


def _read(text: str, kind: str) -> list[dict[str, Any]]:
    statements = [json.loads(item) for item in text.splitlines()]
    if not statements or any(item["_type"] != STATEMENT or item["predicateType"] != kind for item in statements):
        raise ValueError(f"it is no statement of in-toto with the predicate {kind}")
    return statements


def _subject(statements: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of what all *statements* are about."""
    (sha256,) = {subject["digest"]["sha256"] for item in statements for subject in item["subject"]}
    return str(sha256)
