# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from tools.checks import verdict
from tools.checks.verdict import Verdict


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ("============ 12 passed in 0.31s ============\n", 0, Verdict(12, 0)),
        ("12 passed in 0.31s\n", 0, Verdict(12, 0)),
        ("=== 1 failed, 3 passed, 2 warnings in 61.20s (0:01:01) ===\n", 1, Verdict(3, 1)),
        ("=== 2 passed, 1 error in 0.10s ===\n", 1, Verdict(2, 1)),
        ("34 passed, 0 failed\n", 0, Verdict(34, 0)),
        ("=== 4 passed in 1.00s ===\nmore\n=== 5 passed in 2.00s ===\n", 0, Verdict(9, 0)),
        ("\x1b[32m==== \x1b[32m\x1b[1m7 passed\x1b[0m\x1b[32m in 0.10s\x1b[0m\x1b[32m ====\x1b[0m\n", 0, Verdict(7, 0)),
        ("All checks passed!\n", 0, Verdict(1, 0)),
        ("Found 3 errors.\n", 1, Verdict(0, 1)),
        ("=== 4 passed in 1.00s ===\n", 1, Verdict(4, 1)),
        ("=== 4 passed, 2 deselected in 1.00s ===\n", 0, Verdict(4, 0)),
    ],
)
def test_tests_are_counted(output: str, status: int, expected: Verdict) -> None:
    assert verdict.read(output, status) == expected


@pytest.mark.parametrize(
    "line",
    [
        "skipping: no hosts matched",
        "[WARNING]: Could not match supplied host pattern, ignoring: librespot",
        "collected 0 items",
        "============ no tests ran in 0.01s ============",
        "default: actions=8 successful=6 disabled=0 skipped=1 missing=1 failed=0",
        "=== 3 passed, 1 skipped in 0.10s ===",
        "=== 3 passed, 1 xfailed in 0.10s ===",
    ],
)
def test_what_tested_nothing_fails_although_its_status_is_good(line: str) -> None:
    found = verdict.read(f"before\n{line}\nafter\n=== 3 passed in 0.10s ===\n", 0)
    assert found.failed >= 1
    assert found.problem


def test_a_play_on_the_controller_alone_is_no_empty_run() -> None:
    warning = "[WARNING]: provided hosts list is empty, only localhost is available."
    assert verdict.read(f"{warning}\n2 passed in 0.10s\n", 0) == Verdict(2, 0)


def test_a_recap_with_nothing_missing_is_good() -> None:
    assert verdict.read("default: actions=8 successful=8 skipped=0 missing=0 failed=0\n", 0) == Verdict(1, 0)
