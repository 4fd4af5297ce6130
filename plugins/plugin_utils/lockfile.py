# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ``Cargo.lock`` as an inventory. Runs on the controller, where Python reads TOML."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tomllib

from ..module_utils.model.errors import HostError, why
from ..module_utils.model.inventory import Inventory, Package, roots
from ..module_utils.model.lock import LockedCrate

_REGISTRY = ("registry+", "sparse+")

Change = dict[str, Any]
"""The ``name`` of a crate, and its versions ``from`` and ``to``: none where it was added or left out."""


def locked(text: str, what: str) -> list[LockedCrate]:
    """Return the packages of a lock file, called *what* in errors. Raises `HostError` for what is none."""
    try:
        return [
            LockedCrate(
                str(package["name"]),
                str(package["version"]),
                str(package.get("source", "")),
                str(package.get("checksum", "")),
            )
            for package in tomllib.loads(text).get("package", [])
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{what} is not a lock file of cargo: {why(error)}", "Give the Cargo.lock of librespot"
        ) from error


def changes(before: Sequence[LockedCrate], after: Sequence[LockedCrate]) -> list[Change]:
    """Return what differs between the packages of two lock files, by name."""
    names = sorted({package.name for package in (*before, *after)})
    versions = {
        name: tuple({package.version for package in packages if package.name == name} for packages in (before, after))
        for name in names
    }
    return [
        {"name": name, "from": sorted(old - new), "to": sorted(new - old)}
        for name, (old, new) in versions.items()
        if old != new
    ]


def read_lock(text: str, what: str) -> tuple[Inventory, str]:
    """Return the packages of a lock file, called *what* in errors, and the registry that most of them are from.

    Packages from elsewhere are foreign. Raises `HostError` for what is no lock file, or holds no package of a registry.
    """
    try:
        given = tomllib.loads(text).get("package", [])
        sources = [str(package.get("source", "")) for package in given]
        registry = _registry(sources)
        needs = _dependencies(given)
        packages = tuple(
            Package(
                str(package["name"]),
                str(package["version"]),
                needed,
                own=not source,
                foreign=source if source not in ("", registry) else "",
                line=line,
            )
            for package, source, needed, line in zip(given, sources, needs, _lines(text))
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{what} is not a lock file of cargo: {why(error)}", "Give the Cargo.lock of librespot"
        ) from error
    if not registry:
        raise HostError(
            f"{what} names no package of a registry",
            "Give the lock file of the program, and not that of a package without dependencies",
        )
    return Inventory(packages, roots(needs)), registry


def _registry(sources: Sequence[str]) -> str:
    counted = Counter(source for source in sources if source.startswith(_REGISTRY))
    return counted.most_common(1)[0][0] if counted else ""


def _lines(text: str) -> Iterator[int]:
    """Return the lines that name the packages, in their order."""
    return itertools.chain(
        (number for number, line in enumerate(text.splitlines(), 2) if line.strip() == "[[package]]"),
        itertools.repeat(1),
    )


def _dependencies(given: Sequence[Mapping[str, Any]]) -> list[tuple[int, ...]]:
    """Return the positions that each package depends on. A lock names as much of a package as tells it from others."""
    names: dict[str, int] = {}
    for position, package in enumerate(given):
        name, version = str(package["name"]), str(package["version"])
        for label in (name, f"{name} {version}", f"{name} {version} ({package.get('source', '')})"):
            names[label] = position
    return [tuple(names[label] for label in package.get("dependencies", ())) for package in given]
