# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-05: whoever is on the network of a container is named, with what takes it off, since a run does not."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import contained
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import FAILED, PASSED, Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

NAME = "librespot-kitchen"
OFF = f"docker network disconnect --force {NAME} guest"
WHOSE = "ind out whose process 4712 is (cat /proc/4712/cgroup), and remove that container: docker rm --force CONTAINER"


class OnNetwork:
    """An engine with the kitchen on its network, and with *others*; *apart* says whether they reach each other."""

    name, apart = Engine.name, Engine.apart

    def __init__(self, others: tuple[str, ...], apart: str = "false") -> None:
        self._others = others
        self._option = apart

    def container(self, _name: str) -> dict[str, Any]:
        return {
            "State": {"Status": "running", "Running": True, "Pid": 4711},
            "NetworkSettings": {"Networks": {NAME: {}}},
        }

    def on_network(self, _name: str) -> list[str]:
        return [NAME, *self._others]

    def network(self, _name: str) -> dict[str, Any]:
        return {
            "Options": {self.apart[0]: self._option},
            "Labels": {"hardened.librespot.instance": "kitchen"},
        }


def _process(pid: int) -> Process:
    return Process(pid, "/bin/sh", {}, {}, {}, "", {"net": "net:[1]", "pid": f"pid:[{pid}]"}, (), ())


def _looked(monkeypatch: pytest.MonkeyPatch, engine: OnNetwork, guests: tuple[int, ...] = ()) -> Finding:
    monkeypatch.setattr(contained, "process", _process)
    monkeypatch.setattr(contained, "inhabitants", lambda _inode: [4711, *guests])
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER)
    found = contained.look(cast(Engine, engine), Context(Host(), spec, [], live=False))
    (network,) = [item for item in found if item.id == "CON-05"]
    return network


@pytest.mark.parametrize(
    ("others", "guests", "remedy"),
    [
        (("guest",), (), f"Take it off: {OFF}"),
        ((), (4712,), f"F{WHOSE}"),
        (("guest",), (4712,), f"Take it off: {OFF}; f{WHOSE}"),
    ],
    ids=["on its network", "in its own", "both"],
)
def test_guests_are_named_with_what_takes_them_off(
    monkeypatch: pytest.MonkeyPatch, others: tuple[str, ...], guests: tuple[int, ...], remedy: str
) -> None:
    found = _looked(monkeypatch, OnNetwork(others), guests)
    assert (found.status, found.remedy) == (FAILED, remedy)


def test_what_else_is_wrong_a_run_mends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _looked(monkeypatch, OnNetwork(("guest",), "true")).remedy == (
        f"Take it off: {OFF}; then run hardened.librespot.site against this host"
    )
    alone = _looked(monkeypatch, OnNetwork((), "true"))
    assert (alone.status, alone.remedy) == (FAILED, CONTROLS["CON-05"].remedy)


def test_alone_there_is_nobody_to_take_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _looked(monkeypatch, OnNetwork(())).status == PASSED
