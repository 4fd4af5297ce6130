# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defaults and argument specification of each role say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ANNOUNCE_ARGUMENT,
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
)

ROOT = Path(__file__).parents[3]
SHARED = {
    "librespot_container_announce",
    "librespot_container_engine",
    "librespot_credentials",
    "librespot_deployment",
    "librespot_instances",
    "librespot_monitored",
    "librespot_state",
    "librespot_version",
    "librespot_zones",
}
COMPARED = {"librespot_monitoring_notify"}
"""What the audit compares with the host, described where it is made."""
DECIDED = {"librespot_monitored": False}
"""What roles decide by, and hand over to no module as it is."""
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def load(role: str, name: str) -> dict[str, Any]:
    path = ROOT / "roles" / role / name
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def entries(role: str) -> dict[str, dict[str, Any]]:
    specs: dict[str, Any] = load(role, "meta/argument_specs.yml")["argument_specs"]
    return {name: spec.get("options", {}) for name, spec in specs.items()}


def shared_defaults() -> dict[str, Any]:
    """Return what a role other than the front door does without a shared variable: it leaves the argument out."""
    arguments = {**SPECIFICATION_ARGUMENTS, **STATE_ARGUMENT, **DEPLOYMENT_ARGUMENT}
    defaults = {f"librespot_{name}": argument["default"] for name, argument in arguments.items()}
    of_containers = {**ENGINE_ARGUMENT, **ANNOUNCE_ARGUMENT}
    containers = {f"librespot_container_{name}": item["default"] for name, item in of_containers.items()}
    return {**defaults, **containers, **DECIDED}


@pytest.mark.parametrize("role", ROLES)
class TestRole:
    def test_it_has_a_main_entry_point(self, role: str) -> None:
        assert "main" in entries(role)

    def test_every_entry_point_has_a_task_file(self, role: str) -> None:
        for name in entries(role):
            assert (ROOT / "roles" / role / "tasks" / f"{name}.yml").is_file()

    def test_every_default_is_documented(self, role: str) -> None:
        documented = {option for options in entries(role).values() for option in options}
        assert set(load(role, "defaults/main.yml")) <= documented

    def test_documented_defaults_are_the_real_ones(self, role: str) -> None:
        defaults = {**shared_defaults(), **load(role, "defaults/main.yml")}
        for name, options in entries(role).items():
            stated = {key: option["default"] for key, option in options.items() if "default" in option}
            assert stated == {key: defaults.get(key) for key in stated}, name

    def test_what_has_no_documented_default_has_none(self, role: str) -> None:
        # Not "{{ omit }}" either: ansible-core 2.18 takes its placeholder for the value when it checks the arguments.
        defaults = load(role, "defaults/main.yml")
        for options in entries(role).values():
            assert {key for key, option in options.items() if "default" not in option} & set(defaults) == set()

    def test_variables_are_shared_or_have_the_name_of_the_role(self, role: str) -> None:
        prefix = "librespot_" if role == "librespot" else f"{role}_"
        variables = {*load(role, "defaults/main.yml"), *(key for options in entries(role).values() for key in options)}
        assert {key for key in variables if key not in SHARED | COMPARED and not key.startswith(prefix)} == set()

    def test_every_argument_says_what_it_is(self, role: str) -> None:
        for options in entries(role).values():
            for key, option in options.items():
                assert option.get("description"), key
                assert option.get("type"), key


def test_the_front_door_has_the_defaults_of_the_modules() -> None:
    front = load("librespot", "defaults/main.yml")
    assert front == {**shared_defaults(), **DECIDED}


def test_the_front_door_hands_over_shared_names_alone() -> None:
    assert set(load("librespot", "defaults/main.yml")) - set(DECIDED) <= SHARED
