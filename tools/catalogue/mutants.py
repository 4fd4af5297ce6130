# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a test takes a control away, with the controls that it has declared beforehand to turn red."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

_CONTROL = re.compile(r"\b(?:NET|CON|UPD|CFG|RES)-\d{2}\b")

CATALOGUES: Mapping[str, str] = {
    "tests/mutants/test_mutants.py::test_mutant": "tests.mutants.catalogue:MUTANTS",
    "tests/containers/test_audit.py::test_mutant": "tests.containers.test_audit:MUTANTS",
    "tests/containers/test_host_network.py::test_mutant": "tests.containers.test_host_network:MUTANTS",
    "tests/containers/test_segment_audit.py::test_mutant": "tests.containers.test_segment_audit:MUTANTS",
    "tests/podman/test_audit.py::test_mutant": "tests.podman.test_audit:MUTANTS",
    "tests/machine/test_contained.py::test_mutant": "tests.machine.test_contained:MUTANTS",
    "tests/network/test_published.py::test_mutant": "tests.network.test_published:_MUTANTS",
    "tests/apparmor/test_service.py::test_mutant": "tests.apparmor.test_service:MUTANTS",
    "tests/apparmor/test_container.py::test_mutant": "tests.apparmor.test_container:MUTANTS",
    "tests/apparmor/test_quadlet.py::test_mutant": "tests.apparmor.test_quadlet:MUTANTS",
    "tests/scheduled_audit/test_mutants.py::test_what_is_taken_away_is_red_and_comes_back_with_the_next_run": (
        "tests.scheduled_audit.test_mutants:MUTANTS"
    ),
    "tests/scheduled_audit/test_mutants.py::test_a_report_that_is_taken_away_is_red_and_comes_back_with_the_next_run": (
        "tests.scheduled_audit.test_mutants:REPORTS"
    ),
    "tests/upkeep/test_upkeep.py::test_mutant": "tests.upkeep.test_upkeep:MUTANTS",
    "tests/profile/test_services.py::test_the_audit_reads_what_was_kept": "tests.profile.test_services:MUTANTS",
    "tests/fleet/test_environments.py::test_what_differs_is_red_alone_until_it_is_stated_or_mended": (
        "tests.fleet.test_environments:MUTANTS"
    ),
    "tests/monitoring/test_monitoring.py::TestMonitor::test_mutant": (
        "tests.monitoring.test_monitoring:TestMonitor.test_mutant"
    ),
}
"""Test to the table of what it takes away: each entry is tried, and declares what turns red."""

SINGLE: Mapping[str, str] = {
    **{
        f"tests/notify/test_notify.py::TestMutants::{name}": "RES-06"
        for name in (
            "test_nothing_waits_for_what_happens",
            "test_a_secret_that_all_can_read",
            "test_a_unit_that_was_loosened",
            "test_a_delivery_that_fails_for_hours",
        )
    },
    **{
        f"tests/schedule/test_schedule.py::TestSchedule::{name}": red
        for name, red in (
            ("test_what_it_has_told_itself_is_told_once", "UPD-01, UPD-02"),
            ("test_someone_who_cannot_be_told_is_red", "UPD-02"),
            ("test_a_schedule_that_was_changed_by_hand_is_red_and_mended", "UPD-02"),
        )
    },
    "tests/fleet/test_limits.py::test_a_limit_that_is_much_too_wide_is_red_for_its_instance_alone": "RES-08",
    **{
        f"tests/fleet/test_reviewed.py::{name}": "CFG-09"
        for name in (
            "test_none_is_red",
            "test_an_old_one_is_red",
            "test_one_that_lacks_a_host_is_red",
            "test_one_that_did_not_reach_a_host_is_red_itself_and_stays_so",
        )
    },
}
"""Test that takes one thing away itself to the controls of which it asserts that they turn red, and no others."""


@dataclass(frozen=True)
class Killer:
    """A test, what it takes away, and the *controls* that turn red, of which some where limits are enforced alone."""

    node: str
    name: str
    controls: frozenset[str]
    enforced: frozenset[str] = frozenset()


@cache
def killers() -> tuple[Killer, ...]:
    """Return every mutant."""
    return (*_catalogued(), *(Killer(node, "", _in(red)) for node, red in SINGLE.items()))


def _catalogued() -> Iterator[Killer]:
    for node, where in CATALOGUES.items():
        table = _table(where)
        for number, item in enumerate(table.items() if isinstance(table, Mapping) else table, 1):
            yield _killer(node, number, item)


def _table(where: str) -> Any:
    module, _colon, path = where.partition(":")
    found: Any = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    if callable(found):
        (mark,) = [mark for mark in found.pytestmark if mark.name == "parametrize"]
        return mark.args[1]
    return found


def _killer(node: str, number: int, item: Any) -> Killer:
    if hasattr(item, "declared"):
        always = _in(item.declared(enforces=False))
        return Killer(node, item.name, always, _in(item.declared(enforces=True)) - always)
    for declared in ("red", "control"):
        if hasattr(item, declared):
            return Killer(node, getattr(item, "name", f"no. {number}"), _in(getattr(item, declared)))
    name, red = item[0], item[1][1] if isinstance(item[1], tuple) else item[1]
    named = isinstance(item[1], tuple)
    return Killer(node, str(name) if named else f"no. {number}", _in(red))


def _in(declared: Any) -> frozenset[str]:
    return frozenset(_CONTROL.findall(str(declared)))
