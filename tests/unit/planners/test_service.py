# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service planner: what makes it restart, reload, enable, or leave an instance alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from ansible_collections.hardened.librespot.plugins.module_utils.planners import live, service
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.service import ServicePlanner

UNITS = "/etc/systemd/system"
UNIT = "librespot-kitchen.service"
WATCHDOG = "librespot-kitchen-watchdog"
BINDING = "librespot-kitchen-bind.service"
FACTS = Facts("x86_64", "debian", "13", (3, 13), "2.41", True, 257, True, False, (), True, 2, True)


class Scripted(Systemd):
    """Answers *shown*, and remembers what it was told."""

    def __init__(self, shown: Mapping[str, Mapping[str, str]]) -> None:
        self.shown = shown
        self.told: list[str] = []

    def show(self, unit: str, properties: Sequence[str]) -> Mapping[str, str]:
        return {name: self.shown[unit].get(name, "") for name in properties}

    def daemon_reload(self) -> None:
        self.told.append("daemon-reload")

    def enable(self, units: Sequence[str]) -> None:
        self.told.append(f"enable {' '.join(units)}")

    def disable(self, units: Sequence[str]) -> None:
        self.told.append(f"disable {' '.join(units)}")

    def _verb(self, verb: str, units: Sequence[str]) -> None:
        self.told.append(f"{verb} {' '.join(units)}")


def shown(**changed: str) -> dict[str, dict[str, str]]:
    usual = {"NeedDaemonReload": "no", "ActiveState": "active", "UnitFileState": "enabled", "DropInPaths": ""}
    units = {name: {**usual, "FragmentPath": f"{UNITS}/{name}"} for name in (UNIT, f"{WATCHDOG}.timer")}
    for name in (f"{WATCHDOG}.service", BINDING):
        units[name] = {**usual, "FragmentPath": f"{UNITS}/{name}", "UnitFileState": "static"}
    units[UNIT].update(changed)
    return units


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that converges one service and gives what systemd was told."""
    monkeypatch.setattr(service, "alive", lambda *_asked: True)

    def act(systemd: Scripted, process: Mapping[str, str], present: bool = True) -> list[str]:
        monkeypatch.setattr(live, "running", lambda _instance: [object()] if process else [])
        monkeypatch.setattr(ServicePlanner, "_process", lambda _self, _running: process)
        item = Instance("kitchen", "librespot_instances[0]", present=present)
        planner = ServicePlanner(systemd, Files(str(tmp_path)), item, FACTS, "abc", "/bin/x")
        converge([planner], check=False)
        return systemd.told

    return act


GOOD = {"generation": "abc", "binary": "/bin/x", "credentials": "none", "process": "as described"}
SETTLED = f"start {WATCHDOG}.timer {WATCHDOG}.service"


def test_one_that_is_right_is_left_alone(run: Any) -> None:
    assert run(Scripted(shown()), GOOD) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"generation": "older"},
        {"binary": "/bin/y"},
        {"credentials": "others"},
        {"process": "process 1 may gain privileges"},
    ],
)
def test_one_whose_process_is_not_as_described_is_restarted(run: Any, wrong: Mapping[str, str]) -> None:
    assert run(Scripted(shown()), {**GOOD, **wrong}) == [f"restart {UNIT}"]


def test_one_that_does_not_run_is_started(run: Any) -> None:
    assert run(Scripted(shown(ActiveState="failed")), {}) == [f"restart {UNIT}"]


def test_a_reload_leaves_the_instance_running(run: Any) -> None:
    assert run(Scripted(shown(NeedDaemonReload="yes")), GOOD) == ["daemon-reload", SETTLED]


def test_one_that_is_not_enabled_is(run: Any) -> None:
    assert run(Scripted(shown(UnitFileState="disabled")), GOOD) == [f"enable {UNIT} {WATCHDOG}.timer", SETTLED]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"DropInPaths": f"{UNITS}/librespot-.service.d/a.conf"}, f"{UNITS}/librespot-.service.d/a.conf"),
        ({"FragmentPath": f"{UNITS}.control/{UNIT}"}, f"{UNITS}.control/{UNIT}"),
        ({"FragmentPath": f"/run/systemd/transient/{UNIT}"}, f"/run/systemd/transient/{UNIT}"),
    ],
)
def test_what_overrides_the_unit_is_removed(run: Any, tmp_path: Path, changed: dict[str, str], path: str) -> None:
    override = tmp_path / path[1:]
    override.parent.mkdir(parents=True)
    override.touch()
    assert run(Scripted(shown(**changed)), GOOD) == ["daemon-reload", f"restart {UNIT}"]
    assert not override.exists()


def test_what_lay_in_wait_for_a_reload_is_removed_too(run: Any, tmp_path: Path) -> None:
    paths = [f"{place}/{UNIT}.d/a.conf" for place in ("/run/systemd/system", "/usr/lib/systemd/system")]
    for path in paths:
        (tmp_path / path[1:]).parent.mkdir(parents=True)
        (tmp_path / path[1:]).touch()

    class Waiting(Scripted):
        def daemon_reload(self) -> None:
            super().daemon_reload()
            there = [path for path in paths if (tmp_path / path[1:]).exists()]
            self.shown = shown(DropInPaths=" ".join(there))

    assert run(Waiting(shown(DropInPaths=paths[0])), GOOD) == ["daemon-reload", "daemon-reload", f"restart {UNIT}"]
    assert not any((tmp_path / path[1:]).exists() for path in paths)


def test_drop_ins_for_all_services_are_the_administrators(run: Any) -> None:
    assert run(Scripted(shown(DropInPaths="/etc/systemd/system/service.d/a.conf")), GOOD) == []


def test_one_that_shall_not_be_there_is_stopped_and_disabled(run: Any) -> None:
    told = run(Scripted(shown()), GOOD, present=False)
    assert told == [f"stop {WATCHDOG}.timer {WATCHDOG}.service {UNIT} {BINDING}", f"disable {WATCHDOG}.timer {UNIT}"]


def test_one_that_is_not_there_is_left_alone(run: Any) -> None:
    gone = {name: {"ActiveState": "inactive"} for name in shown()}
    assert run(Scripted(gone), {}, present=False) == []
