# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers return to the image that was there before, and to no other unless it is named."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.layout import OF_IMAGES
from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.speaker import NAME, ROLLBACK, Speaker

OLD, NEW = "0.7.1", "0.8.0"
WITHIN_S = 30.0
OF_LATER: dict[str, Any] = {"options": {"name": "Kitchen", "local-file-dir": "/nowhere"}}
"""What librespot knows since 0.8.0 alone."""


def _version(speaker: Speaker) -> str:
    until(lambda: speaker.answers, 20, "it answers")
    answer = speaker.host.answer(PORT)
    return str(answer["libraryVersion"]) if answer else ""


def _image(speaker: Speaker) -> str:
    return f"sha256:{speaker.inspect()['Image'].removeprefix('sha256:')}"


def _active(speaker: Speaker) -> str:
    name = speaker.host.out("readlink", OF_IMAGES.current).strip()
    return f"sha256:{name.removesuffix('.json')}"


def _back(speaker: Speaker, *options: str, **more: Any) -> int:
    return speaker.converge(options=options, playbook=ROLLBACK, **more)


@pytest.fixture
def upgraded(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen of the new release, which had the old one before."""
    speaker.converge(librespot_version=OLD)
    assert _version(speaker) == OLD
    speaker.converge(librespot_version=NEW)
    assert _version(speaker) == NEW
    yield speaker
    speaker.converge(librespot_state="absent")


def test_it_returns_in_time_as_a_check_has_said(upgraded: Speaker) -> None:
    before, new = upgraded.host.snapshot(), _image(upgraded)
    foretold = _back(upgraded, "--check", "--diff")
    assert (upgraded.host.snapshot(), _version(upgraded)) == (before, NEW)
    began = time.monotonic()
    assert _back(upgraded) == foretold == 2  # the container, and which image is active
    took = time.monotonic() - began
    assert _version(upgraded) == OLD
    old = _image(upgraded)
    assert (_active(upgraded), upgraded.names) == (old, [NAME])
    show(f"rolled back on {upgraded.host.image}", ["s"], [[f"{took:.1f}"]])
    assert took < WITHIN_S
    # Who names it has it, however often; who does not goes back to where this one came from.
    assert _back(upgraded, librespot_container_rollback_id=old) == 0
    artifact = json.loads(upgraded.host.out("cat", OF_IMAGES.path(old.removeprefix("sha256:"))))["artifact"]
    assert _back(upgraded, librespot_container_rollback_id=artifact) == 0
    assert _version(upgraded) == OLD
    assert _back(upgraded) == 2
    assert (_version(upgraded), _image(upgraded)) == (NEW, new)


def test_a_run_that_was_killed_before_its_end_is_finished_by_the_next(upgraded: Speaker) -> None:
    """What runs is changed before it is said to be the active one: the next run does not go to where this came from."""
    new, link = _image(upgraded), upgraded.host.out("readlink", OF_IMAGES.current).strip()
    _back(upgraded)
    old = _image(upgraded)
    # As it was before the last task.
    upgraded.host.out("ln", "--symbolic", "--force", "--no-target-directory", link, OF_IMAGES.current)
    assert _active(upgraded) == new
    assert _back(upgraded) == 1
    assert (_active(upgraded), _image(upgraded)) == (old, old)


def test_one_that_does_not_know_an_option_is_refused_before_anything_is_changed(upgraded: Speaker) -> None:
    before, image = upgraded.host.snapshot(), _image(upgraded)
    done = upgraded.run(OF_LATER, playbook=ROLLBACK)
    assert done.status != 0
    assert "librespot_instances[0].options" in done.output.replace("\n", "")
    assert "needs librespot 0.8.0" in " ".join(done.output.split())
    assert (upgraded.host.snapshot(), _image(upgraded), done.recap(upgraded.host)["changed"]) == (before, image, 0)


def test_the_previous_image_stays_however_few_are_kept(upgraded: Speaker) -> None:
    upgraded.converge(librespot_container_keep=0)
    assert _back(upgraded, librespot_container_keep=0) == 2
    assert _version(upgraded) == OLD


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("", "This host has no previous image"),
        (f"sha256:{'0' * 64}", f"There is no image sha256:{'0' * 64} on this host"),
        ("0.1.0-x86_64-glibc2.36-000000000000", "There is no image 0.1.0-x86_64-glibc2.36-000000000000 on this host"),
    ],
)
def test_what_is_not_there_is_refused(running: Speaker, identifier: str, said: str) -> None:
    before, identity = running.host.snapshot(), running.identity
    done = running.run(playbook=ROLLBACK, librespot_container_rollback_id=identifier)
    assert done.status != 0
    assert said in " ".join(done.output.split())
    assert (running.host.snapshot(), running.identity) == (before, identity)


def test_one_whose_image_somebody_removed_is_refused(upgraded: Speaker) -> None:
    old = upgraded.host.out("readlink", f"{OF_IMAGES.before}/{_image(upgraded).removeprefix('sha256:')}").strip()
    upgraded.engine("image", "rm", "--force", old.rpartition("/")[2].removesuffix(".json"))
    done = upgraded.run(playbook=ROLLBACK)
    assert done.status != 0
    assert "is not on this host any more" in " ".join(done.output.split())
    assert _version(upgraded) == NEW
