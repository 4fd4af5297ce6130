# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crates of a program, as a host reads them and as pyelftools does."""

from __future__ import annotations

import contextlib
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.host.embedded import embedded_crates
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils import elf
from tests.support.auditable import program, with_record

CRATES: list[dict[str, Any]] = [
    {"name": "librespot", "version": "0.8.0", "source": "local", "root": True},
    {"name": "ndk-sys", "version": "0.4.0+25.0.8775105", "source": "crates.io"},
]


def test_it_reads_what_pyelftools_reads() -> None:
    made = program(CRATES)
    assert embedded_crates(made) == {(crate["name"], crate["version"]) for crate in elf.crates(made)}


def test_it_reads_a_program_of_32_bits() -> None:
    record, names = zlib.compress(b'{"packages": [{"name": "one", "version": "1.0.0"}]}'), b"\0.dep-v0\0"
    identity = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    place = 52 + len(record) + len(names)
    header = struct.pack("<HHIIIIIHHHHHH", 3, 40, 1, 0, 0, place, 0, 52, 0, 0, 40, 3, 2)
    table = [
        bytes(40),
        struct.pack("<10I", 1, 1, 0, 0, 52, len(record), 0, 0, 1, 0),
        struct.pack("<10I", 0, 3, 0, 0, 52 + len(record), len(names), 0, 0, 1, 0),
    ]
    assert embedded_crates(identity + header + record + names + b"".join(table)) == {("one", "1.0.0")}


def test_a_program_without_a_record_has_none() -> None:
    assert embedded_crates(program(CRATES).replace(b".dep-v0", b".dep-v9")) == frozenset()


@pytest.mark.parametrize("record", [b"", b"text", zlib.compress(b"[]"), zlib.compress(b'{"packages": [1]}')])
def test_a_damaged_record_is_an_error(record: bytes) -> None:
    with pytest.raises(HostError):
        embedded_crates(with_record(record))


@given(st.integers(min_value=0, max_value=len(program(CRATES)) - 1), st.binary(min_size=1, max_size=4))
def test_whatever_is_altered_it_returns_or_says_that_it_cannot(place: int, other: bytes) -> None:
    made = program(CRATES)
    with contextlib.suppress(HostError):
        embedded_crates(made[:place] + other + made[place + len(other) :])


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x02\x02\x01" + bytes(100)])
def test_what_is_no_program_is_an_error(content: bytes) -> None:
    with pytest.raises(HostError):
        embedded_crates(content)
