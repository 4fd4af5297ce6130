# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which releases a user would run, and for each other one every reason against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from ..module_utils.model.errors import SpecificationError
from ..module_utils.model.gate import OPEN
from ..module_utils.model.index import Row
from ..module_utils.model.reading import OLDEST_DAYS, integer
from ..module_utils.model.release_info_options import NO_GATE
from ..module_utils.model.scanned import Scanned
from ..module_utils.model.timestamp import seconds
from ..module_utils.model.vulnerability import REFRESH
from .ordering import asked, parsed

_RUST = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?")


@dataclass(frozen=True)
class Reason:
    """Why a release does not pass: the *rule* of the policy, and in words."""

    rule: str
    why: str

    def as_data(self) -> dict[str, str]:
        """Return it as plain data."""
        return {"rule": self.rule, "why": self.why}


@dataclass(frozen=True)
class Facts:
    """What is known of a release besides its *row*: when it was first *seen* here, and what a scan of its lock found.

    *seen* is a moment in RFC 3339. *scanned* is None when nobody looked, and *problem* why nobody could.
    """

    row: Row
    seen: str
    scanned: Scanned | None
    problem: str = ""


class Policy:
    """The option ``policy``, checked. *source* is the registry, for errors."""

    def __init__(self, given: Mapping[str, Any], today: date, source: str) -> None:
        self._given = given
        self._today = today
        self._source = source
        self._bounds = {
            rule: asked(given[rule], f"policy.{rule}") for rule in ("version", "minimum", "maximum") if given[rule]
        }
        self._held_back = {
            str(asked(item, f"policy.held_back[{number}]")) for number, item in enumerate(given["held_back"])
        }
        integer(given["min_age_days"], "policy.min_age_days", 0, OLDEST_DAYS, "days")
        self._rust = _rust(given["rust"], "policy.rust") if given["rust"] else None
        low, high = self._bounds.get("minimum"), self._bounds.get("maximum")
        if low is not None and high is not None and low > high:
            raise SpecificationError(
                "policy.minimum", given["minimum"], f"is newer than policy.maximum, {high}", "Exchange them"
            )

    def reasons(self, facts: Facts) -> list[Reason]:
        """Return all that speaks against a release; nothing when it passes."""
        return [
            *self._by_version(facts.row),
            *self._by_row(facts.row),
            *self._by_age(facts),
            *self._by_advisories(facts),
        ]

    def _by_version(self, row: Row) -> Iterator[Reason]:
        version = parsed(row.version, self._source)
        pin, low, high = (self._bounds.get(rule) for rule in ("version", "minimum", "maximum"))
        if pin is not None and str(version) != str(pin):
            yield Reason("version", f"{pin} is pinned")
        if low is not None and version < low:
            yield Reason("minimum", f"it is older than {low}")
        if high is not None and version > high:
            yield Reason("maximum", f"it is newer than {high}")
        if row.version in self._held_back:
            yield Reason("held_back", "it is held back")
        if version.prerelease and not self._given["prereleases"]:
            yield Reason("prereleases", "it is a pre-release")

    def _by_row(self, row: Row) -> Iterator[Reason]:
        if row.yanked and not self._given["yanked"]:
            yield Reason("yanked", "it was yanked")
        if self._rust is None or not row.rust:
            return
        needed = _RUST.fullmatch(row.rust)
        if needed is None:
            yield Reason("rust", f"it needs a compiler of another kind: {row.rust}")
        elif (int(needed.group(1)), int(needed.group(2))) > self._rust:
            yield Reason("rust", f"it needs Rust {row.rust}, and there is {self._given['rust']}")

    def _by_age(self, facts: Facts) -> Iterator[Reason]:
        least = timedelta(days=self._given["min_age_days"])
        if not least:
            return
        # It is at least as old as it has been known here.
        moment = facts.row.published or facts.seen
        age = self._today - datetime.fromtimestamp(seconds(moment), timezone.utc).date()
        if age < least:
            yield Reason("min_age_days", f"it is {age.days} days old, and shall be {least.days}")

    def _by_advisories(self, facts: Facts) -> Iterator[Reason]:
        if self._given["gate"] == NO_GATE:
            return
        if facts.scanned is None:
            why = facts.problem or "it is none of the newest; see advisories.newest"
            yield Reason("gate", f"nobody looked for advisories on it: {why}")
            return
        found = counting(facts.scanned, self._given["refreshed"])
        if found:
            yield Reason("gate", f"advisories are open: {', '.join(found)}")


def counting(scanned: Scanned, refreshed: bool) -> list[str]:
    """Return the ids of the open advisories; of those that a refreshed lock mends only when it is not *refreshed*."""
    return sorted(
        {
            item.found.id
            for item in scanned.judged
            if item.status == OPEN and not (refreshed and item.found.fix == REFRESH)
        }
    )


def _rust(text: str, path: str) -> tuple[int, int]:
    found = _RUST.fullmatch(text)
    if found is None:
        raise SpecificationError(path, text, "is no version of Rust", "Write it as in 1.85")
    return int(found.group(1)), int(found.group(2))
