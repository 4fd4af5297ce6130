# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs on one host: the second one waits, and then says who keeps it waiting."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.modules import audit, preflight, settings, unit

from .conftest import Run
from .machine import Machine


@pytest.mark.parametrize("module", [settings, unit])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_module_that_changes_something_fails_and_names_the_holder(
    run: Run, machine: Machine, lock: str, kitchen: dict[str, Any], module: ModuleType, state: str
) -> None:
    before = machine.snapshot()
    with host_lock("the module release", lock):
        said = run(module, state=state, instances=[kitchen])
    assert said.failed
    assert f"the module release (process {os.getpid()}" in said.data["msg"]
    assert said.data["remedy"]
    assert machine.snapshot() == before
    assert machine.told == []
    assert not run(module, state=state, instances=[kitchen]).failed


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("module", [settings, unit])
def test_it_says_its_own_name_to_others(run: Run, lock: str, kitchen: dict[str, Any], module: ModuleType) -> None:
    run(module, instances=[kitchen])
    name = module.__name__.rpartition(".")[2]
    with open(lock, encoding="utf-8") as handle:
        assert handle.read().startswith(f"the module hardened.librespot.{name} (process {os.getpid()}")


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(("module", "check"), [(settings, True), (unit, True), (preflight, False), (audit, False)])
def test_who_only_looks_does_not_wait(
    run: Run, lock: str, kitchen: dict[str, Any], module: ModuleType, check: bool
) -> None:
    with host_lock("the module release", lock):
        assert not run(module, check=check, instances=[kitchen]).failed


def test_it_is_free_after_a_failure(run: Run, machine: Machine, lock: str, kitchen: dict[str, Any]) -> None:
    assert run(settings, instances=[{**kitchen, "port": 1}]).failed
    assert machine.told == []
    with host_lock("a test", lock, patience=0):
        pass
