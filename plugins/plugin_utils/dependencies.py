# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the index says of the crates in a lock file: which were yanked, which it does not have, which it lies about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tomllib

from ..module_utils.model.errors import HostError
from ..module_utils.model.index import LIAR, Row, rows
from .registry import Registry


@dataclass(frozen=True)
class Dependencies:
    """How many were *looked* at, and of them those that were *yanked* and those that are *unlisted*."""

    looked: int
    yanked: list[str]
    unlisted: list[str]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"looked": self.looked, "yanked": self.yanked, "unlisted": self.unlisted}


class DependencyLook:
    """Looks at lock files in *registry*, and asks for no crate twice."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, dict[str, Row]] = {}

    def of(self, lock: str, tree: str) -> Dependencies:
        """Return what is to be said of the crates in the text *lock* of the package in the directory *tree*.

        Raises `HostError` when the index has another checksum for one than the lock file.
        """
        packages = [item for item in tomllib.loads(lock).get("package", []) if item.get("source")]
        names = sorted({str(item["name"]) for item in packages})
        wanted = [name for name in names if name not in self._known]
        source = self._registry.source
        for name, lines in self._registry.others(wanted, tree).items() if wanted else ():
            self._known[name] = rows(lines, name, source)
        yanked, unlisted = [], []
        for item in packages:
            name, version = str(item["name"]), str(item["version"])
            row = self._known.get(name, {}).get(version)
            if row is None:
                unlisted.append(f"{name} {version}")
                continue
            if row.sha256 != item.get("checksum"):
                raise HostError(
                    f"The checksum of {name} {version} is not the one in librespot's lock file: {source} says "
                    f"{row.sha256}, the lock file {item.get('checksum')}",
                    LIAR,
                )
            if row.yanked:
                yanked.append(f"{name} {version}")
        return Dependencies(len(packages), sorted(yanked), sorted(unlisted))
