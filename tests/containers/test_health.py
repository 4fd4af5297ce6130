# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers are healthy as deployed, and each way not to be has its word, shown by a program that does it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attacks.deployment import KITCHEN, PORT, ZONES
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.mutation import made_with
from tests.containers.speaker import NAME, Speaker
from tests.support.health import Health, health
from tests.support.images import loaded
from tests.support.impostors import impostor

ENDS_S = 30


def _health(speaker: Speaker, **asked: Any) -> Health:
    return health(speaker.controller, [KITCHEN], zones=ZONES, deployment="container", engine=speaker.ENGINE, **asked)


def test_the_real_one_is_healthy_and_nothing_is_changed(running: Speaker) -> None:
    before, identity, image = running.host.snapshot(), running.identity, running.inspect()["Image"]
    said = _health(running, soak=5, image=f"sha256:{image.removeprefix('sha256:')}")
    found = said.of("kitchen")
    assert (found["reason"], found["version"], found["restarts"]) == ("healthy", "0.8.0", 0)
    assert found["image"].endswith(image)
    assert found["answered"] >= 5
    assert found["release"].startswith("0.8.0-")
    assert (running.host.snapshot(), running.identity) == (before, identity)
    show(f"health of a container on {running.host.image}", ["worst ms"], [[str(found["latency"])]])


def test_one_that_is_stopped(running: Speaker) -> None:
    running.host.out("systemctl", "stop", "hardened-librespot-containers.timer")
    running.halt(NAME)
    said = _health(running, timeout=2)
    assert said.reasons == {"kitchen": "stopped"}
    assert said.task["failed"]


def test_one_that_hangs(running: Speaker) -> None:
    running.host.out("systemctl", "stop", "hardened-librespot-containers.timer")
    running.host.out("kill", "-STOP", str(running.inspect()["State"]["Pid"]))
    try:
        assert _health(running, timeout=0).reasons == {"kitchen": "silent"}
    finally:
        running.host.out("kill", "-CONT", str(running.inspect()["State"]["Pid"]))


def test_one_that_nobody_reaches(running: Speaker) -> None:
    """It answers its own health check: only who asks where a client would sees it."""
    running.host.out("ip", "link", "set", "lsp-kitchen", "down")
    try:
        assert _health(running, timeout=0).reasons == {"kitchen": "silent"}
    finally:
        running.host.out("ip", "link", "set", "lsp-kitchen", "up")


def test_one_that_somebody_restarts_meanwhile(running: Speaker) -> None:
    # However long it takes until it is looked at.
    again = f"(while sleep 12; do {running.ENGINE} restart {NAME}; done) & cat; kill $!"
    with running.host.start("sh", "-c", again):
        said = _health(running, soak=60)
    assert said.task["reasons"] == {"kitchen": "restarts"}


@pytest.mark.parametrize("asked", [{"image": f"sha256:{'1' * 64}"}, {"release": "0.8.0-x86_64-glibc2.36-111111111111"}])
def test_another_one_than_is_wanted(running: Speaker, asked: dict[str, str]) -> None:
    assert _health(running, **asked).reasons == {"kitchen": "binary"}


@pytest.mark.parametrize(
    ("manner", "answers", "reason"),
    [
        ("exits", "", "exits"),
        ("silent", "", "silent"),
        ("late", "", "late"),
        ("garbage", "", "garbage"),
        ("well", "0.7.9", "version"),
        ("well", "", "healthy"),
    ],
)
def test_each_way_has_its_word(running: Speaker, manner: str, answers: str, reason: str) -> None:
    """The collection's own run refuses most of them, so somebody puts them there by hand."""
    artifact = impostor(running.controller, manner, answers=answers)
    image = loaded(running.controller, artifact, running.ENGINE)
    running.host.out("systemctl", "stop", "hardened-librespot-containers.timer")
    label = f'found["Config"]["Labels"]["hardened.librespot.artifact"] = "{artifact["id"]}"'
    running.host.shell(made_with(f'found["Config"]["Image"] = "{image}"\n{label}'))
    if reason == "exits":
        until(lambda: running.inspect()["RestartCount"] > 1, ENDS_S, "the engine has started it anew")
    said = _health(running, timeout=4, release=artifact["id"], image=image)
    assert said.reasons == {"kitchen": reason}
    assert said.of("kitchen")["image"] == image


@pytest.mark.parametrize(("manner", "reason"), [("dies", "restarts"), ("later", "late")])
def test_what_comes_later(running: Speaker, manner: str, reason: str) -> None:
    """The run that brings it there finds nothing wrong with it."""
    artifact = impostor(running.controller, manner)
    running.converge(**artifact["variables"])
    assert running.host.answer(PORT) is not None
    assert _health(running, soak=40).task["reasons"] == {"kitchen": reason}
