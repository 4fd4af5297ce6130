# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may pass, and what makes a scan fail."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.gate import (
    BELOW,
    EXPLAINED,
    OPEN,
    WAIVED,
    judge,
    summary,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.statements import Statement
from ansible_collections.hardened.librespot.plugins.module_utils.model.vulnerability import Vulnerability
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import Waiver

RSA = Vulnerability("RUSTSEC-2023-0071", "rsa", "0.9.8", "vulnerability", "Marvin", severity="medium", fix="none")
UNTIL = datetime.date(2026, 12, 31)
WAIVER = Waiver(RSA.id, "no private key is held", UNTIL)
STATEMENT = Statement(RSA.id, "not_affected", "rsa", ("0.9.8",), ("0.8.0",), "", "no private key", "ours")


def status(
    found: Vulnerability = RSA,
    bound: str = "any",
    waiver: Waiver | None = None,
    statements: tuple[Statement, ...] = (),
    librespot: str = "0.8.0",
) -> str:
    (judged,) = judge([found], librespot, bound, [waiver] if waiver else [], statements)
    return judged.status


def test_what_nobody_has_accounted_for_is_open() -> None:
    assert status() == OPEN


@pytest.mark.parametrize(
    ("bound", "expected"), [("any", OPEN), ("low", OPEN), ("medium", OPEN), ("high", BELOW), ("critical", BELOW)]
)
def test_the_gate_is_a_severity(bound: str, expected: str) -> None:
    assert status(bound=bound) == expected


def test_what_has_no_severity_is_judged_by_its_category() -> None:
    assert status(replace(RSA, severity="unknown"), "high") == OPEN
    assert status(replace(RSA, severity="unknown", category="unmaintained"), "medium") == BELOW


class TestWaiver:
    def test_it_lets_pass_what_nothing_mends(self) -> None:
        (judged,) = judge([RSA], "0.8.0", "any", [WAIVER], [])
        assert (judged.status, judged.why, judged.until) == (WAIVED, WAIVER.reason, UNTIL)

    def test_it_lets_pass_what_only_a_release_mends(self) -> None:
        assert status(replace(RSA, fix="upgrade"), waiver=WAIVER) == WAIVED

    def test_it_does_not_let_pass_what_a_refreshed_lock_mends(self) -> None:
        fixable = replace(RSA, fix="refresh")
        (judged,) = judge([fixable], "0.8.0", "any", [WAIVER], [])
        assert judged.status == OPEN
        assert "fixable: true" in judged.why
        assert status(fixable, waiver=replace(WAIVER, fixable=True)) == WAIVED

    def test_it_lets_nothing_else_pass(self) -> None:
        assert status(replace(RSA, id="RUSTSEC-2026-0001"), waiver=WAIVER) == OPEN


class TestStatement:
    def test_it_explains_what_it_is_about(self) -> None:
        (judged,) = judge([RSA], "0.8.0", "any", [], [STATEMENT])
        assert (judged.status, judged.why) == (EXPLAINED, "ours: no private key")

    @pytest.mark.parametrize(
        "changed",
        [
            {"id": "RUSTSEC-2026-0001"},
            {"package": "other"},
            {"package_versions": ("0.9.9",)},
            {"librespot": ("0.7.1",)},
            {"status": "affected"},
            {"status": "under_investigation"},
        ],
    )
    def test_it_explains_nothing_else(self, changed: dict[str, Any]) -> None:
        assert status(statements=(replace(STATEMENT, **changed),)) == OPEN

    def test_of_an_unknown_librespot_it_says_nothing(self) -> None:
        assert status(statements=(STATEMENT,), librespot="") == OPEN

    def test_that_something_is_fixed_explains_as_well(self) -> None:
        assert status(statements=(replace(STATEMENT, status="fixed"),)) == EXPLAINED

    def test_two_that_contradict_each_other_explain_nothing(self) -> None:
        other = replace(STATEMENT, status="affected", origin="theirs")
        (judged,) = judge([RSA], "0.8.0", "any", [], [STATEMENT, other])
        assert (judged.status, judged.why) == (OPEN, "statements contradict each other: ours, theirs")


def test_every_status_is_counted() -> None:
    assert summary(judge([RSA, RSA], "", "any", [], [])) == {OPEN: 2, BELOW: 0, WAIVED: 0, EXPLAINED: 0}
