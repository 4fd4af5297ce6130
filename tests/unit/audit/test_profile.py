# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-02 and CON-07 of AppArmor: the live process and its mode, and what is said where the kernel enforces none."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import contained, privileges
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from tests.unit.modules.machine import FACTS

RIGHT = "librespot-kitchen (enforce)"
OTHERS = ("librespot-kitchen (complain)", "librespot-bedroom (enforce)", "docker-default (enforce)", "unconfined", "")
SEGMENT = {"parent": "eth0", "vlan": 20, "dhcp": True}


class Containers:
    """An engine whose containers all run, by their process ids."""

    def __init__(self, **pids: int) -> None:
        self._pids = {name.replace("_", "-"): pid for name, pid in pids.items()}

    def container(self, name: str) -> dict[str, Any] | None:
        return (
            {"State": {"Status": "running", "Running": True, "Pid": self._pids[name]}} if name in self._pids else None
        )


def process(label: str, pid: int = 4711) -> Process:
    return Process(pid, "", {}, {}, {}, "", {}, (), (), label)


def context(deployment: str, enforcing: bool, running: list[Process], **written: Any) -> Context:
    spec = parse_specification("0.8.0", [{"name": "kitchen", **written}], {}, None, deployment)
    host = Host()
    host.__dict__["facts"] = replace(FACTS, apparmor=enforcing)
    return Context(host, spec, [], live=False, running=lambda _instance: running)


def service(enforcing: bool, *labels: str) -> Finding:
    seen = context(SYSTEMD, enforcing, [process(label) for label in labels])
    (found,) = [item for item in privileges.look(seen) if item.check == "profile"]
    return found


def container(
    monkeypatch: pytest.MonkeyPatch,
    enforcing: bool,
    label: str,
    held: str | None = None,
    loaded: str = "enforce",
    **written: Any,
) -> Finding:
    labels = {1: label, 2: held or ""}
    monkeypatch.setattr(contained, "process", lambda pid: process(labels[pid], pid))
    monkeypatch.setattr(contained, "AppArmor", lambda _commands: SimpleNamespace(mode=lambda _name: loaded))
    engine = Containers(librespot_kitchen=1, **({} if held is None else {"librespot_kitchen_segment": 2}))
    seen = context(CONTAINER, enforcing, [], **written)
    (found,) = [item for item in contained.look(cast(Engine, engine), seen) if item.id == "CON-07"]
    return found


@pytest.mark.parametrize(("label", "status"), [(RIGHT, PASSED), *((label, FAILED) for label in OTHERS)])
def test_the_live_process_is_judged_where_the_kernel_enforces(
    monkeypatch: pytest.MonkeyPatch, label: str, status: str
) -> None:
    for found in (service(True, label), container(monkeypatch, True, label)):
        assert found.status == status
        assert status == PASSED or (label or "unconfined") in found.observed
        assert found.evidence.endswith("/attr/apparmor/current")


@pytest.mark.parametrize(("loaded", "status"), [("enforce", PASSED), ("complain", FAILED), ("", FAILED)])
def test_beside_another_one_ours_counts_in_the_mode_that_the_kernel_has_it_in(
    monkeypatch: pytest.MonkeyPatch, loaded: str, status: str
) -> None:
    found = container(monkeypatch, True, "crun//&librespot-kitchen (mixed)", loaded=loaded)
    assert found.status == status


def test_one_process_of_a_unit_without_it_is_one_too_many() -> None:
    assert service(True, RIGHT, "unconfined").status == FAILED


@pytest.mark.parametrize("label", ["", "unconfined", RIGHT])
def test_where_the_kernel_enforces_none_nothing_passes(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    for found in (service(False, label), container(monkeypatch, False, label)):
        assert (found.status, found.observed) == (NOT_ENFORCED, "the kernel does not enforce AppArmor")
        assert "apparmor=1" in found.remedy


@pytest.mark.parametrize("enforcing", [True, False])
def test_what_does_not_run_is_red_everywhere(enforcing: bool) -> None:
    assert service(enforcing).status == FAILED


@pytest.mark.parametrize(("held", "status"), [(RIGHT, PASSED), *((label, FAILED) for label in OTHERS)])
def test_the_holder_of_a_segment_is_judged_too(monkeypatch: pytest.MonkeyPatch, held: str, status: str) -> None:
    found = container(monkeypatch, True, RIGHT, held, segment=SEGMENT)
    assert found.status == status
    assert status == PASSED or found.observed.startswith("librespot-kitchen-segment runs under the AppArmor profile")
