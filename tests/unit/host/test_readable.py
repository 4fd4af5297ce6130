# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files count as readable by everyone."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
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


@pytest.fixture
def bottomless(tree: Path) -> Iterator[Path]:
    """Have directories that are deeper than Python calls, and than a path can be long, as anybody can make in /tmp."""
    here = os.open(tree, os.O_RDONLY)
    for number in range(sys.getrecursionlimit() + 1500):
        if number == 500:
            os.close(os.open("copy", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here))
        os.mkdir("d", 0o755, dir_fd=here)
        here, above = os.open("d", os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)
    yield tree
    # Python's own ways to remove it call themselves, too.
    subprocess.run(["rm", "-r", tree / "d"], check=True)


def test_nobody_hides_the_rest_by_depth(bottomless: Path) -> None:
    found = sorted(path for path, _content in readable_by_all([str(bottomless)]))
    assert found == [f"{bottomless}/{'d/' * 500}copy", f"{bottomless}/open/all"]


def test_many_files_take_no_memory(tree: Path) -> None:
    for number in range(5000):
        (tree / f"open/{number}").touch(mode=0o644)
    tracemalloc.start()
    assert sum(1 for _found in readable_by_all([str(tree)])) == 5001
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A megabyte of it is what a single file is read into.
    assert most < 1024 * 1024 + 5000 * 50


def test_what_has_become_a_link_meanwhile_is_passed_over(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "later").mkdir(mode=0o755)
    (tree / "later/all").write_text("later", encoding="utf-8")
    (tree / "later/all").chmod(0o644)
    unchanged = os.open

    def swapped(path: str, *rest: int, **more: int) -> int:
        if path == f"{tree}/later/all":
            os.unlink(path)
            os.symlink(tree / "shut/own", path)
        return unchanged(path, *rest, **more)

    monkeypatch.setattr(os, "open", swapped)
    assert [path for path, _content in readable_by_all([str(tree)])] == [f"{tree}/open/all"]
