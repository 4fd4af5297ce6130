# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After another release was deployed."""

from __future__ import annotations

from ansible_collections.hardened.librespot.tests.molecule.speaker import RELEASES, Speaker


def test_the_new_release_runs_and_the_old_one_is_kept(speaker: Speaker) -> None:
    assert speaker.host.check_output("readlink /opt/librespot/current") == f"releases/{speaker.release}"
    before = speaker.host.check_output("readlink --canonicalize /opt/librespot/before/%s", speaker.release)
    assert before.startswith(RELEASES)
    assert before != f"{RELEASES}{speaker.release}"
    assert speaker.host.file(f"{before}/bin/librespot").is_file
    assert len(speaker.host.file(RELEASES).listdir()) == 2
