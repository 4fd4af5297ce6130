# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After one instance was changed, one removed and one added."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

from ansible_collections.hardened.librespot.tests.molecule.conftest import listing
from ansible_collections.hardened.librespot.tests.molecule.speaker import Speaker


def test_the_changed_instance_runs_with_its_new_options(host: Host) -> None:
    kitchen = Speaker(host, {"name": "kitchen"})
    answer = kitchen.ask()
    assert answer is not None
    assert answer["remoteName"] == "Kitchen and more"
    assert kitchen.environment()["LIBRESPOT_BITRATE"] == "320"


def test_the_added_instance_answers(host: Host) -> None:
    office = Speaker(host, {"name": "office", "port": 37881})
    answer = office.ask()
    assert answer is not None
    assert answer["remoteName"] == "office"


def test_nothing_is_left_of_the_removed_instance(host: Host) -> None:
    assert [line for line in listing(host).splitlines() if "bath" in line] == []
    assert host.run("getent passwd librespot-bath").failed
    assert Speaker(host, {"name": "bath", "port": 37880}).ask() is None


def test_the_same_change_again_changed_nothing(runs: list[dict[str, Any]]) -> None:
    first, second = (run for run in runs if run["playbook"] == "change.yml")
    assert first["changed"]
    assert second["hosts"]
    assert second["changed"] == []
