# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted below a path: a removal would empty it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import files, mounts
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError


def test_the_kernels_list_is_read() -> None:
    assert "/proc" in mounts.mounted_below("/proc")
    assert mounts.mounted_below("/proc/self/fd") == []


def test_a_name_that_only_begins_alike_is_another() -> None:
    assert mounts.mounted_below("/pro") == []


def test_what_is_mounted_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "srv" / "music" / "song.ogg"
    kept.parent.mkdir(parents=True)
    kept.write_text("precious", encoding="utf-8")
    monkeypatch.setattr(files, "mounted_below", lambda path: [f"{path}/music"])
    with pytest.raises(HostError, match="is mounted there") as caught:
        Files(str(tmp_path)).remove("/srv")
    assert "umount" in caught.value.remedy
    assert kept.exists()
