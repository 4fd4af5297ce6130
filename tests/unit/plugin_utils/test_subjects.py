# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be scanned is read into an inventory, and what cannot is never an empty one."""

from __future__ import annotations

import contextlib
import json
import random
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import BINARY, SBOM
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.inventory import Package
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import ArtifactCache
from ansible_collections.hardened.librespot.plugins.plugin_utils.lockfile import read_lock
from ansible_collections.hardened.librespot.plugins.plugin_utils.subjects import read_subject, recorded
from tests.support.auditable import program, with_record

REGISTRY = "registry+https://index.example.org"
LOCK = f"""
version = 4

[[package]]
name = "librespot"
version = "0.8.0"
dependencies = ["rand 0.8.5", "forked"]

[[package]]
name = "rand"
version = "0.8.5"
source = "{REGISTRY}"

[[package]]
name = "rand"
version = "0.9.2"
source = "{REGISTRY}"

[[package]]
name = "forked"
version = "1.0.0"
source = "git+https://example.org/forked#0123"
dependencies = ["rand 0.9.2 ({REGISTRY})"]
"""
CRATES: list[dict[str, Any]] = [
    {"name": "rand", "version": "0.8.5", "source": "public"},
    {"name": "librespot", "version": "0.8.0", "source": "local", "root": True, "dependencies": [0, 2]},
    {"name": "forked", "version": "1.0.0", "source": "git", "kind": "build"},
]


class TestLock:
    def test_it_names_packages_as_far_as_needed(self) -> None:
        inventory, registry = read_lock(LOCK, "Cargo.lock")
        assert registry == REGISTRY
        assert inventory.packages[0] == Package("librespot", "0.8.0", (1, 3), own=True, line=5)
        assert inventory.packages[3].foreign == "git+https://example.org/forked#0123"
        assert inventory.path("rand", "0.9.2") == ("librespot 0.8.0", "forked 1.0.0", "rand 0.9.2")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "names no package of a registry"),
            ('[[package]]\nname = "librespot"\nversion = "0.8.0"\n', "names no package of a registry"),
            ("[[package]]\nname = librespot\n", "is not a lock file"),
            ("package = 1\n", "is not a lock file"),
            ("[[package]]\nversion = '1'\n", "is not a lock file"),
            (LOCK.replace('"forked"]', '"missing"]'), "is not a lock file"),
        ],
    )
    def test_what_is_none_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(HostError, match=said):
            read_lock(text, "Cargo.lock")


class TestProgram:
    def test_it_says_what_it_was_made_of(self) -> None:
        inventory = recorded(program(CRATES), "librespot")
        assert inventory.roots == (1,)
        assert inventory.version_of("librespot") == "0.8.0"
        assert [package.foreign for package in inventory.packages] == ["", "", "git"]
        assert inventory.path("rand", "0.8.5") == ("librespot 0.8.0", "rand 0.8.5")

    def test_one_that_does_not_say_it_is_not_clean(self) -> None:
        with pytest.raises(HostError, match="What cannot be scanned is not clean"):
            recorded(Path(sys.executable).read_bytes(), "python")

    @pytest.mark.parametrize("packages", [[], [{}], [{"name": "x"}], [{**CRATES[0], "dependencies": [7]}], ["x"], {}])
    def test_a_damaged_record_is_refused(self, packages: Any) -> None:
        with pytest.raises(HostError):
            recorded(program(packages), "librespot")

    @pytest.mark.parametrize(
        "record", [b"", b"x", zlib.compress(b"[]"), zlib.compress(b'{"packages": 1}'), zlib.compress(b"\xff")]
    )
    def test_what_is_no_record_is_refused(self, record: bytes) -> None:
        with pytest.raises(HostError):
            recorded(with_record(record), "librespot")

    @settings(max_examples=300, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_a_damaged_program_is_refused_or_read(self, chance: random.Random) -> None:
        damaged = bytearray(program(CRATES))
        for _number in range(chance.randint(1, 8)):
            damaged[chance.randrange(16, len(damaged))] = chance.choice([0, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        with contextlib.suppress(HostError):
            assert recorded(bytes(damaged), "librespot").packages


class TestKind:
    def test_a_lock_a_program_and_an_artifact_are_told_apart(self, tmp_path: Path) -> None:
        (tmp_path / "any").write_text(LOCK, encoding="utf-8")
        (tmp_path / "other").write_bytes(program(CRATES))
        artifact = ArtifactCache(str(tmp_path)).publish("0.8.0-x", program(CRATES), {"version": "0.8.0"}, {SBOM: b"{}"})
        found = [read_subject(str(path)) for path in (tmp_path / "any", tmp_path / "other", artifact.path)]
        assert [item.kind for item in found] == ["lock", "binary", "artifact"]
        assert {item.inventory.version_of("librespot") for item in found} == {"0.8.0"}
        assert [item.form for item in found] == ["lock", "binary", "binary"]

    @pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", b"\xff[[package]]"])
    def test_what_is_none_of_them_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "any").write_bytes(content)
        with pytest.raises(HostError):
            read_subject(str(tmp_path / "any"))

    def test_what_is_not_there_and_what_is_another_directory_is_refused(self, tmp_path: Path) -> None:
        for path in (tmp_path / "missing", tmp_path):
            with pytest.raises(HostError):
                read_subject(str(path))

    def test_an_artifact_of_which_a_byte_was_changed_is_refused(self, tmp_path: Path) -> None:
        artifact = ArtifactCache(str(tmp_path)).publish("0.8.0-x", program(CRATES), {"version": "0.8.0"}, {SBOM: b"{}"})
        binary = Path(artifact.path, BINARY)
        binary.write_bytes(program([{**CRATES[1], "dependencies": []}]))
        assert json.loads(Path(artifact.path, "manifest.json").read_text(encoding="utf-8"))
        with pytest.raises(HostError, match="no whole artifact"):
            read_subject(artifact.path)
