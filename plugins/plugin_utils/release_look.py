# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at the releases of librespot, from the options of a user to what is said of each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ..module_utils.host.workplace import Workplace
from ..module_utils.model.artifact import LOCK as LOCK_FILE
from ..module_utils.model.artifact import sha256
from ..module_utils.model.errors import HostError, SpecificationError, UnreachableError
from ..module_utils.model.gate import ANY
from ..module_utils.model.index import CUT, Row, rows
from ..module_utils.model.inventory import LOCK
from ..module_utils.model.release_info_options import NO_GATE
from ..module_utils.model.releases import known_release
from ..module_utils.model.scanned import Scanned
from ..module_utils.model.timestamp import seconds
from .dependencies import Dependencies, DependencyLook
from .memory import Memory
from .ordering import asked, newest_first, older, parsed
from .published import described
from .registry import Registry, UnscannableError
from .release_policy import Facts, Policy, counting
from .scanning import Scanning

NAME = "librespot"


@dataclass(frozen=True)
class Index:
    """What the index says, and when: *asked* whether it was just now, *stale* whether it could not be."""

    rows: Mapping[str, Row]
    looked: str
    asked: bool
    stale: bool
    before: Sequence[str] | None
    """The versions at the look before, None when there was none."""


@contextlib.contextmanager
def _inner_options() -> Iterator[None]:
    """Name options of a scan as they are written here."""
    try:
        yield
    except SpecificationError as error:
        raise HostError(f"advisories.{error.message}", error.remedy) from error


@dataclass
class _Examined:
    """What was found out about one release by its crate, or the *problem* that kept it from being found out."""

    scanned: Scanned | None = None
    dependencies: Dependencies | None = None
    problem: str = ""


