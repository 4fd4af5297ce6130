# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-06 and NET-06: a scheduled audit that is late, old, changed or silent is red."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import scheduled_audit
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.audit.scheduled_audit import Review
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_description import (
    Description,
    describe,
    encode,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import (
    EXPECTATION_OPTIONS,
    AuditTimer,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_report import Report, made
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_report import encode as report_text
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.planners.scheduled_audit import made_by
from ansible_collections.hardened.librespot.plugins.module_utils.render.audit_units import (
    DESCRIPTION,
    REPORT,
    SERVICE,
    TIMER,
)

NOW, HOUR = 1_800_000_000, 3600
LIMIT = 2 * HOUR + 300 + 900
SPEC = parse_specification("0.8.0", [{"name": "kitchen"}])
ARCHIVE = b"a program"
ASKED = {
    "version": "0.8.0",
    "instances": [{"name": "kitchen"}],
    "zones": {},
    "deployment": "systemd",
    "engine": "docker",
    "announce": True,
    **{name: option.get("default", {}) for name, option in EXPECTATION_OPTIONS.items()},
}
WANTED: Description = describe(ASKED, SPEC, AuditTimer())
BY = made_by(ARCHIVE, encode(WANTED).encode())
NETWORK = Finding("NET-03", "table", PASSED, "host", "this", "that", "nft", "do it")
OTHER = Finding("CFG-04", "modes", PASSED, "host", "this", "that", "lstat", "do it")
GOOD = made("speaker", NOW - 600, 2, BY, [NETWORK, OTHER], None)
UP = {
    TIMER: {"ActiveState": "active", "SubState": "waiting", "NextElapseUSecRealtime": "Sat 2026-11-28 05:00:00 UTC"},
    SERVICE: {"Result": "success"},
}


@dataclass
class World:
    """A host that audits itself; *set_up* is when it was told what to."""

    report: Report | bytes | None = GOOD
    units: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: UP)
    drift: str = ""
    set_up: float = NOW - 100 * HOUR
    uptime: float = 1000 * HOUR
    mode: int = 0o600
    uid: int = 0
    itself: bool = False

    def read(self, path: str, content: bool = True) -> Any:
        if path != REPORT or self.report is None:
            return None
        text = report_text(self.report).encode() if isinstance(self.report, Report) else self.report
        return SimpleNamespace(content=text if content else b"", uid=self.uid, mode=self.mode)

    def modified(self, path: str) -> float:
        assert path == DESCRIPTION
        return self.set_up

    def look(self, description: Description | None = WANTED, spec: Specification = SPEC) -> list[Finding]:
        systemd = SimpleNamespace(show=lambda unit, _names: self.units[unit], longest_interval=lambda _calendar: HOUR)
        host = cast(Host, SimpleNamespace(systemd=systemd, files=self, commands=None))
        context = Kept(host, spec, [], live=False)
        context.drift = self.drift
        review = Review(description, ARCHIVE, self.itself, lambda: NOW, lambda: self.uptime)
        return list(scheduled_audit.look(review, context))

    def statuses(self) -> tuple[str, ...]:
        found = self.look()
        assert [(item.id, item.check, item.scope) for item in found] == [
            ("CFG-06", "scheduled", "host"),
            ("NET-06", "reviewed", "host"),
        ]
        return tuple(item.status for item in found)

    def said(self) -> str:
        return " | ".join(item.observed for item in self.look())


class Kept(Context):
    """An audit of a host on which all is as planned, but for *drift*."""

    drift = ""

    def plan(self, planner: Any) -> Plan:
        return Plan(planner.subject, {"state": self.drift}, {"state": ""})


def test_one_that_runs_is_green() -> None:
    assert World().statuses() == (PASSED, PASSED)
    assert World().said() == "the next run is on Sat 2026-11-28 05:00:00 UTC at the latest | 10 minutes ago: 1 finding"


def test_one_that_nobody_asked_for_is_not_enforced() -> None:
    found = World().look(None)
    assert [(item.id, item.status) for item in found] == [("CFG-06", NOT_ENFORCED), ("NET-06", NOT_ENFORCED)]


def test_a_host_without_instances_has_nothing_to_review() -> None:
    assert World().look(None, Specification("0.8.0", ())) == []


def test_drift_is_red_by_what_differs() -> None:
    assert World(drift="changed").statuses() == (FAILED, PASSED)
    assert "/opt/librespot/libexec/audit.pyz: state" in World(drift="changed").said()


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ({**UP, TIMER: {"ActiveState": "inactive"}}, f"{TIMER} is inactive"),
        ({**UP, TIMER: {**UP[TIMER], "NextElapseUSecRealtime": ""}}, f"{TIMER} has no next run"),
        ({**UP, SERVICE: {"Result": "exit-code"}}, f"{SERVICE} failed: exit-code"),
    ],
)
def test_a_timer_that_does_not_go_on_is_red(units: Mapping[str, Mapping[str, str]], said: str) -> None:
    assert World(units=units).statuses() == (FAILED, PASSED)
    assert said in World(units=units).said()


def test_while_it_runs_the_next_run_is_not_known_yet() -> None:
    running = {**UP, TIMER: {"ActiveState": "active", "SubState": "running", "NextElapseUSecRealtime": ""}}
    assert World(units=running).statuses() == (PASSED, PASSED)


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(replace(GOOD, at=NOW - LIMIT - 60)), "the last run was 141 minutes ago"),
        (World(replace(GOOD, at=NOW + HOUR)), "the last run is 60 minutes ahead of this host's clock"),
        (World(None), f"{REPORT} does not exist: no audit has come to its end"),
    ],
)
def test_a_report_of_another_time_or_none_is_red(world: World, said: str) -> None:
    assert world.statuses() == (FAILED, FAILED)
    assert world.said().count(said) == 2


@pytest.mark.parametrize(
    "world",
    [
        World(replace(GOOD, at=NOW - LIMIT + 60)),
        World(replace(GOOD, at=NOW + 60)),
        World(None, set_up=NOW - HOUR),
        World(replace(GOOD, by="another"), set_up=NOW - HOUR),
        World(replace(GOOD, at=NOW - 100 * HOUR), uptime=HOUR),
        World(None, uptime=HOUR),
    ],
)
def test_what_cannot_be_newer_yet_is_green(world: World) -> None:
    assert world.statuses() == (PASSED, PASSED)


def test_one_that_has_yet_to_run_is_told_as_that_and_of_no_age() -> None:
    assert World(None, set_up=NOW - HOUR).said().endswith(" | it was set up, and has not run yet")


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(replace(GOOD, by="another")), "by another program or description than the inventory's"),
        (World(replace(GOOD, findings=(OTHER,))), "looked at no rules and no network settings"),
        (World(replace(GOOD, findings=(OTHER, replace(NETWORK, id="NET-06")))), "looked at no rules"),
        (World(mode=0o666), "others than root can write"),
        (World(uid=1000), "others than root can write"),
    ],
)
def test_a_report_that_reviews_nothing_is_red(world: World, said: str) -> None:
    assert world.statuses() == (PASSED, FAILED)
    assert said in world.said()


def test_a_report_that_was_edited_into_none_is_red() -> None:
    assert World(b"{}").statuses() == (ERROR, ERROR)


def test_the_scheduled_audit_itself_is_the_last_run() -> None:
    assert World(None, itself=True).statuses() == (PASSED, PASSED)
    assert World(replace(GOOD, at=NOW - 10 * LIMIT), itself=True).statuses() == (PASSED, PASSED)
    assert World(None, drift="changed", itself=True).statuses() == (FAILED, PASSED)
