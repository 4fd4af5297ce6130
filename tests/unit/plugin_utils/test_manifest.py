# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a program says about itself, and which program becomes an artifact."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import CRATE, PACKAGE, Recipe, Target
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils import manifest as manifests
from ansible_collections.hardened.librespot.plugins.plugin_utils.elf import inspect
from ansible_collections.hardened.librespot.plugins.plugin_utils.manifest import manifest
from ansible_collections.hardened.librespot.plugins.plugin_utils.supplied import supplied

PROGRAM = Path(os.path.realpath(sys.executable)).read_bytes()
SOUND: dict[str, Any] = {
    "architecture": "x86_64",
    "glibc": "2.36",
    "libraries": ["libc.so.6"],
    "hardening": {"pie": True, "relro": True},
    "crates": [{"name": "librespot"}],
}


def recipe(method: str = CRATE) -> Recipe:
    return Recipe(method, Target("0.8.0", "x86_64", "glibc2.36"), ())


class TestInspect:
    def test_a_real_program(self) -> None:
        found = inspect(PROGRAM)
        assert found["architecture"] == platform.machine()
        assert "libc.so.6" in found["libraries"]
        assert found["glibc"].startswith("2.")
        assert found["crates"] == []

    @pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF", PROGRAM[:200]])
    def test_what_is_no_program(self, content: bytes) -> None:
        with pytest.raises(HostError, match="not an ELF program"):
            inspect(content)


class TestManifest:
    def made(self, monkeypatch: pytest.MonkeyPatch, method: str = CRATE, **changed: Any) -> dict[str, Any]:
        monkeypatch.setattr(manifests, "inspect", lambda _binary: {**SOUND, **changed})
        return manifest(recipe(method), b"program", {"rustc": "1.85"})

    def test_it_names_what_was_made_and_from_what(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = self.made(monkeypatch)
        assert made["id"] == recipe().identifier
        assert made["binary"]["sha256"] == hashlib.sha256(b"program").hexdigest()
        assert made["official"]

    def test_only_the_crate_is_official(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert not self.made(monkeypatch, PACKAGE)["official"]

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"architecture": "aarch64"}, "is for aarch64"),
            ({"glibc": "2.41"}, r"needs glibc 2\.41"),
            ({"hardening": {"pie": True, "relro": False}}, "without: relro"),
            ({"crates": []}, "without: record of its crates"),
        ],
    )
    def test_what_breaks_a_promise_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(HostError, match=message):
            self.made(monkeypatch, **changed)

    def test_another_makers_program_may_be_less_hardened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = self.made(monkeypatch, PACKAGE, crates=[], hardening={"relro": False})
        assert made["binary"]["hardening"] == {"relro": False}


class TestSupplied:
    @staticmethod
    def nothing(url: str) -> bytes:
        raise AssertionError(url)

    def test_a_plain_program(self, tmp_path: Path) -> None:
        (tmp_path / "librespot").write_bytes(PROGRAM)
        digest = hashlib.sha256(PROGRAM).hexdigest()
        assert supplied(str(tmp_path / "librespot"), digest, self.nothing).binary == PROGRAM

    def test_an_archive_from_an_address(self) -> None:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as tar:
            member = tarfile.TarInfo("bin/librespot")
            member.size = 7
            tar.addfile(member, io.BytesIO(b"program"))
        archive = content.getvalue()
        digest = hashlib.sha256(archive).hexdigest()
        assert supplied("https://example.org/x", digest, lambda _url: archive).binary == b"program"

    def test_one_byte_changed(self) -> None:
        digest = hashlib.sha256(PROGRAM).hexdigest()
        with pytest.raises(HostError, match="pinned is"):
            supplied("https://example.org/x", digest, lambda _url: PROGRAM[:-1] + b"!")

    def test_a_file_that_is_not_there(self) -> None:
        with pytest.raises(HostError, match="cannot be read: No such file"):
            supplied("/nowhere/librespot", "0" * 64, self.nothing)
