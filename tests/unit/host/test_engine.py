# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of an engine that is missing, too old, or not root's. The engine's SDK is played."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError


class SdkError(Exception):
    """An error of the SDK; *explanation* is what the engine said."""

    explanation = ""
    status_code = 500


class RefusedError(SdkError):
    """The engine answered with an error."""


class MissingError(RefusedError):
    """The engine did not find something."""


def played(monkeypatch: pytest.MonkeyPatch, version: str, info: dict[str, Any], fault: Exception | None = None) -> None:
    """Play an SDK whose engine has this *version* and *info*, or does not answer."""

    def client(**_arguments: Any) -> Any:
        if fault is not None:
            raise fault
        return SimpleNamespace(
            info=lambda: {**info, "ServerVersion": version}, version=lambda: {"Version": version, "Arch": "arm"}
        )

    monkeypatch.setattr(engine, "LACKING", "")
    monkeypatch.setattr(engine, "docker", SimpleNamespace(APIClient=client), raising=False)
    for name, kind in (("APIError", RefusedError), ("DockerException", SdkError), ("NotFound", RefusedError)):
        monkeypatch.setattr(engine, name, kind, raising=False)


def test_a_host_without_the_sdk_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LACKING", "No module named 'docker'")
    with pytest.raises(HostError) as said:
        Engine()
    assert "python3-docker" in said.value.remedy


@pytest.mark.parametrize("fault", [SdkError("connection refused"), FileNotFoundError("docker.sock")])
def test_an_engine_that_does_not_run_is_told_from_one_that_refuses(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    played(monkeypatch, "", {}, fault)
    with pytest.raises(HostError, match="did not answer") as said:
        Engine()
    assert "docker.service" in said.value.remedy


@pytest.mark.parametrize("version", ["19.03.13", "18.09.1~3-0~debian", "dev"])
def test_an_old_engine_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    played(monkeypatch, version, {})
    with pytest.raises(HostError, match=r"older than 20\.10"):
        Engine()


def test_a_rootless_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, "26.1.5+dfsg1", {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]})
    with pytest.raises(HostError, match="rootless"):
        Engine()


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "26.1.5+dfsg1", "29.0.0"])
def test_others_are_taken(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    played(monkeypatch, version, {"SecurityOptions": ["name=apparmor", "name=seccomp,profile=default"]})
    Engine()


def test_it_says_what_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, "26.1.5", {})
    assert Engine().architecture == "arm"


@pytest.mark.parametrize(("refused", "done"), [(True, ["rename"]), (False, ["rename", "stop", "rename"])])
def test_what_ends_again_and_again_is_stopped_to_be_renamed(
    monkeypatch: pytest.MonkeyPatch, refused: bool, done: list[str]
) -> None:
    played(monkeypatch, "26.1.5", {})
    monkeypatch.setattr(engine, "NotFound", MissingError)
    found, asked = Engine(), list[str]()

    def rename(_name: str, _new: str) -> None:
        asked.append("rename")
        if "stop" not in asked:
            raise RefusedError if refused else MissingError

    monkeypatch.setattr(found, "_api", SimpleNamespace(rename=rename, stop=lambda _name: asked.append("stop")))
    with contextlib.suppress(HostError):
        found.rename("librespot-den", "librespot-den-before")
    assert asked == done


@pytest.mark.parametrize("status", [404, 409])
def test_what_it_does_not_run_is_told_from_what_fails(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """In a container that is gone, has ended, or is paused."""
    played(monkeypatch, "26.1.5", {})
    found, error = Engine(), RefusedError()
    error.status_code = status

    def refuse(_name: str, _argv: list[str]) -> None:
        raise error

    monkeypatch.setattr(found._api, "exec_create", refuse, raising=False)
    assert found.run("librespot-kitchen", ["/usr/libexec/probe"]) == engine.NOT_RUN


@pytest.mark.parametrize(
    ("explanation", "remedy"),
    [
        ("driver failed: port is already allocated", "another port"),
        ("write /var/lib/docker/x: no space left on device", "Free space"),
        ("listen tcp 192.0.2.1:1: bind: cannot assign requested address", "lost the address"),
        ("Pool overlaps with other one on this address space", "docker network ls"),
        ("could not find an available, non-overlapping IPv4 address pool among the defaults", "daemon.json"),
        ("all predefined address pools have been fully subnetted", "daemon.json"),
        ("something else", "journalctl"),
    ],
)
def test_what_the_engine_refuses_has_a_next_step(
    monkeypatch: pytest.MonkeyPatch, explanation: str, remedy: str
) -> None:
    played(monkeypatch, "26.1.5", {})
    found = Engine()
    error = RefusedError()
    error.explanation = explanation

    def start(_name: str) -> None:
        raise error

    monkeypatch.setattr(found._api, "start", start, raising=False)
    with pytest.raises(HostError) as said:
        found.start("librespot-kitchen")
    assert explanation in said.value.message
    assert remedy in said.value.remedy
