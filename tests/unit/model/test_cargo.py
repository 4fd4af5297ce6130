# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cargo writes, read."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.cargo import (
    aborts_on_panic,
    compiled_crate,
    listed_crate,
    locked_checksum,
    replacement,
    tool_version,
    unnamed_replacement,
)

LOCK = """\
version = 4

[[package]]
name = "librespot"
version = "0.8.0"
source = "registry+somewhere"
checksum = "abc"
dependencies = [
 "librespot-core",
]

[[package]]
name = "librespot-core"
version = "0.8.0"
checksum = "def"

[[package]]
name = "local"
version = "0.1.0"
"""


@pytest.mark.parametrize(
    ("name", "version", "checksum"),
    [
        ("librespot", "0.8.0", "abc"),
        ("librespot-core", "0.8.0", "def"),
        ("librespot", "0.7.1", ""),
        ("local", "0.1.0", ""),
    ],
)
def test_the_checksum_of_exactly_this_crate(name: str, version: str, checksum: str) -> None:
    assert locked_checksum(LOCK, name, version) == checksum


@pytest.mark.parametrize(
    ("manifest", "aborts"),
    [
        ('[profile.release]\npanic = "abort"\n', True),
        ("[profile.release]\n  panic='abort'\n", True),
        ('[profile.release]\npanic = "unwind"\n', False),
        ('# panic = "abort"\n', False),
    ],
)
def test_a_profile_that_ends_the_process(manifest: str, aborts: bool) -> None:
    assert aborts_on_panic(manifest) is aborts


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("cargo 1.85.0 (d73d2caf9 2024-12-31)", (1, 85)),
        ("rustc 1.96.0 (30a34c682) (built from a source tarball)", (1, 96)),
        ("", (0, 0)),
        ("error: no default toolchain", (0, 0)),
    ],
)
def test_the_version_of_a_tool(line: str, version: tuple[int, int]) -> None:
    assert tool_version(line) == version


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("registry+https://example.org/index#tokio@1.48.0", "tokio 1.48.0"),
        ("path+file:///build/librespot-0.8.0#librespot@0.8.0", "librespot 0.8.0"),
    ],
)
def test_the_crate_that_is_compiled(package: str, name: str) -> None:
    assert compiled_crate(json.dumps({"reason": "compiler-artifact", "package_id": package})) == name
    assert compiled_crate(json.dumps({"reason": "build-finished"})) == ""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("tokio v1.48.0", "tokio 1.48.0"),
        ("tokio v1.48.0 (*)", "tokio 1.48.0"),
        ("serde_derive v1.0.228 (proc-macro) (*)", "serde_derive 1.0.228"),
        ("librespot v0.8.0 (/build/librespot-0.8.0)", "librespot 0.8.0"),
    ],
)
def test_a_crate_is_listed_as_it_is_compiled(line: str, name: str) -> None:
    assert listed_crate(line) == name


def test_the_registry_that_stands_in_for_the_official_one() -> None:
    said = "crates-io is replaced with remote registry mirror;\ninclude `--registry mirror` or `--registry crates-io`"
    assert (replacement(said), unnamed_replacement(said)) == ("mirror", False)
    # A source without a name among the registries: there is nothing to tell cargo.
    said = "error: crates-io is replaced with x;\ninclude `--registry crates-io` to use crates.io"
    assert (replacement(said), unnamed_replacement(said)) == ("", True)
    said = "error: could not find `librespot`"
    assert (replacement(said), unnamed_replacement(said)) == ("", False)
