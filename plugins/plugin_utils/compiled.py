# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crates that were compiled: as the program records them, with what the lock file and cargo know of each besides.

A crate is known by its name and version, metadata of the build included: the index has versions that differ in that
alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..module_utils.model.errors import HostError, why
from ..module_utils.model.lock import LockedCrate

RUNTIME = "runtime"
BUILD = "build"


@dataclass(frozen=True)
class Crate:
    """One crate. *dependencies* are positions in the list that it is in.

    *direct* is one that librespot itself asks for. *source* is what cargo-auditable says of where it is from.
    *checksum* is the SHA-256 of its file, *license* what its author declares, *features* what it was compiled with;
    empty, and None, where nothing is known of it. One that is not *compiled* is only in the record: cargo-auditable
    asks cargo, which puts features together there that no single build has.
    """

    name: str
    version: str
    source: str
    kind: str
    root: bool
    direct: bool
    dependencies: tuple[int, ...]
    checksum: str = ""
    license: str = ""
    license_file: str = ""
    features: tuple[str, ...] | None = None
    compiled: bool = True


def recorded_crates(record: Sequence[Mapping[str, Any]], what: str) -> list[Crate]:
    """Return the crates of a program's *record*, as `elf.crates` returns it; *what* is the program in errors.

    Raises `HostError` when the record is damaged.
    """
    try:
        roots = [crate for crate in record if crate["root"]]
        direct = {int(position) for crate in roots for position in crate["dependencies"]}
        crates = [
            Crate(
                str(crate["name"]),
                str(crate["version"]),
                str(crate["source"]),
                BUILD if crate["kind"] == "build" else RUNTIME,
                bool(crate["root"]),
                position in direct,
                tuple(int(needed) for needed in crate["dependencies"]),
            )
            for position, crate in enumerate(record)
        ]
        if any(needed not in range(len(crates)) for crate in crates for needed in crate.dependencies):
            raise ValueError("a dependency is not in the list")
        if record and len(roots) != 1:
            raise ValueError(f"{len(roots)} of its crates are called the root")
    except (KeyError, TypeError, ValueError) as error:
        raise HostError(
            f"{what} has a damaged record of what it was made of: {why(error)}", "Build it again"
        ) from error
    return crates


def completed(crates: Iterable[Crate], lock: Iterable[LockedCrate], described: bytes) -> list[Crate]:
    """Return *crates* with their checksums from the *lock*, and with what a build host *described* of them.

    Raises `HostError` when one of them is not in the lock: then it is not that of the program.
    """
    known = {(item.name, item.version): item for item in lock}
    try:
        said = {(item["name"], item["version"]): item for item in json.loads(described)["crates"]}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise HostError(
            f"What the build host says of the crates cannot be read: {why(error)}", "Look at the build host"
        ) from error
    complete = []
    for crate in crates:
        key = (crate.name, crate.version)
        if key not in known:
            raise HostError(
                f"{crate.name} {crate.version} is in the program and not in the lock file that it was built with",
                "Nothing was kept; look at the build host",
            )
        more = said.get(key, {})
        features = more.get("features")
        complete.append(
            replace(
                crate,
                checksum=known[key].checksum,
                license=str(more.get("license", "")),
                license_file=str(more.get("license_file", "")),
                features=None if features is None else tuple(map(str, features)),
                compiled=features is not None,
            )
        )
    return complete
