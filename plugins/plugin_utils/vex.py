# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads VEX documents, in OpenVEX or in CycloneDX, into statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..module_utils.host.opened import opened
from ..module_utils.model.errors import HostError, SpecificationError, why
from ..module_utils.model.statements import (
    AFFECTED,
    FIXED,
    JUSTIFICATIONS,
    LIBRESPOT,
    NOT_AFFECTED,
    STATUSES,
    UNDER_INVESTIGATION,
    Statement,
)

try:
    from packageurl import PackageURL
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where packageurl-python is not installed."""

_STATES = {
    "not_affected": NOT_AFFECTED,
    "false_positive": NOT_AFFECTED,
    "exploitable": AFFECTED,
    "in_triage": UNDER_INVESTIGATION,
    "resolved": FIXED,
    "resolved_with_pedigree": FIXED,
}
"""What CycloneDX calls the statuses."""

_BOM_LINK = re.compile(r"urn:cdx:[^#]*#")


def read_vex(path: str, where: str) -> list[Statement]:
    """Return the statements of the document at *path*, which the option *where* names.

    Raises `HostError` for what is no such document, `SpecificationError` for a statement without a reason.
    """
    try:
        with opened(path) as handle:
            said = json.load(handle)
        if not isinstance(said, Mapping):
            raise ValueError("it is no object")
        if "openvex" in str(said.get("@context", "")):
            statements = list(_openvex(said, path))
        elif said.get("bomFormat") == "CycloneDX":
            statements = list(_cyclonedx(said, path))
        else:
            raise ValueError("it is neither OpenVEX nor CycloneDX")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{where}: {path} is no VEX document that can be read: {why(error)}", "Give OpenVEX or CycloneDX, as JSON"
        ) from error
    for statement in statements:
        _refuse_unfounded(statement, where)
    return statements


def _refuse_unfounded(statement: Statement, where: str) -> None:
    if statement.status not in STATUSES:
        raise SpecificationError(f"{where} {statement.id}", statement.status, "is no status", f"Known: {STATUSES}")
    if statement.status == NOT_AFFECTED and not statement.reason:
        raise SpecificationError(
            f"{where} {statement.id}",
            statement.justification,
            "does not say why it is not affected",
            "Let it have a justification or an impact statement",
        )


def _openvex(said: Mapping[str, Any], path: str) -> Iterator[Statement]:
    for item in said["statements"]:
        vulnerability = item["vulnerability"]
        justification = str(item.get("justification", ""))
        reason = str(item.get("impact_statement") or item.get("action_statement") or "")
        if not reason and justification in JUSTIFICATIONS:
            reason = justification.replace("_", " ")
        for product in item.get("products") or said.get("products") or ():
            parts = [_named_package(part) for part in product.get("subcomponents", ())]
            for package, versions, librespot in _subjects(_named_package(product), parts):
                yield Statement(
                    str(vulnerability["name"] if isinstance(vulnerability, Mapping) else vulnerability),
                    str(item["status"]),
                    package,
                    versions,
                    librespot,
                    justification,
                    reason,
                    path,
                )


def _named_package(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and version of the package that a product or a part of one is; nothing when it is none."""
    return _of_purl(str(item.get("identifiers", {}).get("purl") or item.get("@id", "")))


def _of_purl(text: str) -> tuple[str, str]:
    if not text.startswith(("pkg:cargo/", "pkg:deb/")):
        return "", ""
    purl = PackageURL.from_string(text)
    return str(purl.name), str(purl.version or "")


def _subjects(
    product: tuple[str, str], parts: list[tuple[str, str]]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return package, its versions and those of librespot for a product that is a crate, and its *parts*."""
    name, version = product
    if name and not parts:
        yield name, _named(version), ()
    if name == LIBRESPOT:
        for part, part_version in parts:
            if part:
                yield part, _named(part_version), _named(version)


def _named(version: str) -> tuple[str, ...]:
    return (version,) if version else ()


def _cyclonedx(said: Mapping[str, Any], path: str) -> Iterator[Statement]:
    subject = said.get("metadata", {}).get("component", {})
    is_librespot = subject.get("name") == LIBRESPOT or _of_purl(subject.get("purl", ""))[0] == LIBRESPOT
    librespot = _named(str(subject.get("version", ""))) if is_librespot else ()
    purls = {str(item.get("bom-ref", "")): str(item.get("purl", "")) for item in said.get("components", ())}
    for item in said.get("vulnerabilities", ()):
        analysis = item.get("analysis")
        if not analysis:
            continue
        justification = _justified(str(analysis.get("justification", "")))
        for affected in item.get("affects", ()):
            reference = _BOM_LINK.sub("", str(affected["ref"]))
            package, version = _of_purl(purls.get(reference) or reference)
            if package:
                yield Statement(
                    str(item["id"]),
                    _STATES.get(str(analysis["state"]), str(analysis["state"])),
                    package,
                    _named(version),
                    librespot,
                    justification,
                    str(analysis.get("detail") or analysis.get("justification", "")),
                    path,
                )


def _justified(given: str) -> str:
    """Return what OpenVEX calls a justification of CycloneDX."""
    return {
        "code_not_present": "vulnerable_code_not_present",
        "code_not_reachable": "vulnerable_code_not_in_execute_path",
        "requires_configuration": "vulnerable_code_not_in_execute_path",
        "requires_dependency": "vulnerable_code_not_in_execute_path",
        "requires_environment": "vulnerable_code_cannot_be_controlled_by_adversary",
        "protected_by_compiler": "inline_mitigations_already_exist",
        "protected_at_runtime": "inline_mitigations_already_exist",
        "protected_at_perimeter": "inline_mitigations_already_exist",
        "protected_by_mitigating_control": "inline_mitigations_already_exist",
    }.get(given, "")
