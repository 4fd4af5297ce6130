# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers of ours under other names go; those of others stay, and are told before anything is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.hosts import until
from tests.containers.speaker import NAME, Speaker

OTHER_NAME, GUEST = "something", "guest"


def _networks(speaker: Speaker) -> list[str]:
    return speaker.engine("network", "ls", "--format", "{{.Name}}").split()


@pytest.fixture
def renamed(running: Speaker) -> Iterator[Speaker]:
    """Return the host, on which somebody has given the kitchen's container another name."""
    running.engine("rename", NAME, OTHER_NAME)
    yield running
    running.converge()


@pytest.fixture
def visited(running: Speaker) -> Iterator[Speaker]:
    """Return the host, on which somebody else's container is on the kitchen's network."""
    image = running.inspect()["Image"]
    running.engine("run", "--detach", "--name", GUEST, "--network", NAME, image, "--name", "Guest")
    yield running
    running.engine("rm", "--force", GUEST)
    running.converge()


def test_one_with_another_name_is_replaced_by_one_run(renamed: Speaker) -> None:
    foretold = renamed.converge(options=["--check"])
    assert renamed.names == [OTHER_NAME]
    assert renamed.converge() == foretold > 0
    assert renamed.names == [NAME]
    until(lambda: renamed.answers, 20, "it answers")
    assert renamed.converge() == 0


def test_one_with_another_name_is_removed_with_all_that_is_ours(renamed: Speaker) -> None:
    renamed.converge(librespot_state="absent")
    assert renamed.names == []
    assert NAME not in _networks(renamed)
    assert renamed.host.snapshot() == {}
    assert renamed.converge(librespot_state="absent") == 0


def test_who_else_is_on_its_network_is_told_before_anything_is_removed(visited: Speaker) -> None:
    before = visited.identity
    for options in (["--check"], []):
        done = visited.run(librespot_state="absent", options=options)
        assert done.status != 0
        said = done.output.replace("\n", " ")
        assert f"The network {NAME} goes, or is made anew, and others are on it: {GUEST}" in said
        assert f"{visited.ENGINE} network disconnect {NAME} {GUEST}" in said
        assert (visited.identity, visited.names) == (before, [GUEST, NAME])
        assert visited.answers
    visited.engine("network", "disconnect", NAME, GUEST)
    visited.converge(librespot_state="absent")
    assert visited.names == [GUEST]
    assert NAME not in _networks(visited)
