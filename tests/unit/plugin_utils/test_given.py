# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths that a user gives are refused by their names, and what is no file is not waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.opened import opened
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import path_of
from ansible_collections.hardened.librespot.plugins.module_utils.notify.secret import secret_of
from ansible_collections.hardened.librespot.plugins.plugin_utils.advisories import AdvisoryStore
from ansible_collections.hardened.librespot.plugins.plugin_utils.bills import bill_of
from ansible_collections.hardened.librespot.plugins.plugin_utils.given import (
    directory_to_write,
    file_to_write,
    refuse_outputs,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.scanning import scan
from ansible_collections.hardened.librespot.plugins.plugin_utils.subjects import read_subject
from ansible_collections.hardened.librespot.plugins.plugin_utils.vex import read_vex

from .test_scanning import PARAMS


@pytest.mark.parametrize("value", ["", None, "a\0b", "a\x1b[2Jb", "a\nb", "a\u202eb", "a" * 5000])
def test_what_is_no_path_is_named(value: str | None) -> None:
    with pytest.raises(SpecificationError) as caught:
        path_of(value, "outputs[0].path")
    assert caught.value.path == "outputs[0].path"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("value", ["report.json", "/srv/größe/ein Bericht.json", "~/x"])
def test_what_is_a_path_stays_as_it_is(value: str) -> None:
    assert path_of(value, "path") == value


class TestReading:
    @pytest.fixture
    def pipe(self, tmp_path: Path) -> str:
        path = str(tmp_path / "pipe")
        os.mkfifo(path)
        return path

    def test_a_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"text")
        (tmp_path / "link").symlink_to("file")
        with opened(str(tmp_path / "link")) as handle:
            assert handle.read() == b"text"

    def test_whatever_else_is_not_waited_for(self, pipe: str, tmp_path: Path) -> None:
        for path in (pipe, "/dev/zero", "a\0b"):
            with pytest.raises(OSError, match=r"no regular file|null byte"):
                opened(path)
        with pytest.raises(IsADirectoryError):
            opened(str(tmp_path))

    def test_no_option_waits_for_a_pipe(self, pipe: str, tmp_path: Path) -> None:
        store: Any = AdvisoryStore(str(tmp_path), None, {})  # type: ignore[arg-type]
        waiting: list[Callable[[], object]] = [
            lambda: read_subject(pipe),
            lambda: read_subject(pipe, "lock"),
            lambda: read_vex(pipe, "vex[0]"),
            lambda: secret_of(pipe, "webhooks[0].url_file"),
            lambda: bill_of(pipe),
            lambda: store._unpacked(pipe),
        ]
        for wait in waiting:
            with pytest.raises(HostError, match=r"neither a file nor a directory|it is no regular file"):
                wait()


class TestWriting:
    @pytest.mark.parametrize("write", [file_to_write, directory_to_write])
    @pytest.mark.parametrize("value", ["", "a\0b", "/proc/x", "/proc/x/y", "/sys/x", "/etc/hostname/x"])
    def test_where_nothing_can_be_written_is_named(self, write: Any, value: str) -> None:
        with pytest.raises(SpecificationError) as caught:
            write(value, "dest")
        assert caught.value.path == "dest"

    def test_a_file_is_no_directory_and_a_directory_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SpecificationError, match="is no directory"):
            directory_to_write(str(tmp_path / "file"), "dest")
        with pytest.raises(SpecificationError, match="is a directory"):
            file_to_write(str(tmp_path), "dest")

    def test_what_is_not_there_yet_can_be_made(self, tmp_path: Path) -> None:
        assert directory_to_write(f"{tmp_path}/a/b", "dest") == f"{tmp_path}/a/b"
        assert file_to_write(f"{tmp_path}/a/b", "dest") == f"{tmp_path}/a/b"

    @pytest.mark.parametrize("second", ["a.json", "./a.json", "there/a.json"])
    def test_one_file_is_not_written_twice(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "there").symlink_to(".")
        given = [{"format": "json", "path": "a.json"}, {"format": "sarif", "path": second}]
        with pytest.raises(SpecificationError, match=r"^outputs\[1\]\.path: .* outputs\[0\]\.path as well"):
            refuse_outputs(given, "Cargo.lock", "outputs")

    def test_what_is_scanned_is_not_written_over(self, tmp_path: Path) -> None:
        path = str(tmp_path / "Cargo.lock")
        with pytest.raises(SpecificationError, match="is what is read"):
            refuse_outputs([{"format": "json", "path": path}], path, "outputs")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"path": ""}, "path"),
        ({"path": "a\0b"}, "path"),
        ({"outputs": [{"format": "json", "path": "o\0.json"}]}, "outputs[0].path"),
        ({"vex": ["a\nb"]}, "vex[0]"),
        ({"cache_dir": "a\0b"}, "cache_dir"),
        ({"engines": [{"name": "cargo-audit", "program": "a\0b"}]}, "engines[0].program"),
        ({"engines": [{"name": "cargo-audit", "database": "a\x1bb"}]}, "engines[0].database"),
    ],
)
def test_a_scan_says_which_path_is_none(tmp_path: Path, wrong: dict[str, Any], path: str) -> None:
    (tmp_path / "Cargo.lock").touch()
    right = {**PARAMS, "path": str(tmp_path / "Cargo.lock"), "kind": "auto", "outputs": []}
    with pytest.raises(SpecificationError) as caught:
        scan({**right, **wrong})
    assert caught.value.path == path
