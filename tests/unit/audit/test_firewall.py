# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-03 to NET-11 of the table: each difference is one of the control that its part serves."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import firewall
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.nftables import Nftables
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan, State
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.planners.table import TablePlanner

WANTED = {"chain door_kitchen": "drop", "chain out_kitchen": "drop"}
OF_CONTAINERS = {"chain to_kitchen": "drop", "chain on_forward": "drop"}


class InForce(TablePlanner):
    """A table of which the kernel holds *there*, and which shall be *wanted*."""

    reachable = True

    def __init__(self, there: State, wanted: State) -> None:
        super().__init__(Nftables(Commands()), None)
        self._plan = Plan(self.subject, there, wanted)

    def plan(self) -> Plan:
        return self._plan


def looked(deployment: str, there: State, wanted: State) -> dict[str, tuple[str, str]]:
    """Return what each control of the table is said to be."""
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, deployment)
    planner = InForce(there, wanted)
    seen = Context(Host(), spec, [planner], live=False)
    return {item.id: (item.status, item.observed) for item in firewall.look(seen) if item.check == "table"}


@pytest.mark.parametrize("deployment", [SYSTEMD, CONTAINER])
def test_a_table_as_described_is_green(deployment: str) -> None:
    wanted = {**WANTED, **(OF_CONTAINERS if deployment == CONTAINER else {})}
    found = looked(deployment, wanted, wanted)
    assert set(found) == {"NET-03", "NET-04", "NET-09", "NET-11"} | ({"NET-10"} if deployment == CONTAINER else set())
    assert set(found.values()) == {("passed", "as described")}


def test_what_differs_is_of_its_control() -> None:
    found = looked(CONTAINER, {**WANTED, **OF_CONTAINERS, "chain to_kitchen": "accept"}, {**WANTED, **OF_CONTAINERS})
    assert found.pop("NET-10") == ("failed", "chain to_kitchen differs")
    assert {status for status, _said in found.values()} == {"passed"}


def test_what_is_left_of_containers_is_no_part_of_the_table_of_services() -> None:
    found = looked(SYSTEMD, {**WANTED, **OF_CONTAINERS}, WANTED)
    said = "chain on_forward is not ours; chain to_kitchen is not ours"
    assert found.pop("NET-03") == ("failed", said)
    assert {status for status, _said in found.values()} == {"passed"}


@pytest.mark.parametrize("deployment", [SYSTEMD, CONTAINER])
def test_without_a_table_nothing_of_it_is_there(deployment: str) -> None:
    found = looked(deployment, {}, {**WANTED, **OF_CONTAINERS})
    assert set(found.values()) == {("failed", "there is no table")}
