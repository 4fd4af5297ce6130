# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lock file must not have that replaces upstream's."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.lock import (
    LockedCrate,
    locked_crates,
    refuse_incomplete,
    refuse_lock,
)

REGISTRY = "registry+https://registry.example.org/index"


def block(name: str, version: str, source: str = REGISTRY, checksum: str = "a" * 64) -> str:
    lines = [f'name = "{name}"', f'version = "{version}"']
    lines += [f'source = "{source}"'] if source else []
    lines += [f'checksum = "{checksum}"'] if checksum else []
    return "\n".join(["[[package]]", *lines, 'dependencies = [\n "time 0.3.44",\n]', ""])


LIBRESPOT = block("librespot", "0.8.0", "", "")
CORE = block("librespot-core", "0.8.0")
TIME = block("time", "0.3.44")
UPSTREAM = "version = 4\n\n" + "\n".join([LIBRESPOT, CORE, TIME])


def test_packages_are_read_as_cargo_writes_them() -> None:
    text = UPSTREAM + '\n[metadata]\nname = "no package"\n'
    assert locked_crates(text) == [
        LockedCrate("librespot", "0.8.0"),
        LockedCrate("librespot-core", "0.8.0", REGISTRY, "a" * 64),
        LockedCrate("time", "0.3.44", REGISTRY, "a" * 64),
    ]


def test_metadata_of_a_build_is_a_part_of_the_version() -> None:
    text = block("ndk-sys", "0.4.0+1") + block("ndk-sys", "0.4.0+2", checksum="b" * 64)
    assert [(crate.label, crate.checksum[0]) for crate in locked_crates(text)] == [
        ("ndk-sys 0.4.0+1", "a"),
        ("ndk-sys 0.4.0+2", "b"),
    ]


def test_a_lock_file_of_the_release_is_taken() -> None:
    refuse_incomplete(locked_crates(UPSTREAM), "0.8.0", "it")
    refuse_lock(UPSTREAM, UPSTREAM)
    refuse_lock(UPSTREAM.replace("0.3.44", "0.3.55"), UPSTREAM)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not a lock file of librespot"),
        (block("serde", "1.0.0", "", ""), "it is not a lock file of librespot"),
        (UPSTREAM.replace("0.8.0", "0.7.1"), "it is for librespot 0.7.1, not for 0.8.0"),
        (UPSTREAM + block("mine", "1.0.0", "", ""), "it takes mine 1.0.0 from a directory"),
        (UPSTREAM + block("mine", "1.0.0", "git+https://git.example.org/mine"), "it takes crates from git"),
        (UPSTREAM + block("mine", "1.0.0", "registry+https://other.example.org"), "other.example.org"),
        (LIBRESPOT, "it takes crates from nowhere"),
        (UPSTREAM + block("mine", "1.0.0", checksum=""), "it has no checksum of mine 1.0.0"),
        (UPSTREAM + block("mine", "1.0.0", checksum="a" * 63), "it has no checksum of mine 1.0.0"),
    ],
)
def test_what_is_none_or_from_elsewhere_is_refused(text: str, said: str) -> None:
    with pytest.raises(HostError, match=said):
        refuse_incomplete(locked_crates(text), "0.8.0", "it")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UPSTREAM.replace("example.org", "example.com"), "takes librespot-core 0.8.0 from registry"),
        (UPSTREAM + block("mine", "1.0.0", "", ""), "takes mine 1.0.0 from a directory"),
        (UPSTREAM.replace(TIME, TIME.replace(" = ", "=")), "from a directory"),
        (UPSTREAM.replace(CORE, block("librespot-core", "0.8.1")), "librespot-core 0.8.1, which is a part of another"),
        (UPSTREAM.replace(TIME, block("time", "0.3.44", checksum="b" * 64)), "has the checksum b+ for time 0.3.44"),
    ],
)
def test_what_upstream_did_not_take_is_refused(text: str, said: str) -> None:
    with pytest.raises(HostError, match=said):
        refuse_lock(text, UPSTREAM)
