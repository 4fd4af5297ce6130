# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""librespot's own player plays to a sound card of the kernel's, in the container and in the unit's sandbox.

The kernel enforces AppArmor, and has to have refused nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apparmor.tried import ENFORCED, label, refusals
from tests.attacks.deployment import APPLY, KITCHEN, OURS, confined, specified
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.harness import contained, program
from tests.machine.machine import Machine, machine
from tests.support.plays import Controller, activate, built

IMAGE = "debian13-sound"
CARD = "hw:Dummy"
_STATUS = "/proc/asound/Dummy/pcm0p/sub0"
HEARING = {
    **KITCHEN,
    "options": {"name": "Kitchen", "backend": "alsa", "device": CARD},
    "relaxations": {"alsa": "the kernel's dummy card"},
    # One that is reached at the machine's own address, whatever zone asks.
    "bind": {"interface": "eth0"},
}
SOUNDS = "/srv/sounds"
PLAYER = "/opt/librespot/releases/played"
"""As if it were a release: an AppArmor profile lets nothing else be executed."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    """Return a machine with the kernel's dummy sound card, and what deploys to it."""
    directory = tmp_path_factory.mktemp("studio")
    with machine(IMAGE, directory) as host:
        host.shell("modprobe snd-dummy; test -d /proc/asound/Dummy")
        yield Speaker(host, Controller(host, directory))


# Looks on the machine itself: from afar, a look can take longer than the sound.
_WATCH = f"""
echo watching
for _look in $(seq 3000); do
  if grep -qs RUNNING {_STATUS}/status; then cat {_STATUS}/status {_STATUS}/hw_params; exit; fi
  sleep 0.05
done
"""


def _heard(host: Machine, play: Callable[[], object]) -> tuple[dict[str, str], float]:
    """Let *play* play; return what the card said meanwhile, and the seconds that it took."""
    watching = host.start("sh", "-c", _WATCH)
    assert watching.stdout is not None
    assert watching.stdout.readline() == "watching\n"
    begin = time.monotonic()
    play()
    took = time.monotonic() - begin
    said, _errors = watching.communicate(timeout=300)
    return {
        key.strip(): value.strip() for key, _colon, value in (line.partition(":") for line in said.splitlines())
    }, took


def _judge(how: str, found: dict[str, str], took: float) -> None:
    show(f"played to {CARD}, {how}", ["state", "rate", "channels", "s"], [
        [found.get("state", ""), found.get("rate", ""), found.get("channels", ""), f"{took:.1f}"]
    ])  # fmt: skip
    assert found.get("state") == "RUNNING", found
    assert (found["format"], found["channels"], found["rate"].split()[0]) == ("S16_LE", "2", str(program.RATE))
    # The card takes a sound in the time that it lasts.
    assert took >= program.SECONDS


def test_it_plays_in_the_sandbox_of_the_unit(studio: Speaker) -> None:
    host = studio.host
    assert isinstance(host, Machine)
    activate(studio.controller, built(studio.controller))
    sound = Path(program.sound())
    host.install(sound, f"{SOUNDS}/{sound.name}")
    relaxations = {**HEARING["relaxations"], "media": {"paths": [SOUNDS], "reason": "what is played"}}
    studio.controller.converge(APPLY, specified([{**HEARING, "relaxations": relaxations}]))
    host.install(program.program(), f"{PLAYER}/bin/librespot")
    command = f"{PLAYER}/bin/librespot {SOUNDS}/{sound.name} {program.URI} alsa {CARD}"
    assert label(host, host.process(OURS)) == ENFORCED
    since = host.now()
    try:
        found, took = _heard(host, lambda: confined(host, OURS, "attack-play.service", command, profiled=True))
        said = refusals(host, since)
    finally:
        host.run("rm", "-rf", PLAYER, SOUNDS)
        studio.controller.converge(APPLY, {"librespot_state": "absent"})
    _judge("in the unit's sandbox", found, took)
    assert said == []


def test_it_plays_in_the_container(studio: Speaker) -> None:
    host = studio.host
    assert isinstance(host, Machine)
    studio.converge(HEARING)
    contained.install(host, NAME, program.program(), program.sound())
    since = host.now()
    try:
        assert studio.status()["Seccomp"] == "2"
        assert label(host, studio.inspect()["State"]["Pid"]) == ENFORCED

        def play() -> None:
            played = contained.play(host, NAME, "alsa", CARD)
            assert played.status == 0, played.said

        found, took = _heard(host, play)
        said = refusals(host, since)
    finally:
        contained.remove(host)
        studio.converge(librespot_state="absent")
    _judge("in the container", found, took)
    assert said == []
