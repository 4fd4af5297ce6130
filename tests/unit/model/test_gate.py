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
from ansible_collections.hardened.librespot.plugins.module_utils.model.inventory import Inventory, Package
from ansible_collections.hardened.librespot.plugins.module_utils.model.statements import Program, Statement
from ansible_collections.hardened.librespot.plugins.module_utils.model.vulnerability import Vulnerability
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import Waiver

RSA = Vulnerability("RUSTSEC-2023-0071", "rsa", "0.9.8", "vulnerability", "Marvin", severity="medium", fix="none")
UNTIL = datetime.date(2026, 12, 31)
WAIVER = Waiver(RSA.id, "no private key is held", UNTIL)
PACKAGES = (
    Package("librespot", "0.8.0", (1,), own=True),
    Package("librespot-core", "0.8.0", (2, 3)),
    Package("rsa", "0.9.8"),
    Package("other", "1.0.0"),
)
PROGRAM = Program(Inventory(PACKAGES, (0,)))
UNKNOWN = Program(Inventory(PACKAGES[1:3], (0,)))
ELSEWHERE = Program(Inventory((*PACKAGES[:3], replace(PACKAGES[3], dependencies=(2,))), (0,)))
STATEMENT = Statement(RSA.id, "not_affected", "rsa", ("0.9.8",), ("0.8.0",), "", "no private key", "ours")


def status(
    found: Vulnerability = RSA,
    bound: str = "any",
    waiver: Waiver | None = None,
    statements: tuple[Statement, ...] = (),
    program: Program = PROGRAM,
) -> str:
    (judged,) = judge([found], program, bound, [waiver] if waiver else [], statements)
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
        (judged,) = judge([RSA], PROGRAM, "any", [WAIVER], [])
        assert (judged.status, judged.why, judged.until) == (WAIVED, WAIVER.reason, UNTIL)

    def test_it_lets_pass_what_only_a_release_mends(self) -> None:
        assert status(replace(RSA, fix="upgrade"), waiver=WAIVER) == WAIVED

    def test_it_does_not_let_pass_what_a_refreshed_lock_mends(self) -> None:
        fixable = replace(RSA, fix="refresh")
        (judged,) = judge([fixable], PROGRAM, "any", [WAIVER], [])
        assert judged.status == OPEN
        assert "fixable: true" in judged.why
        assert status(fixable, waiver=replace(WAIVER, fixable=True)) == WAIVED

    def test_it_lets_nothing_else_pass(self) -> None:
        assert status(replace(RSA, id="RUSTSEC-2026-0001"), waiver=WAIVER) == OPEN


class TestStatement:
    def test_it_explains_what_it_is_about(self) -> None:
        (judged,) = judge([RSA], PROGRAM, "any", [], [STATEMENT])
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
        assert status(statements=(STATEMENT,), program=UNKNOWN) == OPEN
        assert status(statements=(replace(STATEMENT, librespot=()),), program=UNKNOWN) == EXPLAINED

    @pytest.mark.parametrize(("version", "expected"), [("0.9.*", EXPLAINED), ("0.8.*", OPEN), ("0.9", OPEN)])
    def test_it_can_be_about_a_whole_series(self, version: str, expected: str) -> None:
        assert status(statements=(replace(STATEMENT, package_versions=(version,)),)) == expected

    def test_it_holds_while_nobody_else_uses_the_package(self) -> None:
        statements = (replace(STATEMENT, users=("librespot-core",)),)
        assert status(statements=statements) == EXPLAINED
        assert status(statements=statements, program=ELSEWHERE) == OPEN

    def test_it_holds_while_there_is_no_other_way_to_the_package(self) -> None:
        assert status(statements=(replace(STATEMENT, through="librespot-core"),)) == EXPLAINED
        statements = (replace(STATEMENT, through="other"),)
        assert status(statements=statements) == status(statements=statements, program=ELSEWHERE) == OPEN

    def test_one_that_asks_for_no_proxy_does_not_hold_with_one(self) -> None:
        statements = (replace(STATEMENT, unless_proxy=True),)
        assert status(statements=statements) == EXPLAINED
        assert status(statements=statements, program=replace(PROGRAM, proxy=True)) == OPEN

    def test_that_something_is_fixed_explains_as_well(self) -> None:
        assert status(statements=(replace(STATEMENT, status="fixed"),)) == EXPLAINED

    def test_two_that_contradict_each_other_explain_nothing(self) -> None:
        other = replace(STATEMENT, status="affected", origin="theirs")
        (judged,) = judge([RSA], PROGRAM, "any", [], [STATEMENT, other])
        assert (judged.status, judged.why) == (OPEN, "statements contradict each other: ours, theirs")


def test_every_status_is_counted() -> None:
    assert summary(judge([RSA, RSA], PROGRAM, "any", [], [])) == {OPEN: 2, BELOW: 0, WAIVED: 0, EXPLAINED: 0}
