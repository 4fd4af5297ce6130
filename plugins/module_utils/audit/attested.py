# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is attested of the release or image that runs, read anew.

UPD-03, UPD-04, UPD-06, UPD-07, UPD-09, CON-08, CON-09.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import cached_property, partial
from typing import TypeVar

from ..host.files import Files
from ..model.attestation import (
    CI,
    PACKAGES,
    PROOFS,
    RESULTS,
    ROLLOUT,
    SCAN,
    STAGED,
    Attested,
    ScanSeen,
    TestsSeen,
    read_scan,
    read_tests,
)
from ..model.controls import CONTROLS
from ..model.errors import HostError
from ..model.finding import ERROR, NOT_ENFORCED, Finding
from ..planners.attestations import ATTESTATIONS, attestation_path, subject_digest
from ..planners.base import HOST
from .context import Context, finding, guarded

Seen = TypeVar("Seen", ScanSeen, TestsSeen)

_OF_CRATES = "UPD-06"
_SCANS = {(_OF_CRATES, "scan"), ("CON-08", "scan")}

_ROOT = 0
_OTHERS = 0o022
"""Whoever can write an attestation can make one up."""

_DAY = 24 * 60 * 60.0
_MOST = 5
_ROLL_OUT = "Run hardened.librespot.update against this host"