@dataclass
class ReleaseLook:
    """A look into *registry* at the moment *now*, as a user's *params* describe it.

    *memory* is what was seen so far. *workplace* is where crates are unpacked.
    """

    registry: Registry
    memory: Memory
    workplace: Workplace
    params: Mapping[str, Any]
    now: datetime
    today: date
    _examined: dict[str, _Examined] = field(default_factory=dict)

    def result(self, running: Sequence[str]) -> dict[str, Any]:
        """Return what the module says of releases, where the versions *running* run. Remembers it, but saves nothing.

        Raises `LibrespotError` for an index that cannot be reached, cannot be read, or lies.
        """
        source = self.registry.source
        policy = Policy(self.params["policy"], self.today, source)
        own = self._own()
        index = self._index(own)
        order = newest_first(index.rows, source)
        self._examine([index.rows[version] for version in self._chosen(order, index.rows, running)])
        facts = [self._facts(index.rows[version], index.looked) for version in order]
        reasons = {item.row.version: policy.reasons(item) for item in facts}
        passing = next((version for version in order if not reasons[version]), "")
        released = [version for version in order if not index.rows[version].yanked]
        return {
            "releases": [
                {**self._row(item), "passes": not (found := reasons[item.row.version])}
                | {"reasons": [reason.as_data() for reason in found]}
                for item in facts
            ],
            "newest": next((version for version in released if not parsed(version, source).prerelease), ""),
            "newest_passing": passing,
            "newest_passing_sha256": index.rows[passing].sha256 if passing else "",
            "update": passing if passing and any(older(version, passing) for version in running) else "",
            "new_releases": [] if index.before is None else [item for item in order if item not in index.before],
            "running_yanked": [item for item in running if item in index.rows and index.rows[item].yanked],
            "running_unknown": [item for item in running if item not in index.rows],
            "index": {
                "source": source,
                "looked": index.looked,
                "age_s": max(0, round(self.now.timestamp() - seconds(index.looked))),
                "asked": index.asked,
                "stale": index.stale,
            },
        }

    def _own(self) -> dict[str, str]:
        found = {}
        for version, given in self.params["checksums"].items():
            path = f"checksums[{version}]"
            asked(str(version), path)
            pinned = known_release(str(version))
            found[str(version)] = sha256(str(given), path)
            if pinned is not None and pinned.crate.sha256 != found[str(version)]:
                raise SpecificationError(
                    path, given, f"is not what the collection pins, {pinned.crate.sha256}", "Leave it out"
                )
        return found

    def _index(self, own: Mapping[str, str]) -> Index:
        """Return what the index says, of the look before when that is young enough, or when only it is to be had."""
        source, moment = self.registry.source, self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        last = self.memory.look(source, NAME)
        age = self.now.timestamp() - seconds(last["looked"]) if last else 0.0
        before = last["versions"] if last else None
        if last and 0 <= age <= self.params["fresh_for"] * 60 and self.params["fresh_for"]:
            return Index(self._rows(last, own), last["looked"], False, False, before)
        try:
            served = self.registry.served(NAME, last.get("etag", ""))
        except UnreachableError as error:
            if last and self.params["stale_for"] and 0 <= age <= self.params["stale_for"] * 3600:
                return Index(self._rows(last, own), last["looked"], False, True, before)
            known = f"The last good look was {age / 3600:.1f} hours ago" if last else "There was no good look so far"
            raise HostError(f"{error.message}. {known}", f"{error.remedy}; stale_for allows an old look") from error
        if served.lines is None and not last:
            raise HostError(f"{source} says that nothing has changed, and was not asked for changes", CUT)
        lines = last["lines"] if served.lines is None else [line.decode("utf-8", "replace") for line in served.lines]
        look = {"lines": [line for line in lines if line.strip()], "etag": served.etag, "looked": moment}
        found = self._rows(look, own)
        self.memory.saw(source, found, moment)
        self.memory.looked(source, NAME, {**look, "versions": sorted(found)})
        return Index(found, moment, True, False, before)

    def _rows(self, look: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Row]:
        source = self.registry.source
        found = rows([line.encode() for line in look["lines"]], NAME, source)
        for version in found:
            parsed(version, source)
        self.memory.verify(source, found, own)
        return found

    def _chosen(self, order: Sequence[str], found: Mapping[str, Row], running: Sequence[str]) -> list[str]:
        """Return the versions that are looked into: the newest that might be wanted, the pinned one, those that run."""
        policy, count = self.params["policy"], self.params["advisories"]["newest"]
        if not count:
            return []
        source = self.registry.source
        wanted = [
            version
            for version in order
            if (policy["yanked"] or not found[version].yanked)
            and (policy["prereleases"] or not parsed(version, source).prerelease)
        ]
        return [item for item in order if item in {*wanted[:count], *running, policy["version"]}]

    def _examine(self, chosen: Sequence[Row]) -> None:
        if not chosen:
            return
        given = self.params["advisories"]
        gate = self.params["policy"]["gate"]
        with _inner_options():
            scanning = Scanning(
                {
                    **given,
                    "fail_on": ANY if gate == NO_GATE else gate,
                    "today": self.today.isoformat(),
                    "cache_dir": self.params["cache_dir"],
                    "timeout": self.params["timeout"],
                }
            )
        dependencies = DependencyLook(self.registry)
        for row in chosen:
            examined = self._examined[row.version] = _Examined()
            with self.workplace.scratch() as scratch:
                try:
                    tree, lock = self._unpacked(row, scratch)
                except UnscannableError as error:
                    examined.problem = error.message
                    continue
                with _inner_options():
                    examined.scanned = scanning.of(f"{tree}/{LOCK_FILE}", LOCK)
                if given["yanked_dependencies"]:
                    examined.dependencies = dependencies.of(lock, tree)

    def _unpacked(self, row: Row, scratch: str) -> tuple[str, str]:
        """Return the directory in *scratch* that now describes a release to cargo, and the text of its lock file."""
        stem = f"{NAME}-{row.version}"
        files = described(self.registry.crate(row), stem)
        lock = files.get(LOCK_FILE)
        if lock is None:
            raise UnscannableError("it was published without a lock file", "Nothing can be done about it")
        for path, content in files.items():
            self.workplace.write(f"{scratch}/{stem}/{path}", content)
        return f"{scratch}/{stem}", lock.decode()

    def _facts(self, row: Row, moment: str) -> Facts:
        examined = self._examined.get(row.version, _Examined())
        seen = self.memory.first_seen(row.name, row.version) or moment
        return Facts(row, seen, examined.scanned, examined.problem)

    def _row(self, facts: Facts) -> dict[str, Any]:
        row, scanned = facts.row, facts.scanned
        examined = self._examined.get(row.version, _Examined())
        return {
            "version": row.version,
            "yanked": row.yanked,
            "sha256": row.sha256,
            "pinned": known_release(row.version) is not None,
            "rust_version": row.rust,
            "published": row.published,
            "first_seen": facts.seen,
            "features": {name: list(needs) for name, needs in sorted(row.features.items()) if name != "default"},
            "default_features": list(row.features.get("default", ())),
            "dependencies": row.dependencies,
            "advisories": None if scanned is None else self._advisories(scanned),
            "locked": None if examined.dependencies is None else examined.dependencies.as_data(),
            "problem": examined.problem,
        }

    def _advisories(self, scanned: Scanned) -> dict[str, Any]:
        data = scanned.as_data()
        return {
            "engines": data["engines"],
            "summary": data["summary"],
            "open": counting(scanned, refreshed=False),
            "open_after_refresh": counting(scanned, refreshed=True),
            "found": data["vulnerabilities"],
        }
