# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After playbooks/rollback.yml."""

from __future__ import annotations

from typing import Any

from ansible_collections.hardened.librespot.tests.molecule.speaker import Speaker


def changed(run: dict[str, Any]) -> list[str]:
    """Return the tasks of a run that changed something."""
    return [task for _host, task, _items in run["changed"]]


def test_the_old_release_runs_again(speaker: Speaker) -> None:
    assert speaker.host.check_output("readlink /opt/librespot/current") == f"releases/{speaker.release}"
    active, before = (
        speaker.host.check_output("cat /opt/librespot/%s/manifest.json", link)
        for link in ("current", f"before/{speaker.release}")
    )
    assert '"method": "crate"' in active
    assert '"method": "artifact"' in before


def test_the_roll_back_changed_the_link_and_restarted(runs: list[dict[str, Any]]) -> None:
    done = [run for run in runs if run["playbook"] == "rollback.yml"]
    assert [len(run["hosts"]) for run in done] == [1]
    assert len(changed(done[0])) == 2
