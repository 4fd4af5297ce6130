# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd and the engines say of what runs, told in one form."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.health.running import (
    Containers,
    Quadlets,
    Run,
    Services,
    digest,
)
from ansible_collections.hardened.librespot.plugins.module_utils.host.engines import AnyEngine
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance

KITCHEN = Instance("kitchen", "librespot_instances[0]")
SHOWN = {"ActiveState": "active", "SubState": "running", "MainPID": "0", "NRestarts": "0", "InvocationID": "a"}
LIVE: dict[str, Any] = {
    "Id": "c",
    "Image": "sha256:1",
    "RestartCount": 0,
    "State": {"Status": "running", "Pid": 7, "StartedAt": "then"},
    "Config": {"Labels": {"hardened.librespot.artifact": "an-artifact"}},
}


class Manager:
    """systemd, as *shown*."""

    def __init__(self, **shown: str) -> None:
        self.shown = {**SHOWN, **shown}
        self.asked = ""

    def show(self, unit: str, _properties: object) -> Mapping[str, str]:
        self.asked = unit
        return self.shown


class Engine:
    """An engine that has one container, or none."""

    def __init__(self, there: Mapping[str, Any] | None) -> None:
        self.there = there

    def container(self, _name: str) -> Mapping[str, Any] | None:
        return self.there


def service(**shown: str) -> Run:
    return Services(cast(Systemd, Manager(**shown))).run(KITCHEN)


def contained(there: Mapping[str, Any] | None) -> Run:
    return Containers(cast(AnyEngine, Engine(there))).run(KITCHEN)


def state(**changed: Any) -> Run:
    return contained({**LIVE, "State": {**LIVE["State"], **changed}})


def test_a_service_that_runs() -> None:
    found = service(MainPID=str(os.getpid()), NRestarts="3")
    assert (found.pid, found.counted, found.started, found.state) == (os.getpid(), 3, True, "active (running)")
    # The program of this test is of no release.
    assert (found.artifact, found.image) == ("", "")


@pytest.mark.parametrize(
    ("active", "started"), [("inactive", False), ("activating", True), ("failed", True), ("deactivating", True)]
)
def test_a_service_that_does_not(active: str, started: bool) -> None:
    found = service(ActiveState=active, MainPID="7")
    assert (found.pid, found.started) == (0, started)


@pytest.mark.parametrize(
    ("active", "sub", "job", "told"),
    [
        ("activating", "auto-restart", "", False),
        ("activating", "auto-restart-queued", "7", False),
        ("activating", "start", "7", True),
        ("deactivating", "stop-sigterm", "", True),
        ("inactive", "dead", "7", True),
        ("failed", "failed", "", False),
        ("inactive", "dead", "", False),
        ("active", "running", "", False),
    ],
)
def test_one_that_ends_by_itself_and_one_that_is_told_to(active: str, sub: str, job: str, told: bool) -> None:
    found = service(ActiveState=active, SubState=sub, Job=job)
    assert (found.told, found.started) == (told, active != "inactive" or bool(job))


@pytest.mark.parametrize("changed", [{"MainPID": "8"}, {"NRestarts": "1"}, {"InvocationID": "b"}])
def test_each_new_start_of_a_service_is_another_run(changed: dict[str, str]) -> None:
    assert service(**changed).identity != service().identity


def test_a_container_that_runs() -> None:
    found = contained(LIVE)
    assert (found.pid, found.state, found.started) == (7, "running", True)
    assert (found.image, found.artifact) == ("sha256:1", "an-artifact")


@pytest.mark.parametrize(
    ("status", "started"),
    [("created", False), ("exited", False), ("dead", False), ("paused", True), ("restarting", True)],
)
def test_a_container_that_does_not(status: str, started: bool) -> None:
    found = state(Status=status)
    assert (found.pid, found.state, found.started) == (0, status, started)


def test_no_container() -> None:
    assert contained(None) == Run(0, "there is no container")


@pytest.mark.parametrize(
    "changed", [{"Id": "d"}, {"RestartCount": 1}, {"State": {**LIVE["State"], "StartedAt": "now"}}]
)
def test_each_new_start_of_a_container_is_another_run(changed: dict[str, Any]) -> None:
    assert contained({**LIVE, **changed}).identity != contained(LIVE).identity


@pytest.mark.parametrize(("active", "started"), [("activating", True), ("inactive", False)])
def test_between_two_containers_of_podman_its_service_tells(active: str, started: bool) -> None:
    manager = Manager(ActiveState=active, NRestarts="5")
    found = Quadlets(cast(AnyEngine, Engine(None)), cast(Systemd, manager)).run(KITCHEN)
    assert (found.pid, found.started, found.counted) == (0, started, 5)
    assert manager.asked == "librespot-kitchen.service"


def test_the_digest_of_a_program_is_that_of_its_file() -> None:
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process, open("/bin/cat", "rb") as program:
        try:
            assert digest(Run(process.pid, "")) == hashlib.sha256(program.read()).hexdigest()
        finally:
            process.communicate()
    with pytest.raises(OSError, match="No such file"):
        digest(Run(process.pid, ""))
