# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of a container plain files are read, and nothing of the host that a link in it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.container_files import read_inside
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError

ME = os.getpid()


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share").mkdir()
    (tmp_path / "share/sbom").write_text("{}", encoding="utf-8")
    return tmp_path / "share"


def test_a_file_is_read_up_to_its_limit(share: Path) -> None:
    assert read_inside(ME, f"{share}/sbom", 100) == b"{}"
    assert read_inside(ME, f"{share}/sbom", 1) == b"{"


def test_what_is_not_there_is_nothing(share: Path) -> None:
    assert read_inside(ME, f"{share}/missing", 100) is None
    assert read_inside(ME, f"{share}/missing/sbom", 100) is None


@pytest.mark.parametrize("path", ["../link/sbom", "link", "sbom/below", "pipe", "directory"])
def test_no_link_is_followed_and_nothing_but_a_file_is_read(share: Path, path: str) -> None:
    (share.parent / "link").symlink_to(share)
    (share / "link").symlink_to(share / "sbom")
    (share / "directory").mkdir()
    os.mkfifo(share / "pipe")
    with pytest.raises(HostError, match="of the container of process"):
        read_inside(ME, os.path.normpath(f"{share}/{path}"), 100)


def test_of_a_process_that_has_ended_nothing_is_said() -> None:
    with pytest.raises(FileNotFoundError):
        read_inside(2**22 + 1, "/etc/passwd", 100)
