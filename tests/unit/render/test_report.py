# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports: the same findings always give the same text, and text of a host cannot paint on the terminal."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    PASSED,
    STATUSES,
    Finding,
    ordered,
    summary,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.report import HostReport, Report, not_audited
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import as_json, as_table

FINDINGS = st.builds(
    Finding,
    id=st.sampled_from(sorted(CONTROLS)),
    check=st.sampled_from(["a", "b"]),
    status=st.sampled_from(STATUSES),
    scope=st.sampled_from(["host", "kitchen"]),
    expected=st.text(),
    observed=st.text(),
    evidence=st.text(),
    remedy=st.sampled_from(["run", "look"]),
)


def of(**hosts: list[Finding]) -> Report:
    """Return the report of *hosts* by their findings."""
    return Report({name: HostReport(tuple(findings)) for name, findings in hosts.items()})


@given(st.lists(FINDINGS, unique_by=lambda item: item.key), st.randoms())
def test_order_does_not_depend_on_where_a_finding_came_from(findings: list[Finding], chance: random.Random) -> None:
    mixed = sorted(findings, key=lambda _item: chance.random())
    assert as_json(of(a=ordered(mixed))) == as_json(of(a=ordered(findings)))


@given(st.lists(FINDINGS))
def test_what_is_red_is_what_failed_or_could_not_be_seen(findings: list[Finding]) -> None:
    counts = summary(findings)
    assert sum(counts.values()) == len(findings)
    assert of(a=findings).red == counts[FAILED] + counts[ERROR]


@given(st.lists(FINDINGS))
def test_a_table_is_printable_lines(findings: list[Finding]) -> None:
    assert all(line.isprintable() for line in as_table(of(host=findings)).split("\n"))


@given(st.lists(FINDINGS))
def test_problems_are_all_but_what_passed(findings: list[Finding]) -> None:
    rows = [line for line in as_table(of(host=findings), problems=True).splitlines() if line[:6] in CONTROLS]
    assert len(rows) == sum(item.status != PASSED for item in findings)


def test_a_report_is_json_that_names_every_control() -> None:
    data = json.loads(as_json(of(b=[], a=[not_audited("no route")])))
    assert sorted(data["controls"]) == sorted(CONTROLS)
    assert list(data["hosts"]) == ["a", "b"]
    assert data["hosts"]["a"]["summary"][ERROR] == 1


def test_a_host_that_was_not_audited_is_red() -> None:
    assert of(a=[not_audited("no route")]).red == 1


def test_all_that_was_found_can_be_read_in_the_table() -> None:
    said = [f"/etc/systemd/system/unit-{number}.service.d: content differs" for number in range(9)]
    shown = as_table(of(a=[not_audited("; ".join(said))]))
    assert all(item.split(":")[0] in shown for item in said)
    assert max(map(len, shown.splitlines())) < 120


def test_what_nobody_would_read_is_cut() -> None:
    shown = as_table(of(a=[not_audited("word " * 1000)]))
    assert len(shown.splitlines()) < 20
    assert "..." in shown
