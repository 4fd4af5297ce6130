# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that an advisory does not apply (VEX): from the user's files, or the collection's own."""

from __future__ import annotations

from dataclasses import dataclass

from .inventory import Inventory
from .vulnerability import Vulnerability

LIBRESPOT = "librespot"

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
class Program:
    """What statements are about: its packages, and whether it connects through a *proxy*."""

    inventory: Inventory
    proxy: bool = False

    @property
    def librespot(self) -> str:
        """The version of librespot that it is, or nothing."""
        return self.inventory.version_of(LIBRESPOT)


@dataclass(frozen=True)
class Statement:
    """That the advisory *id* has *status* for *package*.

    *package_versions* and *librespot* are the versions that someone has looked at; one that ends in ``.*`` is all that
    begin so. Where the statement names none it is about all. It holds only while nothing but *users* depends on the
    package, while no way leads to it but *through* another, and unless the program connects through a proxy when
    *unless_proxy*. *origin* is who says so, a file or the collection.
    """

    id: str
    status: str
    package: str
    package_versions: tuple[str, ...] = ()
    librespot: tuple[str, ...] = ()
    justification: str = ""
    reason: str = ""
    origin: str = ""
    users: tuple[str, ...] = ()
    through: str = ""
    unless_proxy: bool = False

    def covers(self, found: Vulnerability, program: Program) -> bool:
        """Tell whether it is about *found* in *program*; of an unknown librespot only if it names none."""
        return (
            found.known_as(self.id)
            and self.package == found.package
            and _among(found.package_version, self.package_versions)
            and _among(program.librespot, self.librespot)
            and not (self.unless_proxy and program.proxy)
            and self._used_as_looked_at(found, program.inventory)
        )

    def _used_as_looked_at(self, found: Vulnerability, inventory: Inventory) -> bool:
        package = found.key[1:]
        return (not self.users or inventory.users(*package) <= set(self.users)) and (
            not self.through or not inventory.path(*package, without=self.through)
        )


def _among(version: str, versions: tuple[str, ...]) -> bool:
    return not versions or any(
        version.startswith(item[:-1]) if item.endswith(".*") else version == item for item in versions
    )
