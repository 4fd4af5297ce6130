# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a binary to the manifest of an artifact, and the refusal of one that does not keep its promises."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..module_utils.model.artifact import CRATE, Recipe, glibc_key
from ..module_utils.model.errors import HostError
from .elf import inspect

_FORMAT = 2


def manifest(recipe: Recipe, binary: bytes, build: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of *binary*. Raises `HostError` when it would not run on the target or is badly built."""
    found = inspect(binary)
    target = recipe.target
    if found["architecture"] != target.architecture:
        raise HostError(
            f"The binary is for {found['architecture']}, not for {target.architecture}", "Take the one for the target"
        )
    if found["glibc"] and glibc_key(found["glibc"]) > glibc_key(target.baseline):
        raise HostError(
            f"The binary needs glibc {found['glibc']}, newer than the baseline {target.baseline}",
            "Build it on an older release, or raise the baseline when all hosts have that glibc",
        )
    if recipe.method == CRATE:
        _refuse_careless(found)
    return {
        "format": _FORMAT,
        "id": recipe.identifier,
        "version": target.version,
        "official": recipe.method == CRATE,
        "inputs": recipe.described(),
        "build": dict(build),
        "binary": {"sha256": hashlib.sha256(binary).hexdigest(), "size": len(binary), **found},
    }


def _refuse_careless(found: Mapping[str, Any]) -> None:
    missing = [name for name, holds in found["hardening"].items() if not holds]
    if not found["crates"]:
        missing.append("record of its crates")
    if missing:
        raise HostError(f"The binary was built without: {', '.join(missing)}", "Look at the build host's linker")
