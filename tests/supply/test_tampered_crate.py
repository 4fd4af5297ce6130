# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A build by the real cargo from a registry that has changed a byte: attack 15, at the crate and at the index."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.build_host import Toolchain
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.crate_build import CrateBuild
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import CrateSource
from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import known_release
from tests.supply.looks import NO_ADVISORIES, Looker
from tests.supply.mirror import LIBRESPOT, Mirror, mirror
from tests.supply.releases import crate_file, index_files

VERSION = "0.8.0"


class CompilesError(Exception):
    """All was as pinned, and the compiler would start."""


@pytest.fixture(scope="module")
def crate() -> bytes:
    return crate_file(VERSION)


@pytest.fixture(scope="module")
def index() -> Mapping[str, bytes]:
    """Return the real index of all that librespot depends on."""
    return index_files(VERSION)


@pytest.fixture
def changed(crate: bytes) -> bytes:
    """Return the crate with one bit of its last byte changed."""
    return crate[:-1] + bytes([crate[-1] ^ 1])


@pytest.fixture
def server(crate: bytes, index: Mapping[str, bytes]) -> Iterator[Mirror]:
    """Return a registry with all of that."""
    with mirror() as found:
        for path, content in index.items():
            found.put(f"/index/{path}", content)
        found.crate(VERSION, crate)
        yield found


def replaced(directory: Path, server: Mirror, kind: str = "registries.mirror]\nindex") -> Path:
    """Set cargo up below *directory* to take *server* for the registry, as who has a mirror does, and return it."""
    config = directory / ".cargo/config.toml"
    config.parent.mkdir()
    config.write_text(
        f'[source.crates-io]\nreplace-with = "mirror"\n\n[{kind} = "sparse+{server.index}"\n\n[net]\nretry = 0\n',
        encoding="utf-8",
    )
    return directory


class Bench:
    """A build host below *directory*, whose cargo takes *server* for the registry."""

    def __init__(self, directory: Path, server: Mirror) -> None:
        self.work = replaced(directory, server) / "work"

    def build(self) -> None:
        """Build, up to where the compiler would start."""
        cargo = shutil.which("cargo")
        release = known_release(VERSION)
        assert cargo, "cargo is needed here"
        assert release
        home = str(Path.home())
        toolchain = Toolchain({"PATH": f"{Path(cargo).parent}:/usr/bin:/bin", "HOME": home}, {})
        workplace = Workplace(Files(), str(self.work))
        build = CrateBuild(Commands(), workplace, toolchain, {}, lambda _said: None, 300)
        with workplace.occupied("a test", 1):
            build.build(CrateSource(release.crate, release.rust, ("alsa-backend", "with-libmdns"), release.published))

    def left(self) -> set[str]:
        """Return what is in the work directory."""
        return {path.name for path in self.work.iterdir()}


@pytest.fixture
def bench(tmp_path: Path, server: Mirror, monkeypatch: pytest.MonkeyPatch) -> Bench:
    def compile_nothing(*_arguments: object) -> None:
        raise CompilesError

    # The tool has a crate of its own, and is compiled: both are not what is tried here.
    monkeypatch.setattr(CrateBuild, "_auditable", lambda _build: "/nonexistent")
    monkeypatch.setattr(CrateBuild, "_compile", compile_nothing)
    return Bench(tmp_path, server)


def test_from_a_registry_that_is_honest_it_is_compiled(bench: Bench) -> None:
    with pytest.raises(CompilesError):
        bench.build()


def test_one_byte_of_the_crate_is_changed(bench: Bench, server: Mirror, changed: bytes) -> None:
    server.crate(VERSION, changed)
    with pytest.raises(HostError, match="failed to verify the checksum"):
        bench.build()
    assert bench.left() == {"cargo", "lock"}


