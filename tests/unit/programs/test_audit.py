# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the scheduled audit, below a directory that stands for a host's root."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.quiet import BusyError, Quiet
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_description import (
    Description,
    describe,
    encode,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import (
    EXPECTATION_OPTIONS,
    AuditTimer,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import FAILED, PASSED, Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.programs import audit
from ansible_collections.hardened.librespot.plugins.module_utils.programs.audit import ReplacedError, Scheduled
from ansible_collections.hardened.librespot.plugins.module_utils.render.audit_units import (
    BUSY,
    DESCRIPTION,
    DIRECTORY,
    METRICS,
    PROGRAM,
    RED,
    REPORT,
)

NOW = 1_800_000_000
SPEC = parse_specification("0.8.0", [{"name": "kitchen"}])
ASKED: dict[str, Any] = {
    "version": "0.8.0",
    "instances": [{"name": "kitchen"}],
    "zones": {},
    "deployment": "systemd",
    "engine": "docker",
    "announce": True,
    **{name: option.get("default") for name, option in EXPECTATION_OPTIONS.items()},
}
WELL = Finding("NET-03", "table", PASSED, "host", "as described", "as described", "nft", "Converge")
BAD = Finding("NET-03", "table", FAILED, "host", "as described", "a rule\nis missing", "nft", "Converge")
LOOSE = Finding("CFG-04", "modes", FAILED, "host", "as described", "0666", "lstat", "Converge")


@dataclass
class Run:
    """Runs of the program on one host, each with what it finds and what it tells the journal."""

    root: Path
    said: list[tuple[int, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    now: float = NOW

    @property
    def description(self) -> Path:
        return self.root / DESCRIPTION.lstrip("/")

    @property
    def report(self) -> Path:
        return self.root / REPORT.lstrip("/")

    @property
    def metrics(self) -> Path:
        return self.root / METRICS.lstrip("/")

    def __call__(self, *looks: list[Finding] | LibrespotError) -> int:
        """Run once; *looks* are what is found, look by look."""
        self.said.clear()
        left = list(looks)

        def findings(_description: Description) -> list[Finding]:
            found = left.pop(0)
            if isinstance(found, LibrespotError):
                raise found
            return found

        quiet = Quiet(str(self.root / "lock"), sleep=self.slept.append)
        scheduled = Scheduled(
            Files(str(self.root)),
            quiet,
            lambda priority, text: self.said.append((priority, text)),
            findings,
            lambda: self.now,
            self.slept.append,
        )
        status = scheduled.run()
        assert not left, "it did not look so often"
        return status


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run(tmp_path)
    made.description.parent.mkdir(parents=True)
    (tmp_path / DIRECTORY.lstrip("/")).mkdir(parents=True)
    made.description.write_text(encode(describe(ASKED, SPEC, AuditTimer())), encoding="utf-8")
    made.description.chmod(0o600)
    return made


def test_a_host_that_is_well_is_told_in_one_line(run: Run) -> None:
    assert run([WELL]) == 0
    assert [priority for priority, _text in run.said] == [6]
    assert re.fullmatch(r"1 finding in 0\.0 s: 1 passed; \d+\.\d s of processor time, \d+ MiB", run.said[0][1])
    assert run.report.stat().st_mode & 0o777 == 0o600
    assert run.metrics.stat().st_mode & 0o777 == 0o644
    assert run.slept == []


def test_what_got_red_is_told_once_by_its_severity(run: Run) -> None:
    run([WELL])
    assert run([BAD, LOOSE], [BAD, LOOSE]) == RED
    assert [priority for priority, _text in run.said] == [3, 4, 6]
    assert run.said[0][1] == "red: NET-03 table of host: a rule\nis missing. Converge"
    run.now += 3600
    assert run([BAD, LOOSE]) == RED
    assert [priority for priority, _text in run.said] == [6]
    since = [item["since"] for item in json.loads(run.report.read_text(encoding="utf-8"))["findings"]]
    assert since == [NOW, NOW]
    assert run([WELL, LOOSE]) == RED
    assert run.said[0] == (5, "well again: NET-03 table of host is passed")


def test_what_passes_by_is_not_told(run: Run) -> None:
    """An instance that is restarted while it is looked at is well a moment later."""
    assert run([BAD], [WELL]) == 0
    assert run.slept == [10]
    assert [priority for priority, _text in run.said] == [6]


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    audit._say(3, "a rule\n<0>is missing " + "x" * 5000)
    written = capsys.readouterr().out
    assert written.startswith("<3>a rule <0>is missing x")
    assert written.count("\n") == 1
    assert len(written) < 1600


def test_an_old_report_that_cannot_be_read_is_said_and_written_anew(run: Run) -> None:
    run.report.write_text("{half", encoding="utf-8")
    assert run([BAD], [BAD]) == RED
    assert run.said[0][0] == 4
    assert run.said[0][1].startswith(f"What was red before is not known: {REPORT} is no report of an audit")
    assert json.loads(run.report.read_text(encoding="utf-8"))["findings"][0]["since"] == NOW


def gone(run: Run) -> None:
    run.description.unlink()


def corrupt(run: Run) -> None:
    run.description.write_text("{half", encoding="utf-8")
    run.description.chmod(0o600)


def readable(run: Run) -> None:
    run.description.chmod(0o644)


def linked(run: Run) -> None:
    run.description.rename(run.root / "elsewhere")
    run.description.symlink_to(run.root / "elsewhere")


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (gone, "does not exist"),
        (corrupt, "does not say what to audit"),
        (readable, "is not root's alone: mode 0644"),
        (linked, "is a link"),
    ],
)
def test_a_description_that_is_not_roots_or_none_is_not_followed(
    run: Run, happens: Callable[[Run], None], said: str
) -> None:
    run([WELL])
    before = run.report.read_bytes(), run.metrics.read_bytes()
    happens(run)
    with pytest.raises(HostError, match=said):
        run([BAD])
    assert (run.report.read_bytes(), run.metrics.read_bytes()) == before


def test_a_description_of_somebody_elses_is_not_followed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    with pytest.raises(HostError, match=f"is not root's alone: mode 0600, owner {os.getuid()}:"):
        run([BAD])


def test_what_cannot_be_looked_at_leaves_the_old_report(run: Run) -> None:
    run([WELL])
    before = run.report.read_bytes()
    with pytest.raises(HostError, match="nothing works"):
        run(HostError("nothing works", "Mend it"))
    assert run.report.read_bytes() == before


def test_what_cannot_be_written_was_told_and_is_told_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk: a run that ends in between has told too much, and not too little."""
    run([WELL])

    def full(*_arguments: object) -> None:
        raise HostError(f"{REPORT}: No space left on device", "Free space")

    monkeypatch.setattr(Files, "write", full)
    for _each in range(2):
        with pytest.raises(HostError, match="No space left"):
            run([BAD], [BAD])
        assert [priority for priority, _text in run.said] == [3, 6]
    monkeypatch.undo()
    assert run([BAD], [BAD]) == RED


def test_what_a_playbook_wrote_anew_while_it_waited_is_what_counts(run: Run) -> None:
    (run.root / "lock").touch()
    new = encode(describe(ASKED, SPEC, AuditTimer("daily")))

    def converge(seconds: float) -> None:
        run.slept.append(seconds)
        run.description.write_text(new, encoding="utf-8")
        os.utime(run.root / "lock", (0, 0))

    seen: list[Description] = []

    def look(description: Description) -> list[Finding]:
        seen.append(description)
        return [WELL]

    scheduled = Scheduled(
        Files(str(run.root)),
        Quiet(str(run.root / "lock"), sleep=converge),
        lambda _priority, _text: None,
        look,
    )
    assert scheduled.run() == 0
    assert run.slept
    assert [item.timer.calendar for item in seen] == ["daily"]


def test_a_program_that_was_replaced_while_it_waited_makes_way(run: Run) -> None:
    program = run.root / PROGRAM.lstrip("/")
    program.parent.mkdir(parents=True)
    program.touch()
    scheduled = Scheduled(Files(str(run.root)), Quiet(str(run.root / "lock")), findings=lambda _description: [WELL])
    os.utime(program, (1, 1))
    with pytest.raises(ReplacedError):
        scheduled.run()
    assert not run.report.exists()


class TestMain:
    @pytest.mark.parametrize(
        ("ended", "status", "begins"),
        [
            (0, 0, ""),
            (RED, RED, ""),
            (BusyError("runs go on", "Nothing"), BUSY, "<4>Did not audit, and the last report stands: runs go on"),
            (HostError("nothing works", "Mend it"), 1, "<3>Could not audit, and the last report stands: nothing works"),
        ],
    )
    def test_its_status(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        ended: int | LibrespotError,
        status: int,
        begins: str,
    ) -> None:
        def run(_self: Scheduled) -> int:
            if isinstance(ended, LibrespotError):
                raise ended
            return ended

        monkeypatch.setattr(Scheduled, "run", run)
        assert audit.main() == status
        assert capsys.readouterr().out.startswith(begins)


def test_the_name_of_a_file_is_no_more_than_text(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    audit._say(3, "red: /tmp/\udcff\x1b[2K\u202ex of host")
    assert capfdbinary.readouterr().out == b"<3>red: /tmp/ [2K x of host\n"
