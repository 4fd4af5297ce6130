# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a scheduled audit: since when what is red is red, and what has turned."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_report import (
    Report,
    decode,
    encode,
    made,
    turned,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)


def finding(control: str, status: str, scope: str = "host") -> Finding:
    return Finding(control, "a check", status, scope, "this", "that", "there", "do it")


def report(at: int, *found: Finding, before: Report | None = None) -> Report:
    return made("speaker", at, 1.5, "digest", found, before)


GREEN = report(1000, finding("CFG-04", PASSED), finding("NET-03", NOT_ENFORCED))
RED = report(2000, finding("CFG-04", FAILED), finding("NET-03", NOT_ENFORCED), before=GREEN)
KEY = ("CFG-04", "a check", "host")


def test_red_counts_from_when_it_was_first_seen() -> None:
    assert GREEN.since == {}
    assert RED.since == {KEY: 2000}
    assert report(3000, finding("CFG-04", ERROR), before=RED).since == {KEY: 2000}
    well = report(3000, finding("CFG-04", PASSED), before=RED)
    assert report(4000, finding("CFG-04", FAILED), before=well).since == {KEY: 4000}


def test_a_clock_that_was_set_back_has_seen_nothing_of_tomorrow() -> None:
    assert report(500, finding("CFG-04", FAILED), before=RED).since == {KEY: 500}


def test_what_has_turned_is_told_once() -> None:
    assert [item.id for item in turned(RED, GREEN)[0]] == ["CFG-04"]
    assert turned(report(3000, finding("CFG-04", FAILED), before=RED), RED) == ([], [])
    assert turned(report(3000, finding("CFG-04", PASSED), before=RED), RED) == ([], [KEY])


def test_what_is_no_more_looked_at_is_red_no_more() -> None:
    assert turned(report(3000, before=RED), RED) == ([], [KEY])


def test_all_that_is_red_at_first_is_new() -> None:
    assert [item.id for item in turned(RED, None)[0]] == ["CFG-04"]


@pytest.mark.parametrize("written", [GREEN, RED, report(1)])
def test_what_was_written_is_read(written: Report) -> None:
    assert decode(encode(written).encode(), "report.json") == written


def changed(**more: Any) -> bytes:
    return json.dumps({**json.loads(encode(RED)), **more}).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"null",
        b"[" * 100_000,
        changed(format=2),
        changed(findings="none"),
        changed(at="now"),
        changed(duration=None),
        changed(findings=[{"id": "CFG-04"}]),
        changed(findings=[{**finding("CFG-04", "fine").as_data()}]),
        changed(findings=[{**finding("CFG-04", FAILED).as_data()}]),
        changed(findings=[{**finding("CFG-04", PASSED).as_data(), "since": 3}]),
        changed(findings=[{**finding("CFG-04", FAILED).as_data(), "since": "long"}]),
    ],
)
def test_what_is_none_is_named(text: bytes) -> None:
    with pytest.raises(HostError, match=r"^report\.json is no report of an audit: "):
        decode(text, "report.json")
