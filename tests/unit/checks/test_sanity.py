# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from tools.checks import sanity


def test_the_home_of_ansible_test_keeps_the_settings_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "me/.config/pip").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    (tmp_path / "home").mkdir()
    sanity.home(tmp_path / "home")
    found = sanity.home(tmp_path / "home")
    assert (found / ".config/pip").resolve() == tmp_path / "me/.config/pip"
    assert not (found / ".pip").exists()


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ('Running sanity test "a"\nRunning sanity test "b" on Python 3.9\n', 0, "2 passed, 0 failed"),
        (
            'Running sanity test "a"\nRunning sanity test "b"\n'
            "FATAL: The 1 sanity test(s) listed below (out of 2) failed. See error output above for details.\nb\n",
            1,
            "1 passed, 1 failed",
        ),
        (
            'Running sanity test "shellcheck"\nWARNING: Required program "shellcheck" not found.\n'
            'WARNING: Reviewing previous 1 warning(s):\nWARNING: Required program "shellcheck" not found.\n',
            0,
            "0 passed, 1 failed",
        ),
        ("FATAL: something else\n", 1, "0 passed, 1 failed"),
    ],
)
def test_the_closing_line_counts_sanity_tests(output: str, status: int, expected: str) -> None:
    assert sanity.closing(output, status) == expected
