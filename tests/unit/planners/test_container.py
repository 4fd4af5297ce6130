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
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.planners import contained, moved
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


@pytest.mark.parametrize(
    ("bindings", "mode", "environment", "there"),
    [
        (PUBLISHED, "librespot-den", (), True),
        ({"80/tcp": [{"HostIp": "::", "HostPort": str(PORT)}]}, "bridge", (), True),
        ({f"{PORT}/tcp": [{"HostIp": "", "HostPort": str(PORT)}]}, "bridge", (), True),
        ({f"{PORT}/tcp": [{"HostIp": "192.0.2.2", "HostPort": str(PORT)}]}, "bridge", (), False),
        ({f"{PORT}/tcp": [{"HostIp": "192.0.2.1", "HostPort": "37880"}]}, "bridge", (), False),
        ({f"{PORT}/tcp": None}, "bridge", (), False),
        (None, "host", (f"LIBRESPOT_ZEROCONF_PORT={PORT}",), True),
        (None, "host", (f"LIBRESPOT_ZEROCONF_PORT={PORT}0",), False),
        (None, "container:0", (f"LIBRESPOT_ZEROCONF_PORT={PORT}",), False),
    ],
)
def test_a_container_meets_another_at_its_port_where_it_is_published(
    bindings: dict[str, Any] | None, mode: str, environment: tuple[str, ...], there: bool
) -> None:
    found = {"HostConfig": {"PortBindings": bindings, "NetworkMode": mode}, "Config": {"Env": list(environment)}}
    assert contained.meets(found, PORT, ["192.0.2.1"]) is there
    assert contained.meets(found, PORT, []) is False


class Ports:
    """An engine that publishes a port once. The kitchen does not come up when it is *damaged*."""

    name, slices, filters_calls, confines = "docker", False, True, True

    def __init__(self, damaged: bool) -> None:
        self.damaged = damaged
        self.there: dict[str, dict[str, Any]] = {}

    def container(self, name: str) -> dict[str, Any] | None:
        return self.there.get(name)

    def containers(self, _label: str) -> list[dict[str, Any]]:
        return [
            {"Names": [f"/{name}"], "Ports": [{"PublicPort": int(port)} for port in _ports(there)]}
            for name, there in self.there.items()
            if there["State"]["Running"]
        ]

    def network(self, _name: str) -> dict[str, Any]:
        return {}

    def create(self, name: str, config: dict[str, Any]) -> None:
        self.there[name] = {"Config": config, "HostConfig": config["HostConfig"], "State": {"Running": False}}

    def start(self, name: str) -> None:
        mine = _ports(self.there[name])
        if any(there["State"]["Running"] and mine & _ports(there) for there in self.there.values()):
            raise HostError("port is already allocated", "Wait")
        self.there[name]["State"]["Running"] = True

    def stop(self, name: str) -> None:
        self.there[name]["State"]["Running"] = False

    def rename(self, name: str, new: str) -> None:
        self.there[new] = self.there.pop(name)

    def remove(self, name: str) -> None:
        self.there.pop(name, None)

    def run(self, name: str, _argv: object) -> int:
        return int(self.damaged and not name.endswith("-trial"))

    def log(self, _name: str) -> str:
        return "nothing works"


def _ports(there: dict[str, Any]) -> set[str]:
    return {item["HostPort"] for items in there["HostConfig"]["PortBindings"].values() for item in items}


def exchange(monkeypatch: pytest.MonkeyPatch, damaged: bool) -> tuple[Ports, ContainerPlanner]:
    """Return an engine with two containers, and what gives the kitchen the port of the den."""
    monkeypatch.setattr(contained, "PATIENCE", 0.1)
    monkeypatch.setattr(ContainerPlanner, "_refuse_damaged", lambda *_of: None)
    engine, place = Ports(damaged), Place(997, 996, "sha256:0", ("192.0.2.1",))
    for name, port in (("kitchen", PORT), ("den", PORT + 1)):
        (item,) = parse_specification("0.8.0", [{"name": name, "port": port}], {}, None, CONTAINER).present
        engine.create(f"librespot-{name}", container(item, place))
        engine.start(f"librespot-{name}")
    (item,) = parse_specification("0.8.0", [{"name": "kitchen", "port": PORT + 1}], {}, None, CONTAINER).present
    return engine, ContainerPlanner(cast(Engine, engine), Files(), item, lambda: place, behind=["den"])


