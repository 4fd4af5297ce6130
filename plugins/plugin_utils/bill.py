# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SBOM in CycloneDX as an inventory. Runs on the controller, where package URLs are read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils.model.errors import HostError
from ..module_utils.model.image import OURS
from ..module_utils.model.inventory import Inventory, Package, roots
from ..module_utils.model.statements import LIBRESPOT

try:
    from packageurl import PackageURL
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where packageurl-python is not installed."""

_ELSEWHERE = ("repository_url", "vcs_url", "download_url")
"""Qualifiers of a package URL that name another place than the registry of its kind."""

_SOURCE = f"{OURS}:source"
"""Where an SBOM of ours says so."""


@dataclass(frozen=True)
class Named:
    """What an SBOM names: *crates* by name and version, *programs*, files called librespot, by path with SHA-256."""

    crates: set[tuple[str, str]]
    programs: dict[str, str]


def named(content: bytes, what: str) -> Named:
    """Return what an SBOM, called *what* in errors, names.

    Raises `HostError` for what is no SBOM of CycloneDX in JSON.
    """
    try:
        components = list(_components(_parsed(content)))
        purls = [PackageURL.from_string(item["purl"]) for item in components if item.get("purl")]
        programs = {
            str(item["name"]): str(entry["content"])
            for item in components
            if item["type"] == "file" and str(item["name"]).rpartition("/")[2] == LIBRESPOT
            for entry in item.get("hashes", ())
            if entry["alg"] == "SHA-256"
        }
        crates = {(str(purl.name), str(purl.version)) for purl in purls if purl.type == "cargo"}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unreadable(what, error) from error
    return Named(crates, programs)


def _parsed(content: bytes) -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads(content)
    if said.get("bomFormat") != "CycloneDX":
        raise ValueError("it is not CycloneDX")
    return said


def _unreadable(what: str, error: Exception) -> HostError:
    return HostError(f"{what} is no SBOM that can be read: {error}", "Give CycloneDX, as JSON")


def read_bill(content: bytes, what: str) -> tuple[Inventory, list[str]]:
    """Return the crates of an SBOM, called *what* in errors, and the labels of its other packages.

    Raises `HostError` for what is no SBOM of CycloneDX in JSON, and for one that does not say what librespot needs.
    """
    try:
        said = _parsed(content)
        components = {str(item.get("bom-ref", item["purl"])): item for item in _components(said) if item.get("purl")}
        purls = {ref: PackageURL.from_string(item["purl"]) for ref, item in components.items()}
        crates = [ref for ref, purl in purls.items() if purl.type == "cargo"]
        needs = {str(item["ref"]): item.get("dependsOn", ()) for item in said.get("dependencies", ())}
        positions = {ref: number for number, ref in enumerate(crates)}
        packages = tuple(
            Package(
                str(purls[ref].name),
                str(purls[ref].version),
                tuple(positions[need] for need in needs.get(ref, ()) if need in positions),
                own=purls[ref].name == LIBRESPOT,
                foreign=_foreign(components[ref], purls[ref]),
            )
            for ref in crates
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unreadable(what, error) from error
    if not any(package.own and package.dependencies for package in packages):
        raise HostError(
            f"{what} does not say which crates librespot was made of", "What is not named cannot be scanned"
        )
    others = [f"{purl.name} {purl.version}" for purl in purls.values() if purl.type != "cargo"]
    return Inventory(packages, roots([package.dependencies for package in packages])), others


def _components(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every component, with those that are in others and the one that it is about."""
    waiting = [*said.get("components", ())]
    subject = said.get("metadata", {}).get("component")
    if subject:
        waiting.append(subject)
    while waiting:
        item = waiting.pop()
        waiting += item.get("components", ())
        yield item


def _foreign(component: Mapping[str, Any], purl: PackageURL) -> str:
    if purl.name == LIBRESPOT:
        return ""
    qualifiers = dict(purl.qualifiers or {})
    properties = {str(item.get("name")): str(item.get("value")) for item in component.get("properties", ())}
    return next((str(qualifiers[name]) for name in _ELSEWHERE if name in qualifiers), properties.get(_SOURCE, ""))
