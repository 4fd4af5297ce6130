# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engines by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...module_utils.model.errors import SpecificationError
from ...module_utils.model.reading import paths_of
from ...module_utils.model.scan_options import CARGO_AUDIT, OSV_SCANNER
from ..fetching import refuse_login
from .cargo_audit import CargoAudit
from .engine import Engine, Surroundings
from .osv_scanner import OsvScanner

_ENGINES: Mapping[str, Callable[[Mapping[str, Any], Surroundings], Engine]] = {
    CARGO_AUDIT: CargoAudit,
    OSV_SCANNER: OsvScanner,
}

_PLACES = ("program", "database", "distribution_database")


def refuse_engines(given: Sequence[Mapping[str, Any]], path: str) -> None:
    """Raise `SpecificationError` for engines of the option *path* that name a secret, which must not be shown."""
    for number, item in enumerate(given):
        for name in _PLACES:
            refuse_login(str(item.get(name) or ""), f"{path}[{number}].{name}")
        paths_of(item, _PLACES, f"{path}[{number}].")


def engine(given: Mapping[str, Any], surroundings: Surroundings) -> Engine:
    """Return the engine that a user described, ready to scan. Raises `LibrespotError` when it is not."""
    if given["distribution_database"] and given["name"] != OSV_SCANNER:
        raise SpecificationError(
            f"{surroundings.path}.distribution_database",
            given["distribution_database"],
            f"is for {OSV_SCANNER}, and {given['name']} knows crates alone",
            f"Add {OSV_SCANNER} to the engines, and give it there",
        )
    return _ENGINES[given["name"]](given, surroundings)
