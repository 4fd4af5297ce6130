# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance that moves from a container into a service, and back: one run each, foretold by a check."""

from __future__ import annotations

import json

import pytest

from tests.attacks.deployment import OURS
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.containers.test_lifecycle import heard

# The new one starts when the old one has ended.
GAP_S = 30.0
LOGIN = json.dumps({"login": "c2VjcmV0"})


def _runs(speaker: Speaker) -> tuple[bool, bool]:
    """Whether the kitchen runs in a container, and as a service."""
    service = speaker.host.show(OURS, "ActiveState", "FragmentPath")
    # A Quadlet's service has the same name, and no file there.
    is_one = service == {"ActiveState": "active", "FragmentPath": f"/etc/systemd/system/{OURS}"}
    return NAME in speaker.names, is_one


@pytest.mark.parametrize(("deployment", "runs"), [("systemd", (False, True)), ("container", (True, False))])
def test_it_moves_in_one_run(speaker: Speaker, deployment: str, runs: tuple[bool, bool]) -> None:
    other = {"systemd": "container", "container": "systemd"}[deployment]
    given = {"kitchen": LOGIN}
    speaker.converge(librespot_deployment=other, librespot_credentials=given)
    assert _runs(speaker) == (not runs[0], not runs[1])
    before = speaker.host.snapshot()
    foretold = speaker.converge(librespot_deployment=deployment, librespot_credentials=given, options=["--check"])
    assert speaker.host.snapshot() == before
    with heard(speaker.host) as gaps:
        assert speaker.converge(librespot_deployment=deployment, librespot_credentials=given) == foretold
        until(lambda: speaker.answers, 20, "it answers")
    assert _runs(speaker) == runs
    show(f"to {deployment} on {speaker.host.image}", ["s without an answer"], [[f"{gaps[0]:.1f}"]])
    assert gaps[0] < GAP_S
    assert speaker.converge(librespot_deployment=deployment, librespot_credentials=given) == 0


def test_removing_all_services_leaves_containers_alone(running: Speaker) -> None:
    """Their users, logins, and the programs of their firewall and of their timer."""
    given = {"kitchen": LOGIN}
    running.converge(librespot_credentials=given)
    before = running.host.snapshot()
    absent = [{f"hardened.librespot.{name}": {"state": "absent"}} for name in ("unit", "settings")]
    done = running.controller.converge(running.controller.playbook(*absent), {})
    assert done.recap(running.host)["changed"] == 0
    assert running.host.snapshot() == before
    assert running.converge(librespot_credentials=given) == 0


def test_the_table_stays_while_there_are_containers(running: Speaker) -> None:
    before = running.host.snapshot()
    gone = running.controller.playbook({"hardened.librespot.firewall": {"state": "absent"}})
    done = running.controller.run(gone, {})
    assert done.status != 0
    assert "Without the table everyone reaches kitchen" in done.output
    assert running.host.snapshot() == before


def test_removal_removes_what_an_earlier_deployment_left(speaker: Speaker) -> None:
    """Images of ours, after a move into a service."""
    speaker.converge(librespot_deployment="systemd")
    speaker.converge(librespot_deployment="systemd", librespot_state="absent")
    assert speaker.names == []
    images = speaker.engine("images", "--quiet", "--filter", "label=hardened.librespot.artifact")
    assert images == ""
    assert speaker.host.run("test", "-e", "/opt/librespot").returncode != 0
    assert speaker.converge(librespot_deployment="systemd", librespot_state="absent") == 0
