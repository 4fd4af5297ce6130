# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements of in-toto about a release or an image, made of what the controller has seen of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from .attestation import PACKAGES, RESULTS, STATEMENT, TEST_RESULT, VULNS
from .errors import SpecificationError, why
from .reading import line, mapping, sequence
from .timestamp import seconds

_LONGEST = 500
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOTED = ("package", "package_version", "purl", "category", "status", "until", "fix")


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
            path, scanned, f"is not what the module scan returns: {why(error)}", "Give its whole result"
        ) from error
    if not said:
        raise SpecificationError(f"{path}.engines", [], "is empty", "What nobody looked at cannot be attested")
    return _lines([_statement(name, sha256, VULNS, item) for item in said])


def _result(item: Mapping[str, Any]) -> dict[str, Any]:
    noted = {name: str(item[name]) for name in _NOTED}
    noted["unless_proxy"] = "true" if item["unless_proxy"] else "false"
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
    configuration = line(said.get("rollout"), f"{path}.rollout", 200)
    return _lines([_tests(name, sha256, configuration, _moment(said, path), *_outcomes(said, path))])


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


def ci_statement(name: str, sha256: str, given: Any, path: str) -> str:
    """Return what a run of a CI thought, as *given*: one statement, on one line.

    *given* has the *sha256* of what it looked at, the name of its *job*, the *passed* and *failed* tests, *at*, when
    (RFC 3339), and its *results*: by the name of each file its digest (SHA-256).
    """
    said = mapping(given, path, ("sha256", "job", "passed", "failed", "at", "results"))
    if said.get("sha256") != sha256:
        raise SpecificationError(
            f"{path}.sha256", said.get("sha256"), f"is not {sha256}", f"Give what the CI thought of {name}"
        )
    results = mapping(said.get("results") or {}, f"{path}.results", RESULTS)
    for result, digest in results.items():
        if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
            raise SpecificationError(f"{path}.results.{result}", digest, "is no SHA-256", "Write 64 hexadecimal digits")
    job = line(said.get("job"), f"{path}.job", 200)
    left = {result: str(digest) for result, digest in results.items()}
    return _lines([_tests(name, sha256, job, _moment(said, path), *_outcomes(said, path), left)])


def _outcomes(said: Mapping[str, Any], path: str) -> tuple[list[str], list[str]]:
    """Return the tests that passed, and those that failed."""
    passed, failed = (
        [
            line(item, f"{path}.{key}[{number}]", 100)
            for number, item in enumerate(sequence(said.get(key) or (), f"{path}.{key}"))
        ]
        for key in ("passed", "failed")
    )
    for item in passed:
        if item in failed:
            raise SpecificationError(f"{path}.failed", item, "has passed as well", "Name each test once")
    return passed, failed


def _moment(said: Mapping[str, Any], path: str) -> str:
    at = line(said.get("at"), f"{path}.at")
    try:
        seconds(at)
    except ValueError:
        raise SpecificationError(f"{path}.at", at, "is no moment", "Write it as in 2026-01-31T12:00:00Z") from None
    return at


def _outdated(given: Any, path: str) -> str:
    item = mapping(given, path, ("name", "from", "to"))
    name, old = (line(item.get(key), f"{path}.{key}", 200) for key in ("name", "from"))
    if item.get("to") == "":
        return f"{name} {old}, there is none any more"
    return f"{name} {old}, there is {line(item.get('to'), f'{path}.to', 200)}"


def _tests(
    name: str,
    sha256: str,
    configuration: str,
    at: str,
    passed: Sequence[str],
    failed: Sequence[str],
    results: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    left = [{"name": result, "digest": {"sha256": digest}} for result, digest in sorted((results or {}).items())]
    predicate = {
        "result": "FAILED" if failed or not passed else "PASSED",
        "configuration": [{"name": configuration, "annotations": {"at": at}}, *left],
        "passedTests": list(passed),
        "warnedTests": [],
        "failedTests": list(failed),
    }
    return _statement(name, sha256, TEST_RESULT, predicate)


def _statement(name: str, sha256: str, kind: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": kind,
        "predicate": predicate,
    }


def _lines(statements: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(item, sort_keys=True)}\n" for item in statements)
