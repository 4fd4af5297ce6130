# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed leaves the old container or the new one, and the next run completes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.containers.speaker import NAME, SITE, Speaker
from tests.kill.test_kill import killed_once
from tests.kill.world import PORT, Shot, Version, World

SILENT_S = 90.0
"""The longest silence: that of a run that was killed between the stop of the old and the start of the new, until the
next one has come as far."""


def _version(engine: str, name: str, memory: str, login: str) -> Version:
    kitchen: dict[str, Any] = {
        "name": "kitchen",
        "port": PORT,
        # Who listens meanwhile does so on the host itself.
        "bind": {"loopback": True},
        "options": {"name": name},
        "limits": {"memory": memory},
    }
    return Version(
        {
            "librespot_deployment": "container",
            "librespot_container_engine": engine,
            "librespot_instances": [kitchen],
            "librespot_credentials": {"kitchen": json.dumps({"login": login})},
        }
    )


@pytest.fixture(scope="module")
def world(speaker: Speaker) -> Iterator[World]:
    """Return the host, which has been at both versions: another name, limit and login."""
    first = _version(speaker.ENGINE, "Kitchen", "128M", "one")
    second = _version(speaker.ENGINE, "Cook", "160M", "two")
    made = World(speaker.host, speaker.controller, (first, second), SITE)
    made.learn()
    yield made
    speaker.converge(librespot_state="absent")


def test_killed_run(speaker: Speaker, world: World, shot: Shot, report: list[str]) -> None:
    killed_once(world, shot, report, SILENT_S)
    assert speaker.names == [NAME]
