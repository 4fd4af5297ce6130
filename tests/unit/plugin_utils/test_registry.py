# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry by way of a cargo that is played: what is said when there is none, or one that does something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, UnreachableError
from ansible_collections.hardened.librespot.plugins.module_utils.model.index import Row
from ansible_collections.hardened.librespot.plugins.plugin_utils.registry import CargoRegistry, UnscannableError

KEPT = r"\003\002\000\000\000Unknown\0000.8.0\000{}\000"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one directory in which a cargo is looked for."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def play(bare: Path, script: str) -> None:
    """Put a cargo there that runs *script*."""
    (bare / "cargo").write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", encoding="utf-8")
    (bare / "cargo").chmod(0o755)


@pytest.fixture
def registry(bare: Path, tmp_path: Path) -> Iterator[CargoRegistry]:
    assert bare.is_dir()
    workplace = Workplace(Files(), str(tmp_path / "work"))
    with workplace.occupied("a test", 1):
        yield CargoRegistry(Commands(), workplace, {"HTTPS_PROXY": "proxy.example.org"}, 1)


def keeping(path: str = "registry/index/x/.cache/li/br") -> str:
    return f'mkdir -p "$CARGO_HOME/{path}"; printf "{KEPT}" > "$CARGO_HOME/{path}/librespot"'


def test_no_cargo(registry: CargoRegistry) -> None:
    with pytest.raises(HostError, match=r"cargo is not installed.*Install cargo 1\.82"):
        registry.served("librespot")


def test_one_that_is_too_old(registry: CargoRegistry, bare: Path) -> None:
    play(bare, "echo 'error: no such command: `info`' >&2; exit 101")
    with pytest.raises(HostError, match=r"is too old.*Install cargo 1\.82") as caught:
        registry.served("librespot")
    assert not isinstance(caught.value, UnreachableError)


def test_what_it_was_told_is_taken_whatever_it_thinks_of_it(registry: CargoRegistry, bare: Path) -> None:
    # As when every version was yanked.
    play(bare, f"{keeping()}; echo 'error: could not find `librespot`' >&2; exit 101")
    assert registry.served("librespot").lines == [b"{}"]


def test_what_it_was_told_before_is_not(registry: CargoRegistry, bare: Path) -> None:
    play(bare, keeping())
    assert registry.served("librespot").lines == [b"{}"]
    play(bare, "echo 'error: Could not resolve host' >&2; exit 101")
    with pytest.raises(UnreachableError, match="Could not resolve host"):
        registry.served("librespot")


@pytest.mark.parametrize("script", ["sleep 20", "exit 0"])
def test_one_that_says_nothing(registry: CargoRegistry, bare: Path, script: str) -> None:
    play(bare, script)
    with pytest.raises(UnreachableError, match="did not answer"):
        registry.served("librespot")


def test_it_gets_the_way_out_and_a_home_of_its_own(registry: CargoRegistry, bare: Path, tmp_path: Path) -> None:
    play(bare, f'{keeping()}; test "$HTTPS_PROXY" = proxy.example.org && test "$CARGO_HOME" = "{tmp_path}/work/cargo"')
    assert registry.served("librespot").lines


def test_a_yanked_crate_that_it_has_not_got_yet_cannot_be_scanned(registry: CargoRegistry, bare: Path) -> None:
    play(bare, "exit 101")
    row = Row("librespot", "0.4.0", "0" * 64, True, "", "", {}, 0)
    with pytest.raises(UnscannableError, match="was yanked"):
        registry.crate(row)


def test_a_crate_that_was_changed_after_its_download_is_got_again(registry: CargoRegistry, bare: Path) -> None:
    row = Row(
        "librespot", "0.8.0", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", False, "", "", {}, 0
    )
    path = "registry/cache/x"
    play(bare, f'mkdir -p "$CARGO_HOME/{path}"; printf foo > "$CARGO_HOME/{path}/librespot-0.8.0.crate"')
    assert registry.crate(row) == b"foo"
    kept = bare.parent / "work/cargo" / path / "librespot-0.8.0.crate"
    kept.write_bytes(b"fo0")
    assert registry.crate(row) == b"foo"
    play(bare, f'mkdir -p "$CARGO_HOME/{path}"; printf bar > "$CARGO_HOME/{path}/librespot-0.8.0.crate"')
    kept.write_bytes(b"fo0")
    with pytest.raises(HostError, match=f"has the digest fcde2b2edba5.*, the index .* says {row.sha256}"):
        registry.crate(row)


def test_cargo_is_never_started_where_the_files_of_a_crate_are(
    registry: CargoRegistry, bare: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "work/tree"
    (tree / ".cargo").mkdir(parents=True)
    (tree / ".cargo/config.toml").write_text('[registry]\nglobal-credential-providers = ["/evil"]\n', encoding="utf-8")
    told = 'test ! -e .cargo && test ! -e ../.cargo || exit 1; test "$4 $5" = '
    play(bare, f'{told}"--manifest-path {tree}/Cargo.toml" && {keeping()}')
    assert registry.others(["librespot"], str(tree)) == {"librespot": [b"{}"]}
