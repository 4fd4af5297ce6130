# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook of a user's own, as the documentation has it, does what the collection's own does."""

from __future__ import annotations

import json

from tests.attacks.deployment import KITCHEN, ZONES
from tests.containers.speaker import Speaker
from tests.support.documentation import play

VARIABLES = {"librespot_instances": [KITCHEN], "librespot_zones": ZONES}
OWN = play("docs/containers.md", "Librespot in containers\n")


def test_it_finds_all_done_after_a_run_of_the_site(running: Speaker) -> None:
    path = running.controller.directory / "own.yml"
    path.write_text(json.dumps([OWN]), encoding="utf-8")
    before = running.identity
    done = running.controller.converge(path, VARIABLES)
    assert done.recap(running.host)["changed"] == 0
    assert running.identity == before


def test_without_what_is_built_it_says_what_to_do(running: Speaker) -> None:
    path = running.controller.directory / "unbuilt.yml"
    path.write_text(json.dumps([{**OWN, "tasks": OWN["tasks"][1:]}]), encoding="utf-8")
    done = running.controller.run(path, VARIABLES)
    assert done.status
    assert "Set librespot_container_artifact, or run librespot_install in the same play" in done.output
