# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Quadlet goes back to, and what is said when there is nothing; and which commands are the same."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.planners.quadlet import QuadletPlanner, arranged


class Broken:
    """A systemd that starts nothing, and an engine that says why each time."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def restart(self, units: list[str]) -> None:
        self.tried += units
        raise HostError(f"systemd could not restart {units[0]}", "Read the journal")

    def stop(self, units: list[str]) -> None:
        self.tried.append(f"not {units[0]}")

    def log(self, _name: str) -> str:
        return f"the reason, try {len(self.tried)}"


class Written:
    """The file of a Quadlet."""

    def __init__(self, text: str) -> None:
        self.text = text

    def write(self, text: str) -> None:
        self.text = text

    def remove(self) -> None:
        self.text = ""


def applied(before: str, after: str) -> tuple[str, list[str], str]:
    """Return the text that stays, what systemd was asked for, and the error, of a change that cannot start."""
    (item,) = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER).present
    host = Broken()
    planner = QuadletPlanner(
        Commands(), cast(Systemd, host), Files(), cast(Podman, host), item, lambda: Place(1, 1, "sha256:0")
    )
    file: Any = Written(before)
    planner._file = file
    with pytest.raises(HostError) as failed:
        planner.apply(Plan("container", {}, {"file": after}))
    return file.text, host.tried, failed.value.message


def test_the_first_reason_is_told_when_what_was_before_does_not_start_either() -> None:
    text, tried, said = applied("old", "new")
    assert (text, tried) == ("old", ["librespot-kitchen.service"] * 2)
    assert "the reason, try 1" in said
    assert "what was there before does not start any more" in said


def test_the_same_text_is_not_tried_twice() -> None:
    text, tried, said = applied("same", "same")
    assert (text, tried) == ("same", ["librespot-kitchen.service"])
    assert "the reason, try 1" in said


def test_a_first_one_leaves_nothing() -> None:
    text, tried, _said = applied("", "new")
    assert (text, tried) == ("", ["librespot-kitchen.service", "not librespot-kitchen.service"])


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (["run", "--rm", "--env", "A=1", "--memory=1", "--pull", "never", "id"], True),
        (["run", "--pull", "never", "--memory=1", "--rm", "--env", "A=1", "id"], True),
        (["run", "--pull", "A=1", "--memory=1", "--rm", "--env", "never", "id"], False),
        (["run", "--pull", "never", "--memory=1", "--rm", "--env", "A=1", "--privileged", "id"], False),
    ],
)
def test_the_order_of_options_is_none_of_a_command(other: list[str], same: bool) -> None:
    command = ["run", "--rm", "--env", "A=1", "--memory=1", "--pull", "never", "id"]
    assert (arranged(other) == arranged(command)) is same
