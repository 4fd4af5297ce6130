# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each control removed in turn: exactly the declared findings turn red, and the next run mends it."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import (
    ASKED_FOR,
    CONTROLS,
    OF_CHECKERS,
    OF_CONTAINERS,
    OF_FLEETS,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout import GATED
from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.world import Findings, World, red, verdicts


def test_nothing_is_red_before(healthy: Findings) -> None:
    assert red(healthy) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(world: World, healthy: Findings, mutant: Mutant) -> None:
    world.host.out("sh", "-eu", "-s", text=mutant.command)
    found = red(world.audit())
    if mutant.by_hand:
        world.host.out("sh", "-eu", "-s", text=mutant.by_hand)
    run = world.converge(*mutant.more)
    assert set(found) == mutant.declared(world.enforces), found
    assert bool(run.recap(world.host)["changed"]) != bool(mutant.by_hand)
    assert verdicts(world.audit()) == verdicts(healthy)


def test_no_check_survives_all_mutants(world: World, healthy: Findings) -> None:
    killed = {finding[:2] for mutant in MUTANTS for finding in mutant.declared(world.enforces)}
    unenforced = {(item["id"], item["check"]) for item in healthy if item["status"] == "not enforced"}
    assert {(item["id"], item["check"]) for item in healthy} - killed - unenforced == set()


def test_every_audited_control_has_a_mutant(healthy: Findings) -> None:
    killed = {control for mutant in MUTANTS for control, _check, _scope in mutant.declared(enforces=True)}
    # Those of containers are in tests/network/test_published.py, of what a rollout or a CI attests in tests/upkeep, of
    # monitoring in tests/monitoring.
    audited = set(CONTROLS) - OF_CONTAINERS - OF_CHECKERS - OF_FLEETS
    assert {item["id"] for item in healthy} == audited
    assert killed == audited - set(GATED) - ASKED_FOR
