# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user wrote wrongly is named by its path with what would be right, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.modules import audit, preflight, settings, unit

from .conftest import Run
from .machine import Machine

MODULES = [settings, unit, preflight, audit]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.parametrize(
    ("changed", "path", "right"),
    [
        ({"options": {"bitrat": 320}}, "librespot_instances[0].options['bitrat']", "Write bitrate"),
        ({"options": {"bitrate": 100}}, "librespot_instances[0].options.bitrate", "320"),
        ({"options": {"bitrate": [320]}}, "librespot_instances[0].options.bitrate", "320"),
        ({"options": ["bitrate"]}, "librespot_instances[0].options", "name: value"),
        ({"options": {"name": "Kit\nchen"}}, "librespot_instances[0].options.name", "Remove it"),
        ({"options": {"password": "hunter22"}}, "librespot_instances[0].options.password", ""),
        ({"port": "http"}, "librespot_instances[0].port", "from 1024 to 65535"),
        ({"port": 80}, "librespot_instances[0].port", "from 1024 to 65535"),
        (
            {"limits": {"io": [{"device": "/dev/a\n", "read": 9}]}},
            "librespot_instances[0].limits.io[0].device",
            "",
        ),
        ({"limits": {"memory": "much"}}, "librespot_instances[0].limits.memory", ""),
        ({"bind": {"discovry": True}}, "librespot_instances[0].bind.discovry", "Did you mean discovery?"),
        ({"bind": {"discovery": False}}, "librespot_instances[0].bind.discovery", "librespot_credentials.kitchen"),
        ({"relaxations": {"alsa": ""}}, "librespot_instances[0].relaxations.alsa.reason", ""),
        ({"name": "Kitchen"}, "librespot_instances[0].name", "a-z"),
        ({"name": "kitchen\n"}, "librespot_instances[0].name", "a-z"),
        ({"nmae": "kitchen"}, "librespot_instances[0].nmae", "Did you mean name?"),
        ({"state": "gone"}, "librespot_instances[0].state", "present or absent"),
    ],
)
def test_a_wrong_value_is_named(
    run: Run,
    machine: Machine,
    kitchen: dict[str, Any],
    module: ModuleType,
    check: bool,
    changed: Mapping[str, Any],
    path: str,
    right: str,
) -> None:
    before = machine.snapshot()
    said = run(module, check=check, instances=[{**kitchen, **changed}])
    assert said.failed
    assert said.data["msg"].startswith(f"{path}:")
    assert said.data["remedy"]
    assert right in said.data["remedy"]
    assert machine.snapshot() == before
    assert machine.told == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"version": "latest"}, "librespot_version"),
        ({"version": "0.8.0\n"}, "librespot_version"),
        ({"instances": [{"name": "a"}, {"name": "a"}]}, "librespot_instances[1].name"),
        ({"instances": [{"name": "a"}, {"name": "b"}]}, "librespot_instances[1].port"),
        ({"credentials": {"kitchn": "{}"}}, "librespot_credentials.kitchn"),
    ],
)
def test_what_is_wrong_as_a_whole_is_named(
    run: Run, machine: Machine, kitchen: dict[str, Any], module: ModuleType, arguments: Mapping[str, Any], path: str
) -> None:
    before = machine.snapshot()
    said = run(module, **{"instances": [kitchen], **arguments})
    assert said.data["msg"].startswith(f"{path}:")
    assert said.data["remedy"]
    assert machine.snapshot() == before
    assert machine.told == []


def test_a_wrong_second_instance_keeps_the_first_one_from_being_touched(
    run: Run, machine: Machine, kitchen: dict[str, Any]
) -> None:
    for module in (settings, unit):
        run(module, instances=[kitchen])
    before = machine.snapshot()
    kitchen["options"]["bitrate"] = 96
    bad = {"name": "bedroom", "port": kitchen["port"] + 1, "options": {"bitrate": 97}}
    for module in (settings, unit):
        said = run(module, instances=[kitchen, bad])
        assert said.data["msg"].startswith("librespot_instances[1].options.bitrate:")
    assert machine.snapshot() == before
