# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login appears nowhere in what a module prints, wherever it was written and however the run ends."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.modules import audit, preflight, settings, unit

from .conftest import Run, Said
from .machine import FACTS, Machine

OLD = {"username": "alice-of-old", "auth_data": "b2xkLWxvZ2lu"}
NEW = {"username": "alice-of-new", "auth_data": "bmV3LWxvZ2lu"}
MODULES = [settings, unit, preflight, audit]

each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])

WRONG_PLACES: list[dict[str, Any]] = [
    {"options": {"password": "hunter22"}},
    {"options": {"username": "hunter22"}},
    {"options": {"access-token": "hunter22"}},
    {"options": {"ACCESS_TOKEN": "hunter22"}},
    {"options": {"pasword": "hunter22"}},
    {"options": {"proxy": "http://alice:hunter22@proxy:3128"}},
    {"options": {"password": {"value": ["hunter22"]}}},
    {"password": "hunter22"},
    {"credentials": {"auth_data": "hunter22"}},
    {"credentials": json.dumps({"auth_data": "hunter22"})},
]
"""What is added to an instance that is otherwise right."""


def hidden(said: Said) -> bool:
    secrets = [*OLD.values(), *NEW.values(), "hunter22"]
    return not [secret for secret in secrets if secret in said.text]


@each_module
@pytest.mark.parametrize("check", [False, True])
def test_on_success_with_a_diff(
    run: Run, machine: Machine, kitchen: dict[str, Any], module: ModuleType, check: bool
) -> None:
    run(settings, instances=[kitchen], credentials={"kitchen": json.dumps(OLD)})
    before = machine.snapshot()
    for login in (OLD, NEW):
        said = run(module, check=check, diff=True, instances=[kitchen], credentials={"kitchen": json.dumps(login)})
        assert not said.failed
        assert hidden(said)
    assert (machine.snapshot() != before) == (module in (settings, unit) and not check)


def test_one_that_stands_on_the_host_and_is_replaced_or_removed(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    run(settings, instances=[kitchen], credentials={"kitchen": json.dumps(OLD)})
    for arguments in ({"credentials": {"kitchen": json.dumps(NEW)}}, {}, {"state": "absent"}):
        assert hidden(run(audit, instances=[kitchen]))
        said = run(settings, diff=True, instances=[kitchen], **arguments)
        assert said.changes
        assert hidden(said)
    assert not machine.path("/etc/librespot").exists()


@each_module
@pytest.mark.parametrize(
    "credentials",
    [
        {"kitchen": "hunter22 is no JSON"},
        {"kitchen": ["hunter22"]},
        {"cellar": json.dumps({"auth_data": "hunter22"})},
        {"kitchen": json.dumps({"auth_data": "hunter22"}) + " " * 20000},
        "kitchen=hunter22",
        "hunter22",
        ["hunter22"],
    ],
)
def test_when_it_is_not_in_the_right_form(
    run: Run, machine: Machine, kitchen: dict[str, Any], module: ModuleType, credentials: Any
) -> None:
    before = machine.snapshot()
    said = run(module, instances=[kitchen], credentials=credentials)
    assert said.failed
    assert hidden(said)
    assert machine.snapshot() == before


@each_module
@pytest.mark.parametrize("wrong", WRONG_PLACES)
def test_when_it_is_written_in_a_wrong_place(
    run: Run, machine: Machine, kitchen: dict[str, Any], module: ModuleType, wrong: Mapping[str, Any]
) -> None:
    before = machine.snapshot()
    said = run(module, diff=True, instances=[{**kitchen, **wrong}])
    assert said.failed
    assert hidden(said)
    assert machine.snapshot() == before


@pytest.mark.parametrize("module", [settings, unit])
@pytest.mark.parametrize("wrong", WRONG_PLACES)
def test_when_it_is_written_in_a_wrong_place_and_nobody_reads_the_instances(
    run: Run, machine: Machine, kitchen: dict[str, Any], module: ModuleType, wrong: Mapping[str, Any]
) -> None:
    said = run(module, state="absent", instances=[{**kitchen, **wrong}])
    assert not said.failed
    assert hidden(said)
    assert not machine.path("/etc/librespot").exists()


@pytest.mark.parametrize("module", [settings, unit])
@pytest.mark.parametrize("wrong", WRONG_PLACES)
def test_when_it_is_written_in_a_wrong_place_and_another_run_holds_the_lock(
    run: Run, machine: Machine, lock: str, kitchen: dict[str, Any], module: ModuleType, wrong: Mapping[str, Any]
) -> None:
    with host_lock("a test", lock):
        said = run(module, instances=[{**kitchen, **wrong}], credentials={"kitchen": json.dumps(NEW)})
    assert "a test" in said.data["msg"]
    assert hidden(said)
    assert machine.told == []


@pytest.mark.parametrize("module", [preflight, unit])
def test_when_the_host_is_refused(run: Run, machine: Machine, kitchen: dict[str, Any], module: ModuleType) -> None:
    machine.facts = dataclasses.replace(FACTS, ipv6=False)
    said = run(module, diff=True, instances=[kitchen], credentials={"kitchen": json.dumps(NEW)})
    assert "IPv6" in said.data["msg"]
    assert hidden(said)
