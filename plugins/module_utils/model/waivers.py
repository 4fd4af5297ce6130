# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers: an advisory that a user lives with, why, and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .errors import SpecificationError, missing
from .reading import boolean, line, mapping, sequence
from .vulnerability import Vulnerability

_KEYS = ("id", "reason", "until", "package", "version", "fixable")
_LONGEST = timedelta(days=366)
_SHORTEST_REASON = 10


@dataclass(frozen=True)
class Waiver:
    """One waiver. *package* and *version* narrow it down; *fixable* lets it cover what a refreshed lock file mends."""

    id: str
    reason: str
    until: date
    package: str = ""
    version: str = ""
    fixable: bool = False

    def covers(self, found: Vulnerability) -> bool:
        """Tell whether it is about *found*."""
        return (
            found.known_as(self.id)
            and self.package in ("", found.package)
            and self.version in ("", found.package_version)
        )


def read_waivers(given: Any, today: date, known: Callable[[str], bool]) -> list[Waiver]:
    """Return the waivers that a user wrote; *known* tells whether an id is one of an advisory.

    Raises `SpecificationError` for one that has expired, has no reason, no end, or the id of no advisory.
    """
    waivers = [_waiver(item, f"waivers[{number}]", today) for number, item in enumerate(sequence(given, "waivers"))]
    for number, waiver in enumerate(waivers):
        if not known(waiver.id):
            raise SpecificationError(
                f"waivers[{number}].id",
                waiver.id,
                "is the id of no advisory in the database",
                "Write the id as the table shows it, or one of its aliases; remove what was withdrawn",
            )
    return waivers


def unused(waivers: Iterable[Waiver], found: Iterable[Vulnerability]) -> list[str]:
    """Return the ids of waivers that are about nothing that was found."""
    there = list(found)
    return [waiver.id for waiver in waivers if not any(waiver.covers(item) for item in there)]


def _waiver(item: Any, path: str, today: date) -> Waiver:
    given = {key: value for key, value in mapping(item, path, _KEYS).items() if value is not None}
    for key in ("id", "reason", "until"):
        if key not in given:
            right = "Write id, reason and until: a waiver without them is forgotten, and hides the next thing as well"
            raise missing(f"{path}.{key}", right)
    reason = line(given["reason"], f"{path}.reason")
    if len(reason.strip()) < _SHORTEST_REASON:
        raise SpecificationError(
            f"{path}.reason", reason, "says too little", "Write why this advisory does no harm here, or what is done"
        )
    return Waiver(
        line(given["id"], f"{path}.id", 100),
        reason,
        _until(given["until"], f"{path}.until", today),
        line(given["package"], f"{path}.package", 100) if "package" in given else "",
        line(given["version"], f"{path}.version", 100) if "version" in given else "",
        boolean(given.get("fixable", False), f"{path}.fixable"),
    )


def _until(value: Any, path: str, today: date) -> date:
    until = day(value, path)
    if until < today:
        raise SpecificationError(
            path, until.isoformat(), f"has passed, today is {today}", "Look at the advisory again; renew it or mend it"
        )
    if until - today > _LONGEST:
        raise SpecificationError(
            path, until.isoformat(), "is more than a year away", f"Write a day up to {today + _LONGEST}"
        )
    return until


def day(value: Any, path: str) -> date:
    """Return the day that a user wrote as YYYY-MM-DD, as text or as YAML reads it. Raises `SpecificationError`."""
    try:
        return date.fromisoformat(value if isinstance(value, str) else value.isoformat()[:10])
    except (AttributeError, ValueError):
        raise SpecificationError(path, value, "is not a day", "Write it as YYYY-MM-DD") from None
