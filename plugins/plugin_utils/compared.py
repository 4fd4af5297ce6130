# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an image in the controller's store was last found to be as new as its distribution."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta, timezone

from .written import written


class Compared:
    """What stands beside the image at *path*: the moment at which nothing was newer than what is in it."""

    def __init__(self, path: str) -> None:
        self._path = f"{path}.compared"
        self.at = self._read()

    @property
    def day(self) -> str:
        """The day of it, in UTC; empty when there was none."""
        return self.at.date().isoformat() if self.at else ""

    def within(self, minutes: int) -> bool:
        """Tell whether it was no longer ago than that."""
        now = datetime.now(timezone.utc)
        return self.at is not None and timedelta(0) <= now - self.at < timedelta(minutes=minutes)

    def now(self, check: bool) -> None:
        """Keep that it is so now, unless *check*."""
        self.at = datetime.now(timezone.utc).replace(microsecond=0)
        written(self._path, f"{self.at.isoformat()}\n", check)

    def _read(self) -> datetime | None:
        # What cannot be read was not written by us, and so tells nothing: it is compared again.
        with contextlib.suppress(OSError, ValueError):
            with open(self._path, encoding="ascii") as handle:
                at = datetime.fromisoformat(handle.read().strip())
            return at if at.tzinfo else None
        return None
