# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""librespot's own player plays under the filter of system calls, and a new recording calls nothing beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.call_filter import FAMILIES, NEWER, called
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARCHIVE
from ansible_collections.hardened.librespot.plugins.module_utils.model.system_calls import RECORDED
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.harness import contained, pcm, program
from tests.harness.record import difference
from tests.harness.recorder import Recorder
from tools.lab.cache import Cache

MOST_OFF = 0.01
"""The part of its frequency by which a tone may be off."""


@pytest.fixture(scope="module")
def player() -> Path:
    return program.program()


@pytest.fixture(scope="module")
def sound() -> Path:
    return program.sound()


@pytest.fixture
def playing(running: Speaker, player: Path, sound: Path) -> Iterator[Speaker]:
    """Return the host with an image in which the player is."""
    contained.install(running.host, NAME, player, sound)
    yield running
    contained.remove(running.host)


def test_a_tone_comes_out_of_the_pipe_as_it_went_in(playing: Speaker) -> None:
    played = contained.play(playing.host, NAME, "pipe")
    assert played.status == 0, played.said
    frames = len(played.pcm) // pcm.FRAME
    found = pcm.frequencies(played.pcm, program.RATE)
    row = [str(frames), *(f"{tone:.1f}" for tone in found)]
    show(f"played under the filter on {playing.host.image}", ["samples", "left Hz", "right Hz"], [row])
    assert frames == program.SECONDS * program.RATE
    for tone, wanted in zip(found, program.TONES, strict=True):
        assert abs(tone - wanted) <= MOST_OFF * wanted


def test_it_plays_to_alsa(playing: Speaker) -> None:
    played = contained.play(playing.host, NAME, "alsa", "null")
    assert (played.status, played.pcm) == (0, b""), played.said


def test_a_device_that_is_missing_is_said_under_the_filter_as_without(playing: Speaker) -> None:
    ours = contained.play(playing.host, NAME, "alsa", "hw:9")
    theirs = contained.play(playing.host, NAME, "alsa", "hw:9", seccomp=["seccomp=unconfined"])
    assert (ours.status, theirs.status) == (1, 1)
    for played in (ours, theirs):
        assert "'snd_pcm_open' failed with error 'No such file or directory (2)'" in played.said, played.said


def test_a_new_recording_has_nothing_that_the_list_has_not(running: Speaker, player: Path, sound: Path) -> None:
    """What it has not may depend on the moment, and is only shown."""
    archive = _archive(program.cached(), running.inspect()["Image"])
    found = Recorder(running.host, archive, player, sound).record()
    lines = difference(found.calls, RECORDED)
    show(f"a recording on {running.host.image} beside the list", ["calls"], [[line] for line in lines or ["the same"]])
    gained = set().union(*found.calls.values()) - called() - set(NEWER)
    assert gained == set(), f"calls that are not in the list: {sorted(gained)}"
    assert found.families <= {*FAMILIES, "AF_NETLINK"}


def _archive(cache: Cache, image: str) -> Path:
    """Return the archive of an *image* that a run of the lab has made."""
    for path in cache.directory("container-images").glob("*/manifest.json"):
        if f'"{image}"' in path.read_text(encoding="utf-8"):
            return path.with_name(ARCHIVE)
    raise AssertionError(f"the lab's cache has no archive of {image}")
