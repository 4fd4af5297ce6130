# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduled audit: the same as that of the module ``audit``, on the host itself, without Ansible.

It leaves a report and figures for Prometheus, and tells the journal what got red and what is well again.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..audit.asked import Asked
from ..audit.attested import waivers_end
from ..audit.scheduled_audit import Review
from ..host.files import FILE, Files
from ..host.program_archive import program
from ..host.quiet import BusyError, Quiet
from ..model.audit_description import Description
from ..model.audit_description import decode as description_of
from ..model.audit_report import Report, encode, made, turned
from ..model.audit_report import decode as report_of
from ..model.controls import CONTROLS, HIGH
from ..model.counted import counted
from ..model.errors import HostError, LibrespotError
from ..model.finding import Finding, summary
from ..model.notice import plain
from ..planners.monitoring import Archives
from ..planners.registry import Host
from ..planners.scheduled_audit import made_by
from ..render.audit_metrics import audit_metrics
from ..render.audit_units import BUSY, DESCRIPTION, FAILED, METRICS, PATIENCE_S, PROGRAM, RED, REPORT
from ..render.unit import credentials_path
from . import grants, monitor

NAME = "programs.audit"
"""What this is called below our own."""

_AGAIN_S = 10
"""After how long what is newly red is looked at again: an instance that is just restarted is not."""

_OTHERS = 0o077
_LONGEST = 1500
_ERROR, _WARNING, _NOTICE, _INFO = 3, 4, 5, 6
"""Priorities of the journal; see sd-daemon(3)."""


def _say(priority: int, text: str) -> None:
    # In it are names that others gave to files: bytes that are no text, of which journalctl shows nothing at all.
    sys.stdout.write(f"<{priority}>{plain(text, _LONGEST)}\n")
    sys.stdout.flush()


class ReplacedError(HostError):
    """The program was replaced while it waited."""


@dataclass
class Scheduled:
    """One run. What is not of this host in a test is given: *files*, *quiet*, and how *findings* are made."""

    files: Files = field(default_factory=Files)
    quiet: Quiet = field(default_factory=lambda: Quiet(patience=PATIENCE_S))
    say: Callable[[int, str], None] = _say
    findings: Callable[[Description], list[Finding]] | None = None
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._made = self.files.modified(PROGRAM)

    def run(self) -> int:
        """Audit, write and tell; return the status to end with. Raises `LibrespotError` when it cannot audit."""
        # What cannot be followed is said at once.
        self._description()
        before = self._before()
        found, lasted, text = self._look()
        if self._news(found, before):
            self.sleep(_AGAIN_S)
            found, lasted, text = self._look()
        by = made_by(program(NAME), text)
        report = made(socket.gethostname(), int(self.now()), lasted, by, found, before)
        # First of all it is told: what is written down counts as told, and a run can end in between.
        self._tell(report, before)
        self.files.write(REPORT, encode(report).encode(), 0o600)
        self.files.write(METRICS, audit_metrics(report, waivers_end(self.files, found)).encode(), 0o644)
        return RED if report.red else 0

    def _look(self) -> tuple[list[Finding], float, bytes]:
        """Return what is found when it is quiet, after how many seconds, and the text of what it was looked for by.

        A run of a playbook that is waited for may write both anew, what to audit and this program. Raises
        `ReplacedError` for the latter.
        """

        def look() -> tuple[list[Finding], float, bytes]:
            if self.files.modified(PROGRAM) != self._made:
                raise ReplacedError(f"{PROGRAM} was replaced", "Start it anew")
            description, text = self._description()
            begun = time.monotonic()
            return self._found(description), time.monotonic() - begun, text

        return self.quiet.look(look)

    def _description(self) -> tuple[Description, bytes]:
        """Return what is to be audited, which is for root alone to say."""
        remedy = "Run hardened.librespot.site against this host"
        entry = self.files.read(DESCRIPTION)
        if entry is None:
            raise HostError(f"{DESCRIPTION} does not exist", remedy)
        if entry.kind != FILE:
            raise HostError(f"{DESCRIPTION} is a {entry.kind}", f"Remove it. {remedy}")
        if (entry.uid, entry.gid) != (os.geteuid(), os.getegid()) or entry.mode & _OTHERS:
            owner = f"mode {entry.mode:04o}, owner {entry.uid}:{entry.gid}"
            raise HostError(f"{DESCRIPTION} is not root's alone: {owner}", f"Find out who changed it. {remedy}")
        return description_of(entry.content, DESCRIPTION), entry.content

    def _before(self) -> Report | None:
        entry = self.files.read(REPORT)
        if entry is None:
            return None
        try:
            return report_of(entry.content, REPORT)
        except HostError as error:
            self.say(_WARNING, f"What was red before is not known: {error.message}")
            return None

    def _found(self, description: Description) -> list[Finding]:
        if self.findings is not None:
            return self.findings(description)
        spec = description.specification(self._login)
        review = Review(description, program(NAME), itself=True)
        asked = Asked(description.asked, lambda: Archives(program(monitor), program(grants)))
        return asked.audit(Host(files=self.files), spec, description.timer.live, review)

    def _login(self, name: str) -> bytes:
        entry = self.files.read(credentials_path(name))
        return entry.content if entry else b""

    @staticmethod
    def _news(found: Sequence[Finding], before: Report | None) -> list[Finding]:
        return turned(made("", 0, 0, "", found, before), before)[0]

    def _tell(self, report: Report, before: Report | None) -> None:
        got_red, well = turned(report, before)
        for item in got_red:
            priority = _ERROR if CONTROLS[item.id].severity == HIGH else _WARNING
            self.say(priority, f"red: {item.id} {item.check} of {item.scope}: {item.observed}. {item.remedy}")
        now = {item.key: item.status for item in report.findings}
        for control, check, scope in well:
            status = now.get((control, check, scope), "looked at no more")
            self.say(_NOTICE, f"well again: {control} {check} of {scope} is {status}")
        said = f"{counted(len(report.findings), 'finding')} in {report.duration:.1f} s: {', '.join(_counts(report))}"
        self.say(_INFO, f"{said}; {_cost()}")


def _cost() -> str:
    """Return what this run has cost so far, with the programs that it ran."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(item.ru_utime + item.ru_stime for item in used)
    # In KiB: getrusage(2).
    return f"{processor:.1f} s of processor time, {max(item.ru_maxrss for item in used) // 1024} MiB"


def _counts(report: Report) -> Iterator[str]:
    yield from (f"{count} {status}" for status, count in summary(report.findings).items() if count)


def main() -> int:
    """Run the scheduled audit of this host, and return the status to end with."""
    try:
        return Scheduled().run()
    except ReplacedError:
        os.execv(sys.executable, [sys.executable, "-I", sys.argv[0]])
    except BusyError as error:
        _say(_WARNING, f"Did not audit, and the last report stands: {error}")
        return BUSY
    except LibrespotError as error:
        _say(_ERROR, f"Could not audit, and the last report stands: {error}")
        return FAILED
