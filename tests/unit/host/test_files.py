# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in a tree of the test's own: no link is followed, and a write is all or nothing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import DIRECTORY, FILE, LINK, OTHER, Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError

OWNER = (os.getuid(), os.getgid())
LEVELS = ["/a", "/a/b", "/a/b/c", "/a/b/c/file"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/b/c/file").write_text("old", encoding="utf-8")
    (tmp_path / "a/b/c/file").chmod(0o600)
    return Files(str(tmp_path))


def write(files: Files, path: str = "/a/b/c/file", content: bytes = b"new", mode: int = 0o640) -> None:
    files.write(path, content, mode, *OWNER)


def test_what_stands_there_is_told(files: Files, tmp_path: Path) -> None:
    os.symlink("/nowhere", tmp_path / "link")
    os.mkfifo(tmp_path / "pipe", 0o600)
    kinds = {path: entry.kind for path in ("/a", "/a/b/c/file", "/link", "/pipe") if (entry := files.read(path))}
    assert kinds == {"/a": DIRECTORY, "/a/b/c/file": FILE, "/link": LINK, "/pipe": OTHER}
    entry = files.read("/a/b/c/file")
    assert entry is not None
    assert (entry.mode, entry.content, entry.uid) == (0o600, b"old", os.getuid())


@pytest.mark.parametrize("path", ["/no", "/a/no/no", "/a/b/c/file/below"])
def test_nothing_stands_there(files: Files, path: str) -> None:
    assert files.read(path) is None
    assert files.names(path) == []
    assert files.modified(path) == 0
    files.remove(path)


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a/./b", ""])
def test_only_plain_absolute_paths_are_taken(files: Files, path: str) -> None:
    with pytest.raises(HostError, match="not an absolute path"):
        files.read(path)


@pytest.mark.parametrize("level", LEVELS[:-1])
def test_a_link_among_the_parents_is_refused(files: Files, tmp_path: Path, level: str) -> None:
    place = tmp_path / level[1:]
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    for act in (
        lambda: files.read("/a/b/c/file"),
        lambda: write(files),
        lambda: files.own("/a/b/c/file", 0o666, *OWNER),
        lambda: files.directory("/a/b/c/new", 0o755, *OWNER),
        lambda: files.remove("/a/b/c/file"),
        lambda: files.link("/a/b/c/file", "x"),
        lambda: files.rename("/a/b/c/file", "/x"),
        lambda: files.names("/a/b/c"),
    ):
        with pytest.raises(HostError, match="symbolic link"):
            act()
    (kept,) = (tmp_path / "elsewhere").rglob("file")
    assert kept.read_text(encoding="utf-8") == "old"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_link_in_the_place_is_replaced_and_not_followed(files: Files, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched", encoding="utf-8")
    (tmp_path / "a/link").symlink_to(victim)
    with pytest.raises(HostError, match="symbolic link"):
        files.own("/a/link", 0o777, *OWNER)
    write(files, "/a/link")
    assert victim.read_text(encoding="utf-8") == "untouched"
    assert (tmp_path / "a/link").read_bytes() == b"new"
    assert not (tmp_path / "a/link").is_symlink()


def test_removal_takes_links_and_not_what_they_point_to(files: Files, tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/kept").touch()
    (tmp_path / "a/b/link").symlink_to(tmp_path / "victim")
    files.remove("/a")
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "victim/kept").exists()


def test_what_is_nested_deeper_than_calls_and_descriptors_go_is_removed(files: Files, tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/kept").touch()
    here = os.open(tmp_path / "a", os.O_RDONLY)
    for _level in range(3000):
        os.mkdir("d", dir_fd=here)
        os.symlink(tmp_path / "victim", "link", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    files.remove("/a")
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "victim/kept").exists()


@given(content=st.binary(max_size=3000), mode=st.sampled_from([0o400, 0o600, 0o644, 0o755]))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(files: Files, content: bytes, mode: int) -> None:
    write(files, content=content, mode=mode)
    entry = files.read("/a/b/c/file")
    assert entry is not None
    assert (entry.kind, entry.content, entry.mode) == (FILE, content, mode)
    assert files.names("/a/b/c") == ["file"]


def full(_path: str) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(path: str) -> None:
    assert Path(path).read_bytes() == b"new"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    raise HostError("not valid", "Mend it")


@pytest.mark.parametrize(("validate", "said"), [(full, "No space left"), (refused, "not valid")])
def test_a_write_that_fails_leaves_what_was_there(
    files: Files, tmp_path: Path, validate: Callable[[str], None], said: str
) -> None:
    with pytest.raises(HostError, match=said):
        files.write("/a/b/c/file", b"new", 0o640, *OWNER, validate=validate)
    assert [path.name for path in (tmp_path / "a/b/c").iterdir()] == ["file"]
    assert (tmp_path / "a/b/c/file").read_bytes() == b"old"


def test_what_a_killed_run_left_is_swept(files: Files, tmp_path: Path) -> None:
    (tmp_path / "a/b/c/.librespot-new-0123456789abcdef").write_text("half", encoding="utf-8")
    assert files.names("/a/b/c") == ["file"]
    write(files)
    assert [path.name for path in (tmp_path / "a/b/c").iterdir()] == ["file"]


def test_a_directory_gets_its_mode_whether_new_or_not(files: Files, tmp_path: Path) -> None:
    for mode in (0o700, 0o755):
        files.directory("/a/new", mode, *OWNER)
        assert stat.S_IMODE((tmp_path / "a/new").stat().st_mode) == mode


def test_a_directory_is_not_made_of_something_else(files: Files) -> None:
    with pytest.raises(HostError, match="something else than a directory"):
        files.directory("/a/b/c/file", 0o755, *OWNER)
    with pytest.raises(HostError, match="a directory stands where a file belongs"):
        write(files, "/a/b")


def test_writing_needs_the_directory(files: Files) -> None:
    with pytest.raises(HostError, match="does not exist"):
        write(files, "/no/file")


def test_links_change_in_one_step(files: Files, tmp_path: Path) -> None:
    for target in ("releases/1", "releases/2"):
        files.link("/a/current", target)
        assert os.readlink(tmp_path / "a/current") == target
