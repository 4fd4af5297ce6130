# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against a release, reason by reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.gate import (
    BELOW,
    EXPLAINED,
    OPEN,
    WAIVED,
    Judged,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.index import Row
from ansible_collections.hardened.librespot.plugins.module_utils.model.inventory import LOCK, Inventory
from ansible_collections.hardened.librespot.plugins.module_utils.model.release_info_options import RELEASE_INFO_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.scanned import Scanned
from ansible_collections.hardened.librespot.plugins.module_utils.model.vulnerability import (
    NO_FIX,
    REFRESH,
    UPGRADE,
    VULNERABILITY,
    Vulnerability,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.release_policy import Facts, Policy

TODAY = date(2026, 8, 25)
DEFAULTS = {name: option["default"] for name, option in RELEASE_INFO_OPTIONS["policy"]["options"].items()}


def row(version: str = "0.8.0", **changes: Any) -> Row:
    given = {"sha256": "0" * 64, "yanked": False, "rust": "1.85", "published": "2026-08-20T23:59:59Z", **changes}
    return Row("librespot", version, features={}, dependencies=1, **given)


def scanned(*found: tuple[str, str, str]) -> Scanned:
    """Return a scan that found advisories, each an id, what mends it, and what is thought of it."""
    judged = [
        Judged(Vulnerability(name, "x", "1.0.0", VULNERABILITY, "", fix=fix), status) for name, fix, status in found
    ]
    return Scanned(LOCK, "/x", "", "0.8.0", Inventory((), ()), TODAY, "any", [], judged, [])


def rules(facts: Facts, **policy: Any) -> list[str]:
    found = Policy({**DEFAULTS, **policy}, TODAY, "a mirror").reasons(facts)
    assert all(reason.why for reason in found)
    return [reason.rule for reason in found]


CLEAN = Facts(row(), "2026-08-25T10:00:00Z", scanned())


def test_one_that_nothing_speaks_against_passes() -> None:
    assert rules(CLEAN) == []


def test_all_reasons_are_given_and_not_the_first() -> None:
    facts = Facts(row("0.9.0-rc.1", yanked=True, rust="1.90"), "2026-08-25T10:00:00Z", None)
    policy = {"maximum": "0.8.0", "held_back": ["0.9.0-rc.1"], "rust": "1.85.1", "min_age_days": 6}
    assert rules(facts, **policy) == [
        "maximum",
        "held_back",
        "prereleases",
        "yanked",
        "rust",
        "min_age_days",
        "gate",
    ]


@pytest.mark.parametrize(("days", "passes"), [(5, True), (6, False)])
def test_the_age_counts_from_the_day_of_publication(days: int, passes: bool) -> None:
    assert (rules(CLEAN, min_age_days=days) == []) is passes


@pytest.mark.parametrize(("days", "passes"), [(3, True), (4, False)])
def test_or_from_the_day_on_which_it_was_first_seen(days: int, passes: bool) -> None:
    facts = Facts(row(published=""), "2026-08-22T00:00:00Z", scanned())
    assert (rules(facts, min_age_days=days) == []) is passes


@pytest.mark.parametrize(
    ("needed", "have", "passes"),
    [
        ("1.85", "1.85", True),
        ("1.85.1", "1.85", True),
        ("1.86", "1.85", False),
        ("", "1.60", True),
        ("x", "1.85", False),
    ],
)
def test_the_compiler(needed: str, have: str, passes: bool) -> None:
    assert (rules(Facts(row(rust=needed), "", scanned()), rust=have) == []) is passes


@pytest.mark.parametrize(
    ("fix", "status", "refreshed", "passes"),
    [
        (REFRESH, OPEN, True, True),
        (REFRESH, OPEN, False, False),
        (UPGRADE, OPEN, True, False),
        (NO_FIX, OPEN, True, False),
        (NO_FIX, WAIVED, False, True),
        (NO_FIX, EXPLAINED, False, True),
        (NO_FIX, BELOW, False, True),
    ],
)
def test_the_gate(fix: str, status: str, refreshed: bool, passes: bool) -> None:
    facts = Facts(row(), "", scanned(("RUSTSEC-1", fix, status)))
    assert (rules(facts, refreshed=refreshed) == []) is passes
    assert rules(facts, gate="none") == []


def test_what_nobody_looked_at_is_not_clean() -> None:
    facts = Facts(row(), "", None, "it was published without a lock file")
    (reason,) = Policy(DEFAULTS, TODAY, "a mirror").reasons(facts)
    assert reason.why == "nobody looked for advisories on it: it was published without a lock file"
    assert rules(facts, gate="none") == []


def test_a_pin_is_of_one_version_with_its_build_metadata() -> None:
    assert rules(CLEAN, version="0.8.0") == []
    assert rules(CLEAN, version="0.8.0+1") == ["version"]