def test_the_index_is_changed_as_well(bench: Bench, server: Mirror, changed: bytes) -> None:
    rows = TestLook.rows(server)
    pinned = rows[VERSION]["cksum"]
    rows[VERSION]["cksum"] = hashlib.sha256(changed).hexdigest()
    server.serve(rows)
    server.crate(VERSION, changed)
    with pytest.raises(HostError, match=f"The index has {rows[VERSION]['cksum']} .* pinned is {pinned}"):
        bench.build()
    assert server.statuses(f"/crates/librespot/{VERSION}/download") == []
    assert bench.left() == {"cargo", "lock"}


def test_it_is_changed_on_the_build_host_after_its_download(bench: Bench, changed: bytes) -> None:
    with pytest.raises(CompilesError):
        bench.build()
    (kept,) = bench.work.glob(f"cargo/registry/cache/*/librespot-{VERSION}.crate")
    kept.write_bytes(changed)
    with pytest.raises(HostError, match=rf"librespot-{VERSION}.crate has the digest .*, pinned is"):
        bench.build()
    assert bench.left() == {"cargo", "lock"}


def test_a_mirror_without_a_name_that_cargo_could_be_told_is_an_error_with_a_remedy(
    bench: Bench, server: Mirror, tmp_path: Path
) -> None:
    (tmp_path / "unnamed").mkdir()
    bench.work = replaced(tmp_path / "unnamed", server, "source.mirror]\nregistry") / "work"
    with pytest.raises(HostError, match=r"under \[registries\]"):
        bench.build()
    looker = Looker(tmp_path / "unnamed/cache", gather=["releases"], **NO_ADVISORIES)
    with pytest.raises(LibrespotError, match=r"under \[registries\]"):
        looker.look()


class TestLook:
    """What `release_info` sees through the same cargo."""

    @pytest.fixture
    def looker(self, tmp_path: Path, server: Mirror) -> Looker:
        return Looker(replaced(tmp_path, server) / "cache", gather=["releases"], **NO_ADVISORIES)

    def test_cargo_asks_the_mirror_that_it_was_set_up_with(self, looker: Looker, server: Mirror) -> None:
        rows = self.rows(server)
        rows["0.9.0"] = {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64}
        server.serve(rows)
        assert looker.look()["newest"] == "0.9.0"

    def test_a_checksum_that_has_changed_is_told(self, looker: Looker, server: Mirror, changed: bytes) -> None:
        rows = self.rows(server)
        rows[VERSION]["cksum"] = hashlib.sha256(changed).hexdigest()
        server.serve(rows)
        with pytest.raises(LibrespotError, match=f"librespot {VERSION} has changed: .* {rows[VERSION]['cksum']}, "):
            looker.look()
        assert looker.remembered() == ""

    def test_a_row_that_was_cut_off_and_that_cargo_passes_over_is_missed(self, looker: Looker, server: Mirror) -> None:
        looker.look()
        server.put(LIBRESPOT, server.answers[LIBRESPOT].content[:-100])
        with pytest.raises(LibrespotError, match=f"has no more of librespot: {VERSION}"):
            looker.look()

    def test_a_crate_with_a_byte_changed_is_not_scanned(self, looker: Looker, server: Mirror, changed: bytes) -> None:
        server.crate(VERSION, changed)
        with pytest.raises(LibrespotError, match="failed to verify the checksum"):
            looker.look(advisories={"newest": 1})

    @pytest.mark.parametrize("status", [404, 500])
    def test_an_index_that_is_not_there_is_told(self, looker: Looker, server: Mirror, status: int) -> None:
        server.put(LIBRESPOT, b"no", status=status)
        with pytest.raises(LibrespotError, match="has no crate librespot" if status == 404 else "did not answer"):
            looker.look()

    @staticmethod
    def rows(server: Mirror) -> dict[str, dict[str, Any]]:
        """Return what the mirror says of librespot."""
        found = map(json.loads, server.answers[LIBRESPOT].content.splitlines())
        return {row["vers"]: row for row in found}
