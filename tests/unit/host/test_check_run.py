# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a check ends, as the program that systemd starts tells it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import check_run
from ansible_collections.hardened.librespot.plugins.module_utils.model.schedule import Schedule
from ansible_collections.hardened.librespot.plugins.module_utils.render.check_units import SERVICE, check_units
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import UNITS


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("echo clean > verdict", 0),
        ("echo findings > verdict", 3),
        ("echo incomplete > verdict", 2),
        ("echo perfect > verdict", 2),
        ("true", 2),
        ("echo clean > verdict; exit 3", 2),
        ("echo clean > verdict; kill -KILL $$", 2),
        ("mkdir verdict", 2),
    ],
)
def test_its_status_is_the_verdict_of_this_run(tmp_path: Path, script: str, status: int) -> None:
    # What an earlier run left says nothing of this one.
    (tmp_path / "verdict").write_text("clean\n", encoding="ascii")
    assert ended(tmp_path, "sh", "-c", f'cd "$0" && {script}', str(tmp_path)).returncode == status


def ended(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run *command* as the service does."""
    program = directory / "check.py"
    program.write_text(inspect.getsource(check_run), encoding="utf-8")
    argv = [sys.executable, "-I", str(program), str(directory), *command]
    return subprocess.run(argv, check=False, capture_output=True, text=True)


def test_what_cannot_be_run_is_incomplete_and_says_why(tmp_path: Path) -> None:
    done = ended(tmp_path, "/opt/ansible/bin/ansible-playbook")
    assert (done.returncode, "ansible-playbook" in done.stderr) == (2, True)


def test_a_verdict_that_cannot_be_taken_away_is_none(tmp_path: Path) -> None:
    (tmp_path / "verdict").mkdir()
    done = ended(tmp_path, "true")
    assert (done.returncode, "verdict" in done.stderr) == (2, True)


def test_systemd_takes_no_failure_of_python_for_findings() -> None:
    unit = check_units(Schedule("checker", "/srv/speakers", "/opt/ansible/bin/ansible-playbook", "/srv/inventory"))
    assert f"\nSuccessExitStatus={check_run.FINDINGS}\n" in unit[f"{UNITS}/{SERVICE}"]
    assert check_run.FINDINGS not in (1, 2)
