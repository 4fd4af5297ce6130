# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a scan as a value: what was looked at, by whom, and what is thought of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .gate import OPEN, Judged, summary
from .inventory import Inventory, SystemPackage


@dataclass(frozen=True)
class Scanned:
    """One scan as of *today*. *engines* is what each says of itself; *unused* are waivers for what was not found.

    *system* are the packages of a distribution that were looked at, *image* is the id of the image that it is about.
    """

    kind: str
    path: str
    sha256: str
    librespot: str
    inventory: Inventory
    system: Sequence[SystemPackage]
    image: str
    today: date
    fail_on: str
    engines: Sequence[dict[str, Any]]
    judged: Sequence[Judged]
    unused: Sequence[str]

    @property
    def packages(self) -> int:
        """How many packages were looked at."""
        return len(self.inventory.packages) + len(self.system)

    @property
    def red(self) -> int:
        """How many make the scan fail."""
        return sum(item.status == OPEN for item in self.judged)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data: the same scan always gives the same data, in the same order."""
        return {
            "subject": {
                "kind": self.kind,
                "path": self.path,
                "sha256": self.sha256,
                "librespot": self.librespot,
                "packages": self.packages,
                "system": [{"name": item.name, "version": item.version} for item in self.system],
                "image": self.image,
            },
            "today": self.today.isoformat(),
            "fail_on": self.fail_on,
            "engines": [dict(item) for item in self.engines],
            "summary": summary(self.judged),
            "red": self.red,
            "unused_waivers": list(self.unused),
            "vulnerabilities": [item.as_data() for item in self.judged],
        }
