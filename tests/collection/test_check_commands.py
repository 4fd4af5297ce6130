# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two commands make a status of what ansible-playbook leaves, whichever directory it leaves it in.

What a run ends with, and how long it takes, is up to the test: a program of the name ansible-playbook.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

CI, CHECK = ROOT / "examples/ci/check", ROOT / "examples/check"
BOTH = pytest.mark.parametrize("command", [CI, CHECK], ids=["ci", "check"])
PLAYBOOK = """#!/bin/sh
printf '%s\\n' "$@" >"$SEEN"
directory=$(sed -n 's/^{"librespot_[a-z_]*": !unsafe "\\(.*\\)"}$/\\1/p' "$SEEN" | sed 's/\\\\\\(.\\)/\\1/g')
[ -z "$VERDICT" ] || echo "$VERDICT" >"$directory/verdict"
[ -z "$WAIT" ] || { touch "$SEEN.begun"; sleep "$WAIT"; }
exit "$STATUS"
"""
_LONGEST_S = 20


class Commands:
    """Both commands, with an ansible-playbook that says in *path* with which arguments it was called."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen = path / "seen"
        (path / "bin").mkdir()
        playbook = path / "bin/ansible-playbook"
        playbook.write_text(PLAYBOOK, encoding="utf-8")
        playbook.chmod(0o755)

    def begin(
        self, command: Path, directory: Path | str, verdict: str = "clean", status: int = 0, wait: str = ""
    ) -> subprocess.Popen[str]:
        """Begin a run that ends with *verdict* and *status* after *wait* seconds."""
        given = {"VERDICT": verdict, "STATUS": str(status), "WAIT": wait, "SEEN": str(self.seen)}
        environment = {**os.environ, **given, "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}"}
        argv = ["sh", str(command), str(directory), "-v"]
        return subprocess.Popen(
            argv, env=environment, cwd=self.path, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def run(self, command: Path, directory: Path | str, verdict: str = "clean", status: int = 0) -> tuple[int, str]:
        """Return the status of a run, and what it said."""
        process = self.begin(command, directory, verdict, status)
        said = process.communicate(timeout=_LONGEST_S)[1]
        return process.returncode, said

    def running(self) -> None:
        """Wait until the playbook runs."""
        until = time.monotonic() + _LONGEST_S
        while not self.seen.with_name("seen.begun").exists():
            assert time.monotonic() < until
            time.sleep(0.05)

    def given(self) -> Mapping[str, Any]:
        """Return the variables that the command gave."""
        words = self.seen.read_text(encoding="utf-8").splitlines()
        assert words[-1] == "-v"
        text = words[words.index("--extra-vars") + 1]
        said: Mapping[str, Any] = json.loads(text.replace("!unsafe ", "", 1))
        # As Ansible reads it.
        assert yaml.safe_load(text.replace("!unsafe", "!!str")) == said
        return said


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


@BOTH
class TestStatus:
    def test_a_clean_run(self, commands: Commands, command: Path) -> None:
        assert commands.run(command, "results")[0] == 0

    def test_what_failed_after_a_clean_verdict(self, commands: Commands, command: Path) -> None:
        assert [commands.run(command, "results", status=status)[0] for status in (1, 2, 4)] == [2, 2, 2]

    def test_findings(self, commands: Commands, command: Path) -> None:
        ends = {status: commands.run(command, "results", "findings", status)[0] for status in (0, 1, 2, 4)}
        # The playbook of the CI fails with them, and that of the check does not.
        assert ends == {0: 2, 1: 2, 2: 2, 4: 2} | ({2: 1} if command == CI else {0: 1})

    def test_a_verdict_of_an_earlier_run(self, commands: Commands, command: Path) -> None:
        for verdict, status in (("clean", 0), ("findings", 2), ("findings", 0)):
            commands.run(command, "results", verdict, status)
            assert commands.run(command, "results", "", status)[0] == 2


@BOTH
class TestTwoRuns:
    def test_the_second_is_refused(self, commands: Commands, command: Path) -> None:
        first = commands.begin(command, "results", "findings", 2 if command == CI else 0, wait="3")
        commands.running()
        status, said = commands.run(command, commands.path / "results")
        assert status == 2
        assert f"{commands.path}/results: another run uses this directory" in said
        assert "wait until it has ended, or name another one" in said
        assert (commands.path / "results/verdict").read_text(encoding="utf-8") == "findings\n"
        first.communicate(timeout=_LONGEST_S)
        assert first.returncode == 1
        assert commands.run(command, "results")[0] == 0

    def test_one_that_was_killed_is_in_nobodys_way(self, commands: Commands, command: Path) -> None:
        first = commands.begin(command, "results", wait="60")
        commands.running()
        os.killpg(first.pid, 9)
        first.communicate(timeout=_LONGEST_S)
        assert commands.run(command, "results")[0] == 0

    def test_other_directories_are_free(self, commands: Commands, command: Path) -> None:
        first = commands.begin(command, "results", wait="3")
        commands.running()
        assert commands.run(command, "others")[0] == 0
        first.communicate(timeout=_LONGEST_S)
        assert first.returncode == 0


@BOTH
class TestDirectory:
    @pytest.mark.parametrize("name", ["results", "a b; c", 'say "no" \\n $HOME', "{{ 1 }}", "-i", "deep/er", "end/"])
    def test_whatever_its_name_is(self, commands: Commands, command: Path, name: str) -> None:
        assert commands.run(command, name)[0] == 0
        variable = "librespot_ci_results" if command == CI else "librespot_check_directory"
        assert commands.given() == {variable: f"{commands.path}/{name.rstrip('/')}"}
        assert (commands.path / name / "verdict").is_file()
        assert (commands.path / name).stat().st_mode & 0o777 == 0o700

    def test_a_name_over_two_lines(self, commands: Commands, command: Path) -> None:
        status, said = commands.run(command, "a\nb")
        assert status == 2
        assert "name another one" in said
        assert not (commands.path / "a\nb").exists()

    @pytest.mark.parametrize("end", ["", "/"])
    def test_a_link_is_refused(self, commands: Commands, command: Path, end: str) -> None:
        target = commands.path / "target"
        target.mkdir(mode=0o755)
        (target / "verdict").write_text("theirs\n", encoding="utf-8")
        (commands.path / "results").symlink_to(target)
        status, said = commands.run(command, f"results{end}")
        assert status == 2
        assert f"{commands.path}/results: it is a link" in said
        assert (target / "verdict").read_text(encoding="utf-8") == "theirs\n"
        assert target.stat().st_mode & 0o777 == 0o755
        assert not commands.seen.exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a directory to somebody else")
    def test_that_of_somebody_else_is_refused(self, commands: Commands, command: Path) -> None:
        other = commands.path / "results"
        other.mkdir()
        (other / "verdict").write_text("theirs\n", encoding="utf-8")
        os.chown(other, 65534, -1)
        status, said = commands.run(command, "results")
        assert status == 2
        assert f"{other}: it belongs to nobody; name a directory that belongs to root" in said
        assert (other / "verdict").read_text(encoding="utf-8") == "theirs\n"
        assert not commands.seen.exists()

    def test_a_file_is_refused(self, commands: Commands, command: Path) -> None:
        (commands.path / "results").write_text("mine", encoding="utf-8")
        assert commands.run(command, "results")[0] == 2
        assert not commands.seen.exists()


@BOTH
def test_the_command_may_be_a_link(commands: Commands, command: Path) -> None:
    (commands.path / "link").symlink_to(command)
    assert commands.run(commands.path / "link", "results")[0] == 0


@BOTH
def test_a_directory_has_to_be_named(command: Path) -> None:
    assert subprocess.run(["sh", str(command)], capture_output=True, check=False).returncode != 0
