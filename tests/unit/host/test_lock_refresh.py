# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting newer dependencies, with a cargo that is played: what it is told, what stays, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.build_host import Toolchain
from ansible_collections.hardened.librespot.plugins.module_utils.host.crates import Crates
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.lock_refresh import LockRefresh
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError

from .test_crate_build import Bench, locked

MANIFEST = '[package]\nedition = "2024"\nrust-version = "1.85"\nname = "librespot"\n\n[dependencies.time]\n'
UPSTREAM = locked(librespot_core="9.9.9", time="0.3.44")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, MANIFEST, UPSTREAM)


def refresh(bench: Bench, newest: str) -> dict[str, bytes]:
    bench.cargo.newest = [newest]
    workplace = Workplace(Files(), str(bench.root / "work"))
    toolchain = Toolchain({"PATH": "/usr/bin", "HOME": "/home/builder"}, {"rustc": "rustc 1.96.0"})
    with workplace.occupied("a test", 1):
        crates = Crates(bench.cargo, workplace, toolchain, {"HTTPS_PROXY": "proxy"}, bench.said.append)
        return LockRefresh(workplace, crates, bench.said.append).refresh(bench.source, "1.96")


def test_the_new_lock_file_and_upstreams_are_given_and_nothing_is_compiled(bench: Bench) -> None:
    newest = locked(librespot_core="9.9.9", time="0.3.55")
    assert refresh(bench, newest) == {"Cargo.lock": newest.encode(), "upstream.lock": UPSTREAM.encode()}
    assert bench.compilations() == []
    assert bench.left() == {"cargo", "lock"}


def test_cargo_looks_for_what_the_compiler_at_hand_can_compile(bench: Bench) -> None:
    refresh(bench, UPSTREAM)
    (manifest,) = bench.cargo.manifests
    assert manifest.count("rust-version") == 1
    assert manifest.startswith('[package]\nrust-version = "1.96"\n')
    environment = next(env for argv, env in bench.cargo.calls if "update" in argv)
    assert environment["CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS"] == "fallback"
    assert environment["HTTPS_PROXY"] == "proxy"


def test_what_is_known_not_to_compile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = locked(librespot_core="9.9.9", vergen="9.0.6")
    bench = Bench(tmp_path, monkeypatch, MANIFEST, upstream)
    files = refresh(bench, locked(librespot_core="9.9.9", vergen="9.1.0"))
    assert files["Cargo.lock"] == upstream.encode()
    assert bench.cargo.calls[-1][0] == ["cargo", "update", "vergen", "--precise", "9.0.6"]


def test_librespots_own_crates_stay_what_the_release_is_made_of(bench: Bench) -> None:
    files = refresh(bench, locked(librespot_core="9.9.10", time="0.3.55"))
    assert files["Cargo.lock"] == locked(librespot_core="9.9.9", time="0.3.55").encode()
    assert bench.cargo.calls[-1][0] == ["cargo", "update", "librespot-core", "--precise", "9.9.9"]


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        (locked(time="0.3.55"), r"took librespot-core 9\.9\.9 out"),
        (locked(librespot_core="9.9.9", time="0.3.55").replace("registry+x", "git+y"), "from git"),
        (UPSTREAM.replace('checksum = "', 'checksum = "0'), "has the checksum 0"),
    ],
)
def test_what_is_not_as_upstream_locked_it_is_refused(bench: Bench, newest: str, said: str) -> None:
    with pytest.raises(HostError, match=said):
        refresh(bench, newest)
    assert bench.left() == {"cargo", "lock"}


def test_a_crate_that_was_changed_is_not_asked_for_its_dependencies(bench: Bench) -> None:
    bench.cargo.crates["librespot-9.9.9"] += b"\0"
    with pytest.raises(HostError, match="pinned is"):
        refresh(bench, UPSTREAM)
    assert bench.cargo.manifests == []


def test_cargo_takes_no_orders_from_the_crate(bench: Bench) -> None:
    refresh(bench, UPSTREAM)
    (tree,) = bench.cargo.trees
    assert tree == {"Cargo.toml", "Cargo.lock", ".cargo_vcs_info.json", "src"}
