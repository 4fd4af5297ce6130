# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SBOM in CycloneDX as an inventory. Runs on the controller, where package URLs are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils.model.errors import HostError, why
from ..module_utils.model.image import OURS
from ..module_utils.model.inventory import Inventory, Package, SystemPackage, roots
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


_DISTRIBUTIONS = ("debian", "ubuntu")
"""Of whose packages it is known how their releases are named."""


@dataclass(frozen=True)
class Bill:
    """The crates that an SBOM names, the packages of a distribution, and the labels of all *others*.

    *files* are the SHA-256 of the files that it names.
    """

    inventory: Inventory
    system: tuple[SystemPackage, ...]
    others: tuple[str, ...]
    files: frozenset[str]


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
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(what, error) from error
    return Named(crates, programs)


def _parsed(content: bytes) -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads(content)
    if said.get("bomFormat") != "CycloneDX":
        raise ValueError("it is not CycloneDX")
    return said


def _unreadable(what: str, error: Exception) -> HostError:
    return HostError(f"{what} is no SBOM that can be read: {why(error)}", "Give CycloneDX, as JSON")


def read_bill(content: bytes, what: str) -> Bill:
    """Return what an SBOM, called *what* in errors, names.

    Raises `HostError` for what is no SBOM of CycloneDX in JSON, and for one that does not say what librespot needs.
    """
    try:
        said = _parsed(content)
        every = list(_components(said))
        components = _identified(every)
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
        nameless = tuple(_label(item) for item in every if not item.get("purl") and not _looked_at(item, said))
        files = frozenset(
            str(known["content"]) for item in every for known in item.get("hashes", ()) if known["alg"] == "SHA-256"
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(what, error) from error
    if not any(package.own and package.dependencies for package in packages):
        raise HostError(
            f"{what} does not say which crates librespot was made of", "What is not named cannot be scanned"
        )
    rest = [purl for purl in purls.values() if purl.type != "cargo"]
    system = {purl: found for purl in rest if (found := _system(purl))}
    return Bill(
        Inventory(packages, roots([package.dependencies for package in packages])),
        tuple(system.values()),
        (*(f"{purl.name} {purl.version}" for purl in rest if purl not in system), *nameless),
        files,
    )


def _identified(components: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return those of *components* that have a package URL, by what the SBOM calls them.

    Raises ValueError when it calls two of them the same: only one would be scanned.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for item in components:
        ref = str(item.get("bom-ref") or item.get("purl") or "")
        other = found.get(ref) if ref else None
        # Without a name of their own, the same package twice is one.
        if other and (("bom-ref" in item and "bom-ref" in other) or item.get("purl") != other.get("purl")):
            raise ValueError(f"it has two components called {ref!r}")
        found[ref] = item
    return {ref: item for ref, item in found.items() if item.get("purl")}


def _looked_at(item: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Tell of a component without package URL whether its files are, by their digests, or what it is made of.

    Those of an SBOM of ours are files, the image that it is about, and what the collection itself has put there.
    """
    subject = item is said.get("metadata", {}).get("component") and item.get("type") == "container"
    return subject or item.get("type") == "file" or (item.get("type") == "application" and item["name"] == OURS)


def _label(item: Mapping[str, Any]) -> str:
    return f"{item['name']} {item.get('version', '')}".strip()


def _system(purl: PackageURL) -> SystemPackage | None:
    """Return the package of a distribution that *purl* names; None when it does not say of which release it is."""
    qualifiers = dict(purl.qualifiers or {})
    distribution = str(purl.namespace or "")
    release = str(qualifiers.get("distro", "")).rpartition("-")[2]
    if purl.type != "deb" or distribution not in _DISTRIBUTIONS or not release[:1].isdigit() or not purl.version:
        return None
    if distribution == "debian":
        # A point release is no other one.
        release = release.partition(".")[0]
    source, _at, source_version = str(qualifiers.get("upstream") or purl.name).partition("@")
    return SystemPackage(
        str(purl.name),
        str(purl.version),
        source,
        source_version or str(purl.version),
        distribution,
        release,
        purl.to_string(),
    )


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
