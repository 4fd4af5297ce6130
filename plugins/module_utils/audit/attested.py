# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPD-03, UPD-04, UPD-06, UPD-09, CON-08, CON-09: what is attested of the release or image that runs, read anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from functools import partial
from typing import TypeVar

from ..model.attestation import (
    PACKAGES,
    PROOFS,
    ROLLOUT,
    SCAN,
    STAGED,
    Attested,
    ScanSeen,
    TestsSeen,
    read_scan,
    read_tests,
)
from ..model.finding import NOT_ENFORCED, Finding
from ..planners.attestations import attestation_path, subject_digest
from ..planners.base import HOST
from .context import Context, finding, guarded

Seen = TypeVar("Seen", ScanSeen, TestsSeen)

_DAY = 24 * 60 * 60.0
_MOST = 5
_ROLL_OUT = "Run playbooks/update.yml against this host"


@dataclass(frozen=True)
class Upkeep:
    """What is expected of a host.

    *kept*: it is kept up to date by the role librespot_update, so that what is not attested is red. *max_age* is how
    old a scan may be, in days.
    """

    kept: bool = False
    max_age: int = 30
    now: Callable[[], float] = field(default=time.time)

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
        return f"{age} days ago" if age > self.max_age else "in the future, by this host's clock" if age < -1 else ""


AS_DEPLOYED = Upkeep()
"""Of a host that nobody has to keep up to date."""


@dataclass(frozen=True)
class Subject:
    """A release or an image that runs, by its id, as audits of *upkeep* look at it. *contained* tells which it is."""

    id: str
    contained: bool
    upkeep: Upkeep


def look(subject: Subject, context: Context) -> Iterator[Finding]:
    """Yield what is attested of *subject*."""
    checks = [
        ("UPD-03", "staged", _staged),
        ("UPD-04", "proved", _proved),
        ("UPD-06", "scan", _crates),
        ("UPD-09", "fixable", _fixable),
    ]
    if subject.contained:
        checks += [("CON-08", "scan", _image), ("CON-09", "packages", _packages)]
    for control, check, what in checks:
        yield from guarded(control, check, HOST, partial(what, context, subject, control, check))


def _staged(context: Context, subject: Subject, control: str, check: str) -> Iterator[Finding]:
    expected = "it was content with by a staging host before it came here"
    yield from _rolled_out(context, subject, control, check, expected, (STAGED,))


def _proved(context: Context, subject: Subject, control: str, check: str) -> Iterator[Finding]:
    expected = "after the switch, this host was healthy, audited, and went on for a while"
    yield from _rolled_out(context, subject, control, check, expected, PROOFS)


def _rolled_out(
    context: Context, subject: Subject, control: str, check: str, expected: str, wanted: tuple[str, ...]
) -> Iterator[Finding]:
    seen = _read(context, subject, ROLLOUT, read_tests)
    if seen is None:
        yield _nobody(subject, control, check, expected, ROLLOUT)
        return
    lacking = [name for name in wanted if name not in seen.shown]
    wrong = _other(context, subject, seen) or (
        f"not shown: {', '.join(lacking)}" if lacking else "" if seen.right else f"failed: {', '.join(seen.failed)}"
    )
    yield _found(subject, control, check, expected, wrong, f"shown: {', '.join(seen.shown)}", ROLLOUT)


def _crates(context: Context, subject: Subject, control: str, check: str) -> Iterator[Finding]:
    yield from _scanned(context, subject, control, check, lambda item: item.on_crate)


def _image(context: Context, subject: Subject, control: str, check: str) -> Iterator[Finding]:
    yield from _scanned(context, subject, control, check, lambda _item: True)


def _scanned(
    context: Context, subject: Subject, control: str, check: str, about: Callable[[Attested], bool]
) -> Iterator[Finding]:
    upkeep = subject.upkeep
    expected = f"scanned within {upkeep.max_age} days, and nothing is open that is known against it"
    seen = _read(context, subject, SCAN, read_scan)
    if seen is None:
        yield _nobody(subject, control, check, expected, SCAN)
        return
    bad = [item for item in seen.found if about(item) and item.open_on(upkeep.today)]
    age = upkeep.age(seen.at)
    wrong = [_other(context, subject, seen), upkeep.wrong_age(seen.at), f"open: {_listed(bad)}" if bad else ""]
    said = f"{age} days ago: {sum(map(about, seen.found))} advisories, each accounted for"
    yield _found(subject, control, check, expected, "; ".join(filter(None, wrong)), said, SCAN)


def _fixable(context: Context, subject: Subject, control: str, check: str) -> Iterator[Finding]:
    expected = "no advisory is left that a refreshed lock file would mend"
    seen = _read(context, subject, SCAN, read_scan)
    if seen is None:
        yield _nobody(subject, control, check, expected, SCAN)
        return
    left = [item for item in seen.found if item.fixable]
    wrong = _other(context, subject, seen) or (f"left: {_listed(left)}" if left else "")
    remedy = "Build with lock: refreshed, and roll it out: run playbooks/update.yml"
    yield _found(subject, control, check, expected, wrong, expected, SCAN, remedy)


def _packages(context: Context, subject: Subject, control: str, check: str) -> Iterator[Finding]:
    upkeep = subject.upkeep
    expected = f"compared with the distribution within {upkeep.max_age} days, which had nothing newer"
    seen = _read(context, subject, PACKAGES, read_tests)
    if seen is None:
        yield _nobody(subject, control, check, expected, PACKAGES)
        return
    wrong = [_other(context, subject, seen), upkeep.wrong_age(seen.at), *([] if seen.right else seen.failed)]
    said = f"{upkeep.age(seen.at)} days ago: nothing newer"
    yield _found(subject, control, check, expected, "; ".join(filter(None, wrong)), said, PACKAGES)


def _read(context: Context, subject: Subject, kind: str, reader: Callable[[str], Seen]) -> Seen | None:
    entry = context.host.files.read(attestation_path(subject.id, kind))
    return None if entry is None else reader(entry.content.decode("utf-8"))


def _other(context: Context, subject: Subject, seen: ScanSeen | TestsSeen) -> str:
    """Return what is wrong when what was attested is of something else than what is on the host."""
    here = subject_digest(context.host.files, subject.id)
    return "" if seen.sha256 == here else f"it is about sha256 {seen.sha256}, and here is {here}"


def _listed(items: list[Attested]) -> str:
    rest = len(items) - _MOST
    return ", ".join(map(str, items[:_MOST])) + (f" and {rest} more" if rest > 0 else "")


def _nobody(subject: Subject, control: str, check: str, expected: str, kind: str) -> Finding:
    status = "" if subject.upkeep.kept else NOT_ENFORCED
    said = f"nothing is attested of {subject.id}"
    evidence = attestation_path(subject.id, kind)
    return finding(control, check, HOST, False, expected, said, evidence, status, _ROLL_OUT)


def _found(
    subject: Subject, control: str, check: str, expected: str, wrong: str, said: str, kind: str, remedy: str = ""
) -> Finding:
    evidence = attestation_path(subject.id, kind)
    return finding(control, check, HOST, not wrong, expected, wrong or said, evidence, remedy=remedy)
