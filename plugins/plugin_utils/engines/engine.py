# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all engines have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from ...module_utils.host.command import Commands
from ...module_utils.model.inventory import SystemPackage
from ...module_utils.model.vulnerability import NOTICE, UNMAINTAINED, UNSOUND, VULNERABILITY, Vulnerability
from ..subjects import Subject

CATEGORIES = {None: VULNERABILITY, "unmaintained": UNMAINTAINED, "unsound": UNSOUND, "notice": NOTICE}
"""What RustSec calls the kinds of its advisories."""


@dataclass(frozen=True)
class Surroundings:
    """What an engine works with. *path* is the option that describes it, for errors; *timeout* is in seconds."""

    commands: Commands
    cache: str
    network: Mapping[str, str]
    today: date
    max_age: timedelta
    timeout: int
    path: str


@dataclass(frozen=True)
class Scan:
    """What an engine *found*, and which one it was, with which *database*.

    *distribution* is what it says of its database on packages of a distribution, and *system* those that it looked at.
    """

    engine: str
    version: str
    database: dict[str, Any]
    found: list[Vulnerability]
    distribution: dict[str, Any] = field(default_factory=dict)
    system: tuple[SystemPackage, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return what a report says of the engine, as plain data."""
        return {
            "name": self.engine,
            "version": self.version,
            "database": self.database,
            "distribution": self.distribution,
        }


class Engine(Protocol):
    """One scanner. To make one gets its database; it raises `LibrespotError` when there is none that can be used."""

    @property
    def identifiers(self) -> Collection[str]:
        """The ids and aliases of all advisories that it knows."""

    def scan(self, subject: Subject) -> Scan:
        """Return all that it knows against *subject*. Raises `HostError` when it did not look at every crate.

        Nor at every package of a distribution, if it has a database on these.
        """
