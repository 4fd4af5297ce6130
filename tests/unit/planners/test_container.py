# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container is refused for before anything changes, and whose the port of one is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners import moved
from ansible_collections.hardened.librespot.plugins.module_utils.planners.container import ContainerPlanner
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.container import container

PORT = 37879
PUBLISHED = {f"{PORT}/tcp": [{"HostIp": "192.0.2.1", "HostPort": str(PORT)}]}


def planner(profile: str, confines: bool) -> ContainerPlanner:
    (item,) = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER).present
    engine = SimpleNamespace(confines=confines, container=lambda _name: None)
    place = Place(997, 996, "sha256:0", profile=profile)
    return ContainerPlanner(cast(Engine, engine), Files(), item, lambda: place)


def test_an_engine_that_would_leave_out_the_profile_is_refused() -> None:
    asked = planner("librespot-kitchen", confines=False)
    with pytest.raises(HostError, match="did not find that when it was started"):
        asked.refuse(asked.plan())


@pytest.mark.parametrize(("profile", "confines"), [("librespot-kitchen", True), ("", False)])
def test_one_that_puts_it_in_force_and_one_that_has_none_to_put_are_taken(profile: str, confines: bool) -> None:
    asked = planner(profile, confines)
    asked.refuse(asked.plan())


def test_what_can_be_open_and_what_is_in_the_image_are_told_apart() -> None:
    """The one hid the other, so that another limit was never taken up."""
    (item,) = parse_specification("0.8.0", [{"name": "kitchen", "limits": {"files": 300}}], {}, None, CONTAINER).present
    place = Place(997, 996, "sha256:0")
    asked = ContainerPlanner(cast(Engine, None), Files(), item, lambda: place)
    nofile = container(item, place)["HostConfig"]["Ulimits"][1]
    assert nofile["Soft"] == 300
    assert '"Soft": 300' in asked.wanted()["files"]


@pytest.mark.parametrize(("engine", "proxy"), [("Engine", "docker-proxy"), ("Podman", "conmon")])
@pytest.mark.parametrize(
    ("pid", "program", "bindings", "mine"),
    [
        (4711, "librespot", {}, True),
        (4712, "librespot", {}, False),
        (4712, "proxy", PUBLISHED, True),
        (4712, "proxy", {}, False),
        (4712, "nginx", PUBLISHED, False),
    ],
)
def test_a_port_is_held_by_the_container_or_by_what_publishes_it(
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    proxy: str,
    pid: int,
    program: str,
    bindings: dict[str, Any],
    mine: bool,
) -> None:
    there = {"librespot-kitchen": {"State": {"Pid": 4711}, "HostConfig": {"PortBindings": bindings}}}
    monkeypatch.setattr(moved, "has_containers", lambda _files: engine == "Engine")
    monkeypatch.setattr(moved, "quadlets", lambda _files: {"kitchen"} if engine == "Podman" else set())
    monkeypatch.setattr(moved, engine, lambda *_of: SimpleNamespace(container=there.get))
    host, held = cast(Host, SimpleNamespace(commands=None, files=None)), proxy if program == "proxy" else program
    assert moved.hold(host, ["old", "kitchen"], PORT, pid, held) is mine
    assert moved.hold(host, ["old"], PORT, pid, held) is False
