# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that would like to write elsewhere."""

from __future__ import annotations

import io
import tarfile

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import archive as module
from ansible_collections.hardened.librespot.plugins.module_utils.host.archive import one_file, plain_files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError


def archive(*members: tuple[str, bytes, str]) -> bytes:
    """Return a tar archive of members, each a name, a tar type, and its content or the target of its link."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, kind, text in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            body = text.encode() if kind == tarfile.REGTYPE else b""
            member.linkname = "" if body else text
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return content.getvalue()


def test_files_come_out() -> None:
    packed = archive(("a", tarfile.DIRTYPE, ""), ("./a/b", tarfile.REGTYPE, "x"), ("c", tarfile.REGTYPE, "y"))
    assert dict(plain_files(packed, "it")) == {"a/b": b"x", "c": b"y"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_anything_but_a_file_is_refused(kind: bytes) -> None:
    with pytest.raises(HostError, match="neither a file nor a directory"):
        list(plain_files(archive(("a", kind, "/etc/passwd")), "it"))


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x"])
def test_a_path_that_leaves_is_refused(name: str) -> None:
    with pytest.raises(HostError, match="leaves its directory"):
        list(plain_files(archive((name, tarfile.REGTYPE, "x")), "it"))


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive(("a", tarfile.REGTYPE, "x" * 9000))[:-30]],
    # What is packed has its moment in it, and each process that runs tests another one.
    ids=["nothing", "other", "cut"],
)
def test_what_is_no_whole_archive_is_refused(content: bytes) -> None:
    with pytest.raises(HostError, match="not a readable archive"):
        list(plain_files(content, "it"))


@pytest.mark.parametrize(("limit", "most"), [("_LARGEST_FILE", 39), ("_LARGEST_SUM", 79), ("_MOST_FILES", 2)])
def test_more_than_a_release_has_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    packed = archive(("a", tarfile.REGTYPE, "x" * 40), ("d", tarfile.DIRTYPE, ""), ("b", tarfile.REGTYPE, "y" * 40))
    monkeypatch.setattr(module, limit, most + 1)
    assert len(list(plain_files(packed, "it"))) == 2
    monkeypatch.setattr(module, limit, most)
    with pytest.raises(HostError, match="more than could be librespot"):
        list(plain_files(packed, "it"))


class TestOneFile:
    def test_the_rest_is_left_alone(self) -> None:
        packed = archive(("./etc/evil", tarfile.SYMTYPE, "/etc"), ("./usr/bin/x", tarfile.REGTYPE, "program"))
        assert one_file(packed, "usr/bin/x", "it") == b"program"

    @pytest.mark.parametrize(
        "members",
        [
            [],
            [("usr/bin/x", tarfile.SYMTYPE, "/bin/sh")],
            [("usr/bin/x", tarfile.REGTYPE, "a"), ("./usr/bin/x", tarfile.REGTYPE, "b")],
        ],
    )
    def test_it_has_to_be_one_plain_file(self, members: list[tuple[str, bytes, str]]) -> None:
        with pytest.raises(HostError, match="as one plain file"):
            one_file(archive(*members), "usr/bin/x", "it")
