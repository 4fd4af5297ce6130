# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files count as readable by everyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.readable import readable_by_all


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, mode in (("open", 0o755), ("shut", 0o700)):
        (tmp_path / name).mkdir()
        for file, rights in (("all", 0o644), ("own", 0o600)):
            (tmp_path / name / file).write_text(f"{name} {file}", encoding="utf-8")
            (tmp_path / name / file).chmod(rights)
        (tmp_path / name).chmod(mode)
    (tmp_path / "open/link").symlink_to(tmp_path / "shut/own")
    return tmp_path


def test_only_what_others_reach_and_read(tree: Path) -> None:
    assert list(readable_by_all([str(tree)])) == [(f"{tree}/open/all", b"open all")]


def test_large_files_and_missing_places_are_left_out(tree: Path) -> None:
    (tree / "open/large").write_bytes(bytes(1024 * 1024 + 1))
    (tree / "open/large").chmod(0o644)
    found = readable_by_all(["/no/such/place", str(tree)])
    assert [path for path, _content in found] == [f"{tree}/open/all"]
