# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the index says of the crates in a lock file: which were yanked, which it does not have, which it lies about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..module_utils.model.errors import HostError
from ..module_utils.model.index import LIAR, Row, path_of, rows
from .lockfile import locked
from .registry import Registry

_LOCK = "librespot's lock file"


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

        Raises `HostError` when the index has another checksum for one than the lock file, or it is no lock file.
        """
        packages = [crate for crate in locked(lock, _LOCK) if crate.source]
        names = sorted({crate.name for crate in packages})
        for name in names:
            _refuse_name(name)
        wanted = [name for name in names if name not in self._known]
        source = self._registry.source
        for name, lines in self._registry.others(wanted, tree).items() if wanted else ():
            self._known[name] = rows(lines, name, source)
        yanked, unlisted = [], []
        for crate in packages:
            row = self._known.get(crate.name, {}).get(crate.version)
            if row is None:
                unlisted.append(crate.label)
                continue
            if row.sha256 != crate.checksum:
                raise HostError(
                    f"The checksum of {crate.label} is not the one in {_LOCK}: {source} says {row.sha256}, the lock "
                    f"file {crate.checksum or 'none'}",
                    LIAR,
                )
            if row.yanked:
                yanked.append(crate.label)
        return Dependencies(len(packages), sorted(yanked), sorted(unlisted))


def _refuse_name(name: str) -> None:
    """Raise `HostError` for what cannot be asked for: a name becomes a part of addresses and of paths."""
    try:
        path_of(name)
    except ValueError as error:
        raise HostError(f"{_LOCK} cannot be looked up: {error}", "Do not build that release") from None