@dataclass(frozen=True)
class Upkeep:
    """What is expected of a host.

    *kept*: it is kept up to date by the role librespot_update, so that what is not attested is red. *max_age* is how
    old a scan may be, in days. *ci*: what it runs goes through a CI first, with the same consequence.
    """

    kept: bool = False
    max_age: int = 30
    now: Callable[[], float] = field(default=time.time)
    ci: bool = False

    @property
    def today(self) -> date:
        """Today, in UTC as attestations have it."""
        return datetime.fromtimestamp(self.now(), timezone.utc).date()

    def age(self, at: float) -> int:
        """Return how many days have passed since *at*, in seconds since 1970."""
        return int((self.now() - at) // _DAY)

    def wrong_age(self, at: float) -> str:
        """Return what is wrong with something seen *at*; empty when it is of the last days."""
        age = self.age(at)
        return f"{age} days ago" if age > self.max_age else self.ahead(at)

    def ahead(self, at: float) -> str:
        """Return what is wrong with something that is said to have been seen later than now; else empty."""
        return "in the future, by this host's clock" if self.age(at) < -1 else ""


AS_DEPLOYED = Upkeep()
"""Of a host that nobody has to keep up to date."""


@dataclass(frozen=True)
class Subject:
    """A release or an image that runs, by its id, as audits of *upkeep* look at it. *contained* tells which it is.

    *label* tells it from others of the same host, where there are any.
    """

    id: str
    contained: bool
    upkeep: Upkeep
    label: str = ""


def look(subject: Subject, context: Context) -> Iterator[Finding]:
    """Yield what is attested of *subject*."""
    seen = _Attestations(context, subject)
    checks: list[tuple[str, str, Callable[[str, str], Finding]]] = [
        ("UPD-03", "staged", seen.staged),
        ("UPD-04", "proved", seen.proved),
        ("UPD-06", "scan", partial(seen.scanned, lambda item: item.on_crate)),
        ("UPD-07", "ci", seen.passed_ci),
        ("UPD-09", "fixable", seen.fixable),
    ]
    if subject.contained:
        checks += [
            ("CON-08", "scan", partial(seen.scanned, lambda _item: True)),
            ("CON-09", "packages", seen.packages),
        ]
    for control, check, what in checks:
        called = f"{check} {subject.label}".rstrip()
        yield from guarded(control, called, HOST, partial(_one, what, control, called))


def _one(what: Callable[[str, str], Finding], control: str, check: str) -> Iterator[Finding]:
    yield what(control, check)


def waivers_end(files: Files, found: Iterable[Finding]) -> dict[str, int]:
    """Return when the first waiver ends that the controls of scans rest on, by control, in seconds since 1970.

    It is that of the scans which the findings *found* were read from; one that cannot be read is their business.
    """
    ends: dict[str, int] = {}
    for item in found:
        # An error names no file.
        scan = (item.id, item.check.split()[0]) in _SCANS and item.status != ERROR
        entry = files.read(item.evidence) if scan else None
        if entry is None:
            continue
        with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
            seen = read_scan(entry.content.decode("utf-8"))
            days = [x.until for x in seen.found if x.until and (item.id != _OF_CRATES or x.on_crate)]
            if days:
                # It holds on its last day.
                end = datetime.combine(date.fromisoformat(min(days)), datetime.min.time(), timezone.utc)
                ends[item.id] = min(ends.get(item.id, sys.maxsize), int((end + timedelta(days=1)).timestamp()))
    return ends


@dataclass
class _Attestations:
    """Those of one subject, held against what is on the host."""

    context: Context
    subject: Subject

    @cached_property
    def _here(self) -> str:
        """The digest of what is on the host, which takes a while to make."""
        return subject_digest(self.context.host.files, self.subject.id)

    @property
    def _proxy(self) -> bool:
        """Whether an instance connects through a proxy: librespot reaches more of what it was made of then."""
        return any("proxy" in item.options for item in self.context.spec.present)

    def staged(self, control: str, check: str) -> Finding:
        """Tell whether the release was tried elsewhere first."""
        return self._shown(control, check, "it was content with by a staging host before it came here", (STAGED,))

    def proved(self, control: str, check: str) -> Finding:
        """Tell whether this host has shown what it had to."""
        return self._shown(
            control, check, "after the switch, this host was healthy, audited, and went on for a while", PROOFS
        )

    def scanned(self, about: Callable[[Attested], bool], control: str, check: str) -> Finding:
        """Tell whether a scan is recent, and what is open of what it is *about*."""
        upkeep = self.subject.upkeep

        def judged(seen: ScanSeen) -> tuple[list[str], str]:
            bad = [item for item in seen.found if about(item) and item.open_on(upkeep.today, self._proxy)]
            said = f"{upkeep.age(seen.at)} days ago: {sum(map(about, seen.found))} advisories, each accounted for"
            return [upkeep.wrong_age(seen.at), f"open: {_listed(bad)}" if bad else ""], said

        expected = f"scanned within {upkeep.max_age} days, and nothing is open that is known against it"
        return self._found(control, check, SCAN, read_scan, expected, judged)

    def passed_ci(self, control: str, check: str) -> Finding:
        """Tell whether a CI was content with it, and left what programs read."""
        upkeep = self.subject.upkeep

        def judged(seen: TestsSeen) -> tuple[list[str], str]:
            missing = [name for name in RESULTS if name not in seen.results]
            failed = "" if seen.right else f"failed: {', '.join(seen.failed)}"
            lacking = f"no results as {', '.join(missing)}" if missing else ""
            return [upkeep.wrong_age(seen.at), failed, lacking], f"{upkeep.age(seen.at)} days ago: {expected}"

        expected = "a CI was content with it, and left its results as JSON, SARIF and JUnit"
        return self._found(control, check, CI, read_tests, expected, judged, CONTROLS["UPD-07"].remedy)

    def fixable(self, control: str, check: str) -> Finding:
        """Tell what is left that a refreshed lock file would mend."""
        expected = "no advisory is left that a refreshed lock file would mend"

        def judged(seen: ScanSeen) -> tuple[list[str], str]:
            left = [item for item in seen.found if item.fixable(self._proxy)]
            return [f"left: {_listed(left)}" if left else ""], expected

        return self._found(control, check, SCAN, read_scan, expected, judged, CONTROLS["UPD-09"].remedy)

    def packages(self, control: str, check: str) -> Finding:
        """Tell whether the packages of an image are as new as those of its distribution."""
        upkeep = self.subject.upkeep

        def judged(seen: TestsSeen) -> tuple[list[str], str]:
            said = f"{upkeep.age(seen.at)} days ago: nothing newer"
            return [upkeep.wrong_age(seen.at), *([] if seen.right else seen.failed)], said

        expected = f"compared with the distribution within {upkeep.max_age} days, which had nothing newer"
        return self._found(control, check, PACKAGES, read_tests, expected, judged)

    def _shown(self, control: str, check: str, expected: str, wanted: tuple[str, ...]) -> Finding:
        def judged(seen: TestsSeen) -> tuple[list[str], str]:
            lacking = ", ".join(name for name in wanted if name not in seen.shown)
            failed = "" if seen.right else f"failed: {', '.join(seen.failed)}"
            wrong = f"not shown: {lacking}" if lacking else failed
            return [wrong, self.subject.upkeep.ahead(seen.at)], f"shown: {', '.join(seen.shown)}"

        return self._found(control, check, ROLLOUT, read_tests, expected, judged)

    def _found(
        self,
        control: str,
        check: str,
        kind: str,
        reader: Callable[[str], Seen],
        expected: str,
        judged: Callable[[Seen], tuple[list[str], str]],
        remedy: str = _ROLL_OUT,
    ) -> Finding:
        """Return the finding of a check: what *judged* finds wrong in an attestation of a *kind*, and else says."""
        evidence = attestation_path(self.subject.id, kind)
        entry = self.context.host.files.read(evidence)
        if entry is None:
            wanted = self.subject.upkeep.ci if kind == CI else self.subject.upkeep.kept
            status = "" if wanted else NOT_ENFORCED
            nothing = f"nothing is attested of {self.subject.id}"
            missing = remedy if kind == CI else _ROLL_OUT
            return finding(control, check, HOST, False, expected, nothing, evidence, status, missing)
        wrong, good = self._judged(evidence, entry.content, reader, judged, remedy)
        return finding(control, check, HOST, not wrong, expected, wrong or good, evidence, remedy=remedy)

    def _judged(
        self,
        path: str,
        content: bytes,
        reader: Callable[[str], Seen],
        judged: Callable[[Seen], tuple[list[str], str]],
        remedy: str,
    ) -> tuple[str, str]:
        """Return what is wrong with the attestation at *path*, and what is to be said when nothing is."""
        bad: list[str]
        try:
            seen = reader(content.decode("utf-8"))
            bad, good = judged(seen)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            again = f"Find out who wrote it, and remove it. {remedy}"
            raise HostError(f"{path} is no attestation that can be read: {error}", again) from error
        if seen.sha256 != self._here:
            bad = [f"it is about sha256 {seen.sha256}, and here is {self._here}", *bad]
        return "; ".join(filter(None, self._open_to_others(path) + bad)), good

    def _open_to_others(self, path: str) -> list[str]:
        wrong = []
        for place in (ATTESTATIONS, path):
            entry = self.context.host.files.read(place, content=False)
            if entry is not None and (entry.uid != _ROOT or entry.mode & _OTHERS):
                wrong.append(f"others than root can write {place}: mode {entry.mode:04o}, owner {entry.uid}")
        return wrong


def _listed(items: list[Attested]) -> str:
    rest = len(items) - _MOST
    return ", ".join(map(str, items[:_MOST])) + (f" and {rest} more" if rest > 0 else "")
