# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a build host gave to an artifact: its manifest, its SBOM, and the lock file that it was built with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ..module_utils.host.crate_build import CRATES
from ..module_utils.host.workplace import Built
from ..module_utils.model.artifact import CRATE, LOCK, SBOM, Recipe
from ..module_utils.model.errors import HostError
from ..module_utils.model.lock import OWN, UPSTREAM, UPSTREAM_LOCK
from . import elf, sbom
from .compiled import completed, recorded_crates
from .lockfile import changes, locked
from .manifest import manifest

LACKING = elf.LACKING or sbom.LACKING
"""Why nothing here can be used, where a library is not installed."""


@dataclass(frozen=True)
class Assembled:
    """The *manifest* of an artifact, and the files *beside* its program."""

    manifest: dict[str, Any]
    beside: dict[str, bytes]


def assemble(recipe: Recipe, built: Built) -> Assembled:
    """Return the artifact that *recipe* asked for.

    Raises `HostError` for a program that would not run on the target, is badly built, has crates that nobody locked, or
    was built with another lock file.
    """
    if recipe.method == CRATE:
        _refuse_other_lock(recipe, built)
    described = manifest(recipe, built.binary, built.facts)
    crates = recorded_crates(elf.crates(built.binary), f"The program of {recipe.identifier}")
    beside = {}
    if recipe.method == CRATE:
        beside[LOCK] = built.files[LOCK]
        used, upstream = (
            locked(built.files[name].decode(), f"{name} of {recipe.identifier}") for name in (LOCK, UPSTREAM_LOCK)
        )
        crates = completed(crates, used, built.files[CRATES])
        # Where a lock file of one's own is from is said elsewhere: from anywhere it gives the same artifact.
        described["lock"] = {
            "origin": UPSTREAM if described["inputs"]["lock"] == UPSTREAM else OWN,
            "sha256": hashlib.sha256(built.files[LOCK]).hexdigest(),
            "changes": changes(upstream, used),
        }
    beside[SBOM] = sbom.program_sbom(described, crates)
    described["sbom"] = {"sha256": hashlib.sha256(beside[SBOM]).hexdigest(), "crates": len(crates)}
    return Assembled(described, beside)


def _refuse_other_lock(recipe: Recipe, built: Built) -> None:
    """Raise `HostError` unless the lock file that was used is the one of *recipe*, by its digest or upstream's."""
    asked = str(dict(recipe.inputs)["lock"])
    used, upstream = (built.files.get(name, b"") for name in (LOCK, UPSTREAM_LOCK))
    wanted = hashlib.sha256(upstream).hexdigest() if asked == UPSTREAM else asked
    found = hashlib.sha256(used).hexdigest()
    if not used or found != wanted:
        raise HostError(
            f"{recipe.identifier} was built with a lock file with the digest {found}, and {wanted} was asked for",
            "Nothing was kept. Build again; if it happens again, do not trust the build host",
        )
