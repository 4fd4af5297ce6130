# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The refreshed lock file of each release: got once, and used again until a new one is asked for.

A file says which one is pinned, and the lock files beside it are named by their digests. So a pin changes in one step,
and what was pinned before is still there, for whoever wants to build the same once more.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass

from ..module_utils.host.files import Files
from ..module_utils.host.workplace import Workplace
from ..module_utils.model.errors import HostError
from ..module_utils.model.lock import LIBRESPOT

DIRECTORY = "lockfiles"
_DAY_S = 86400


@dataclass(frozen=True)
class Pin:
    """Which lock file is pinned for a release, by its SHA-256, and where it is from.

    *resolved* is when cargo got it, in seconds since 1970, for the crate with the digest *crate_sha256*; *rust* is the
    oldest that it is for.
    """

    version: str
    sha256: str
    crate_sha256: str
    resolved: int
    cargo: str
    rust: str

    def age(self, now: float | None = None) -> float:
        """Return the days since it was got."""
        return ((time.time() if now is None else now) - self.resolved) / _DAY_S


class LockPins:
    """The pins in the controller's cache, which is *directory*."""

    def __init__(self, directory: str) -> None:
        self._files = Files()
        self._workplace = Workplace(self._files, f"{os.path.realpath(directory)}/{DIRECTORY}")

    def get(self, version: str) -> Pin | None:
        """Return what is pinned for a release, if anything is. Raises `HostError` when it cannot be read."""
        entry = self._files.read(self._pin(version))
        if entry is None:
            return None
        try:
            return Pin(**json.loads(entry.content))
        except (ValueError, TypeError, RecursionError) as error:
            raise self._damaged(version) from error

    def content(self, pin: Pin) -> bytes:
        """Return the lock file. Raises `HostError` when it is not what was pinned: another one is not taken for it."""
        entry = self._files.read(self.path(pin.sha256))
        if entry is None or hashlib.sha256(entry.content).hexdigest() != pin.sha256:
            raise self._damaged(pin.version)
        return entry.content

    def keep(self, pin: Pin, content: bytes) -> None:
        """Pin a lock file, in the place of the one that was pinned before."""
        with self._workplace.occupied("a new lock file", 60):
            self._workplace.write(self.path(pin.sha256), content)
            said = json.dumps(asdict(pin), sort_keys=True, indent=1) + "\n"
            self._workplace.write(self._pin(pin.version), said.encode())

    def path(self, sha256: str) -> str:
        """Return where the lock file of this digest is."""
        return f"{self._workplace.path}/{sha256}.lock"

    def _pin(self, version: str) -> str:
        return f"{self._workplace.path}/{LIBRESPOT}-{version}.json"

    def _damaged(self, version: str) -> HostError:
        return HostError(
            f"The lock file that is pinned for librespot {version} is damaged or was changed",
            f"Remove {self._pin(version)}, and a new one is got; or name a copy of it as lock",
        )
