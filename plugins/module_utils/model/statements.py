# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that an advisory does not apply (VEX): from the user's files, or the collection's own."""

from __future__ import annotations

from dataclasses import dataclass

from .vulnerability import Vulnerability

NOT_AFFECTED = "not_affected"
AFFECTED = "affected"
FIXED = "fixed"
UNDER_INVESTIGATION = "under_investigation"
STATUSES = (NOT_AFFECTED, AFFECTED, FIXED, UNDER_INVESTIGATION)
"""The statuses of OpenVEX."""

JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""Why something is not affected, as OpenVEX has it."""


@dataclass(frozen=True)
class Statement:
    """That the advisory *id* has *status* for *package*.

    *package_versions* and *librespot* are the versions that someone has looked at; empty where the statement names
    none, and then it is about all. *origin* is who says so: a file, or the collection.
    """

    id: str
    status: str
    package: str = ""
    package_versions: tuple[str, ...] = ()
    librespot: tuple[str, ...] = ()
    justification: str = ""
    reason: str = ""
    origin: str = ""

    def covers(self, found: Vulnerability, librespot: str) -> bool:
        """Tell whether it is about *found* in this version of *librespot*; of an unknown one only if it names none."""
        return (
            found.known_as(self.id)
            and self.package in ("", found.package)
            and (not self.package_versions or found.package_version in self.package_versions)
            and (not self.librespot or librespot in self.librespot)
        )
