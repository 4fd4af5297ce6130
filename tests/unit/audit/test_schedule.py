# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPD-01, UPD-02: a check that is old, incomplete, silent or not scheduled is red."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import schedule
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.model.check_record import Record, Sent, encode
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import ERROR, FAILED, PASSED, Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.model.schedule import Schedule
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.check_units import SERVICE, TIMER

NOW = int(time.time())
GOOD = Record(NOW - 60, True, {"a lock": ""}, (Sent("mail to ops@example.org", 2),), NOW - 60, NOW - 60, {}, 0)
UP = {
    TIMER: {"ActiveState": "active", "NextElapseUSecRealtime": "Sat 2026-11-28 05:17:00 UTC"},
    SERVICE: {"Result": "success"},
}
CHECKED = Schedule("checker", "/srv/speakers", "/opt/ansible/bin/ansible-playbook", "/srv/speakers/inventory")


class Kept(Context):
    """An audit of a host on which all is as planned, but for *drift*."""

    drift = ""

    def plan(self, planner: Any) -> Plan:
        return Plan(planner.subject, {"state": self.drift}, {"state": ""})


def looked(
    record: Record | bytes | None, units: dict[str, dict[str, str]] | None = None, drift: str = ""
) -> list[Finding]:
    content = encode(record).encode() if isinstance(record, Record) else record
    entry = None if content is None else SimpleNamespace(content=content)
    systemd = SimpleNamespace(show=lambda unit, _names: {**UP[unit], **(units or {}).get(unit, {})})
    files = SimpleNamespace(read=lambda _path: entry)
    host = cast(Host, SimpleNamespace(systemd=systemd, files=files, commands=None))
    context = Kept(host, Specification("0.8.0", ()), [], live=False)
    context.drift = drift
    return list(schedule.look(CHECKED, context))


def statuses(found: list[Finding]) -> list[str]:
    return [item.status for item in found]


def test_a_check_that_is_made_and_told_is_green() -> None:
    assert [(x.id, x.check, x.status) for x in looked(GOOD)] == [
        ("UPD-01", "looked", PASSED),
        ("UPD-02", "scheduled", PASSED),
        ("UPD-02", "told", PASSED),
    ]


DAY = 86400


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (replace(GOOD, complete_at=NOW - 4 * DAY), "96 hours ago"),
        (replace(GOOD, complete_at=NOW + DAY), "ahead of this host's clock"),
        (replace(GOOD, complete_at=0), "never was"),
        (replace(GOOD, complete=False, looked_at={"a lock": "", "an index": "no route"}), "an index: no route"),
        (replace(GOOD, complete=False, looked_at={}), "nothing was looked at"),
    ],
)
def test_a_look_that_is_old_or_left_something_out_is_red(record: Record, said: str) -> None:
    found = looked(record)
    assert statuses(found) == [FAILED, PASSED, PASSED]
    assert said in found[0].observed


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (replace(GOOD, delivered_at=NOW - 4 * DAY), "96 hours ago"),
        (replace(GOOD, delivered_at=0), "never was"),
        (replace(GOOD, sent=(Sent("mail to ops@example.org", 2, "550 no such user"),)), "550 no such user"),
    ],
)
def test_a_check_that_nobody_hears_is_red(record: Record, said: str) -> None:
    found = looked(record)
    assert statuses(found) == [PASSED, PASSED, FAILED]
    assert said in found[2].observed


@pytest.mark.parametrize(
    ("units", "drift", "said"),
    [
        ({TIMER: {"ActiveState": "inactive"}}, "", "is inactive"),
        ({TIMER: {"NextElapseUSecRealtime": ""}}, "", "no next run"),
        ({SERVICE: {"Result": "timeout"}}, "", "failed: timeout"),
        ({}, "changed", "state"),
    ],
)
def test_what_is_not_scheduled_is_red(units: dict[str, dict[str, str]], drift: str, said: str) -> None:
    found = looked(GOOD, units, drift)
    assert statuses(found) == [PASSED, FAILED, PASSED]
    assert said in found[1].observed


@pytest.mark.parametrize(
    "record", [None, b"", b"[]", b'{"format": 1}', b'{"format": 2, "sent": []}', b"\xff", b"[" * 99999]
)
def test_no_record_is_an_error(record: bytes | None) -> None:
    assert statuses(looked(record)) == [ERROR, PASSED, ERROR]
