# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health of a container, as either engine tells it."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners import contained
from ansible_collections.hardened.librespot.plugins.module_utils.planners.contained import (
    LOOKED_S,
    STATE,
    ContainedPlanner,
    wrong_health,
)


def _ago(seconds: float) -> list[dict[str, str]]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - seconds))
    return [{"End": "2001-01-01T00:00:00Z"}, {"End": f"{moment}.123456789Z"}]


@pytest.mark.parametrize(
    ("health", "wrong"),
    [
        ({"Status": "healthy", "Log": _ago(10)}, ""),
        ({"Status": "starting", "Log": []}, ""),
        ({"Status": "unhealthy", "Log": _ago(10)}, "its health is unhealthy"),
        ({"Status": "healthy", "Log": _ago(LOOKED_S + 5)}, "nothing has looked"),
        ({"Status": "healthy", "Log": None}, "nothing has looked"),
        (None, "its health is none"),
    ],
)
def test_a_last_word_that_is_old_is_none(health: dict[str, Any] | None, wrong: str) -> None:
    there = {"State": {"Health": health}}
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER)
    found = wrong_health(there, spec.present[0])
    assert bool(found) == bool(wrong)
    assert all(item.startswith(wrong) for item in found)


def _silent() -> Instance:
    written = [{"name": "kitchen", "bind": {"discovery": False}}]
    login = '{"username": "a", "auth_type": 1, "auth_data": "YQ=="}'
    (silent,) = parse_specification("0.8.0", written, {"kitchen": login}, None, CONTAINER).present
    return silent


def test_what_cannot_be_asked_has_no_health() -> None:
    silent = _silent()
    assert wrong_health({"State": {"Health": {"Status": ""}}}, silent) == []


def _nowhere() -> Place:
    return Place(997, 996, "sha256:0")


@pytest.mark.parametrize(
    ("status", "running", "state"),
    [
        ("running", True, "running"),
        ("paused", True, "paused"),
        ("paused", False, "paused"),
        ("exited", False, "exited"),
    ],
)
def test_a_paused_one_does_not_run_although_its_process_is_there(
    monkeypatch: pytest.MonkeyPatch, status: str, running: bool, state: str
) -> None:
    """Docker counts it among those that run, Podman does not."""
    monkeypatch.setattr(contained, "process", lambda pid: SimpleNamespace(pid=pid))
    for name in ("_process", "_root", "_login"):
        monkeypatch.setattr(ContainedPlanner, name, lambda *_of: "")
    there = {"State": {"Status": status, "Running": running, "Pid": 4711}, "Image": "sha256:0"}
    planner: ContainedPlanner[Engine] = ContainedPlanner(cast(Engine, None), Files(), _silent(), _nowhere)
    assert planner._live(there)[STATE] == state
