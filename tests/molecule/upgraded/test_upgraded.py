# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After another release was deployed."""

from __future__ import annotations

from ansible_collections.hardened.librespot.tests.molecule.speaker import RELEASES, Speaker


def test_the_new_release_runs_and_the_old_one_is_kept(speaker: Speaker) -> None:
    links = {name: speaker.host.check_output("readlink /opt/librespot/%s", name) for name in ("current", "previous")}
    assert links["current"] == f"releases/{speaker.release}"
    assert links["previous"] != links["current"]
    assert speaker.host.file(f"/opt/librespot/{links['previous']}/bin/librespot").is_file
    assert len(speaker.host.file(RELEASES).listdir()) == 2
