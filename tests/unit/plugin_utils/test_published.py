# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A crate that nobody has vetted: no tool takes an order from it, and it leads nowhere but to its registry."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.published import described
from tests.unit.host.test_archive import archive

STEM = "librespot-9.9.9"
MANIFEST = '[package]\nname = "librespot"\n\n[dependencies.time]\nversion = "0.3"\n'
LOCK = '[[package]]\nname = "time"\nversion = "0.3.44"\nsource = "registry+https://registry.example.org"\n'


def crate(manifest: str = MANIFEST, lock: str = LOCK, **more: str) -> bytes:
    files = {"Cargo.toml": manifest, "Cargo.lock": lock, **more}
    return archive(*((f"{STEM}/{name}", b"0", text) for name, text in files.items()))


def test_what_it_depends_on_is_taken_and_no_orders() -> None:
    orders = {".cargo/config.toml": "[registry]", ".cargo/x.rs": "x", "rust-toolchain.toml": "x", "build.rs": "fn"}
    found = described(crate(**orders, **{"src/main.rs": "fn main() {}", "README.md": "x"}), STEM)
    assert found == {
        "Cargo.toml": MANIFEST.encode(),
        "Cargo.lock": LOCK.encode(),
        "build.rs": b"",
        "src/main.rs": b"",
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[patch.crates-io]\ntime = { path = "/etc" }', r"has \[patch\]"),
        ('[replace]\n"time:0.3.44" = { path = "/etc" }', r"has \[replace\]"),
        ('[workspace]\nmembers = ["/etc"]', r"has \[workspace\]"),
        ('[dependencies.x]\ngit = "https://git.example.org"', "takes 'x' from elsewhere, by git"),
        ('[dev-dependencies.x]\npath = "/etc"', "by path"),
        ('[build_dependencies.x]\nregistry-index = "https://evil.example.org"', "by registry-index"),
        ('[target."cfg(unix)".dependencies.x]\nregistry = "evil"', "by registry"),
        ("[target]\nx = 1", "no table"),
        ("[", "cannot be read"),
        (f"x = {'[' * 5000}", "cannot be read"),
    ],
)
def test_one_that_leads_elsewhere_is_refused(more: str, said: str) -> None:
    with pytest.raises(HostError, match=said):
        described(crate(f"{MANIFEST}\n{more}\n"), STEM)


@pytest.mark.parametrize("manifest", ["", 'package = "x"', '[package]\nworkspace = "/etc"'])
def test_one_that_is_a_part_of_something_else_is_refused(manifest: str) -> None:
    with pytest.raises(HostError, match="stands alone"):
        described(crate(manifest), STEM)


@pytest.mark.parametrize(
    "lock",
    [
        LOCK.replace("registry+", "git+"),
        f"{LOCK}\n{LOCK.replace('registry.example', 'evil.example')}",
        "package = 1",
        "package = [1]",
        "\x00",
    ],
)
def test_a_lock_file_with_other_sources_is_refused(lock: str) -> None:
    with pytest.raises(HostError, match=f"{STEM}/Cargo.lock"):
        described(crate(lock=lock), STEM)


def test_what_is_no_crate_is_refused() -> None:
    with pytest.raises(HostError, match="outside of"):
        described(archive(("other/Cargo.toml", b"0", MANIFEST)), STEM)
    with pytest.raises(HostError, match=r"has no Cargo\.toml"):
        described(archive((f"{STEM}/x", b"0", "x")), STEM)
