# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation says to write for Podman, as it is written there."""

from __future__ import annotations

import json

from tests.attacks.deployment import PORT
from tests.podman.quadlet import SERVICE, Quadlet
from tests.support.documentation import play


def test_it_runs_a_speaker_and_a_second_run_changes_nothing(speaker: Quadlet) -> None:
    path = speaker.controller.directory / "example.yml"
    path.write_text(json.dumps([play("docs/containers.md", "podman")]), encoding="utf-8")
    speaker.controller.converge(path, {})
    assert speaker.host.show(SERVICE, "ActiveState", "SourcePath")["ActiveState"] == "active"
    answer = speaker.host.answer(PORT)
    assert answer is not None
    assert answer["remoteName"] == "Kitchen"
    assert speaker.controller.converge(path, {}).recap(speaker.host)["changed"] == 0