def test_one_that_has_the_port_of_another_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, asked = exchange(monkeypatch, damaged=False)
    asked._replace()
    running = {name: there["State"]["Running"] for name, there in engine.there.items()}
    assert running == {"librespot-kitchen": True, "librespot-den": False}
    assert _ports(engine.there["librespot-kitchen"]) == {str(PORT + 1)}


def test_one_that_was_killed_on_its_way_back_to_a_port_of_another_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, asked = exchange(monkeypatch, damaged=False)
    asked._replace()
    (item,) = parse_specification("0.8.0", [{"name": "den", "port": PORT}], {}, None, CONTAINER).present
    place = Place(997, 996, "sha256:0", ("192.0.2.1",))
    den = ContainerPlanner(cast(Engine, engine), Files(), item, lambda: place, before=["kitchen"])
    # Its run was killed when the new one had been made, and not been started.
    engine.rename("librespot-den", "librespot-den-before")
    engine.create("librespot-den", container(item, place))
    monkeypatch.setattr(ContainerPlanner, "plan", lambda _self: Plan("den", {"state": "exited"}, {"state": "running"}))
    den._settled(Plan("den", {"of a run that was killed": "librespot-den-before"}, {}))
    assert set(engine.there) == {"librespot-kitchen", "librespot-den"}
    den._replace()
    assert all(there["State"]["Running"] for there in engine.there.values())
    assert _ports(engine.there["librespot-den"]) == {str(PORT)}


def test_who_has_another_port_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, asked = exchange(monkeypatch, damaged=False)
    engine.remove("librespot-den")
    looked: list[str] = []
    monkeypatch.setattr(engine, "container", looked.append)
    with asked._room():
        pass
    assert looked == []


def test_one_that_made_room_is_back_when_the_other_does_not_come_up(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, asked = exchange(monkeypatch, damaged=True)
    with pytest.raises(
        HostError, match=r"does not answer .* its last lines: nothing works\.[^;]*; what ran before goes on$"
    ):
        asked._replace()
    running = {name: there["State"]["Running"] for name, there in engine.there.items()}
    assert running == {"librespot-kitchen": True, "librespot-den": True}
    assert _ports(engine.there["librespot-kitchen"]) == {str(PORT)}


def test_one_that_the_engine_could_not_start_anew_fails_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said itself is about something else, or nothing."""
    engine, asked = exchange(monkeypatch, damaged=True)
    engine.there["librespot-kitchen"]["State"]["Error"] = "cannot assign\n requested address"
    with pytest.raises(HostError, match=r"start; the engine says: cannot assign requested address; its last lines: no"):
        asked._wait("librespot-kitchen")


def test_one_that_could_not_leave_its_port_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes next shall have it; a first container is not even made."""
    engine, _asked = exchange(monkeypatch, damaged=False)
    place = Place(997, 996, "sha256:0", ("192.0.2.1",))
    for name in ("study", "den"):
        (item,) = parse_specification("0.8.0", [{"name": name, "port": PORT}], {}, None, CONTAINER).present
        asked = ContainerPlanner(cast(Engine, engine), Files(), item, lambda: place, ["kitchen"])
        with pytest.raises(HostError, match=f"shall have port {PORT}, which is still that of librespot-k") as said:
            (asked._started if name == "study" else asked._replace)()
        assert "Mend what kept librespot-kitchen from its own port" in said.value.remedy
    running = {name: there["State"]["Running"] for name, there in engine.there.items()}
    assert running == {"librespot-kitchen": True, "librespot-den": True}


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


def test_one_that_is_stopped_holds_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a holder that cannot be seen the process is 0, as is that of a container without one."""
    there = {"librespot-kitchen": {"State": {"Pid": 0}, "HostConfig": {"PortBindings": PUBLISHED}}}
    monkeypatch.setattr(moved, "has_containers", lambda _files: True)
    monkeypatch.setattr(moved, "quadlets", lambda _files: set())
    monkeypatch.setattr(moved, "Engine", lambda: SimpleNamespace(container=there.get))
    host = cast(Host, SimpleNamespace(commands=None, files=None))
    assert moved.hold(host, ["kitchen"], PORT, 0, "an unknown program") is False
