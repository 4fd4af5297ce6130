# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are managed, below a directory that stands for the host's root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.file import FilePlanner

LEFT = ".librespot-new-0123456789abcdef"


def planner(root: Path, content: str | None) -> FilePlanner:
    return FilePlanner(Files(str(root)), "/file", content, 0o600, owner=(os.geteuid(), os.getegid()))


@pytest.mark.parametrize("content", ["new\n", "old\n", None])
def test_what_a_killed_run_left_is_a_change_and_removed(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_text("old\n", encoding="utf-8")
        file.chmod(0o600)
    (tmp_path / LEFT).write_text("half", encoding="utf-8")

    (looked,) = converge([planner(tmp_path, content)], check=True)
    assert looked.changed
    assert (tmp_path / LEFT).exists()

    (done,) = converge([planner(tmp_path, content)], check=False)
    assert "beside it" in [item.attribute for item in done.differences()]
    assert not (tmp_path / LEFT).exists()
    assert (file.read_text(encoding="utf-8") if file.exists() else None) == content
    (again,) = converge([planner(tmp_path, content)], check=False)
    assert not again.changed


def test_what_is_no_text_is_written_as_it_is_and_shown_by_its_digest(tmp_path: Path) -> None:
    content = b"#!/usr/bin/python3 -I\nPK\x03\x04\xff\r\n"

    def made(body: bytes) -> FilePlanner:
        return FilePlanner(Files(str(tmp_path)), "/file", body, 0o755, owner=(os.geteuid(), os.getegid()))

    (done,) = converge([made(content)], check=False)
    assert (tmp_path / "file").read_bytes() == content
    assert str(done.after["content"]).startswith("(not text, sha256 ")
    assert not made(content).plan().changed
    assert made(content + b"\n").plan().changed
