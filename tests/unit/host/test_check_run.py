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


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("echo clean > verdict", 0),
        ("echo findings > verdict", 1),
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
    program = tmp_path / "check.py"
    program.write_text(inspect.getsource(check_run), encoding="utf-8")
    command = ["sh", "-c", f'cd "$0" && {script}', str(tmp_path)]
    done = subprocess.run([sys.executable, "-I", str(program), str(tmp_path), *command], check=False)
    assert done.returncode == status
