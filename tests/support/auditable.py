# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs for tests that hold nothing but the record of what they were made of, as cargo-auditable writes it."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_NAMES = b"\0.dep-v0\0.shstrtab\0"
_HEADER = 64
_X86_64 = 62


def program(packages: Sequence[Mapping[str, Any]]) -> bytes:
    """Return an ELF program with the record of *packages*."""
    return with_record(zlib.compress(json.dumps({"packages": packages}).encode()))


def with_record(record: bytes) -> bytes:
    """Return an ELF program whose section of cargo-auditable is *record*."""
    names = _HEADER + len(record)
    sections = names + len(_NAMES)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 3, _X86_64, 1, 0, 0, sections, 0, _HEADER, 0, 0, _HEADER, 3, 2)
    table = [
        bytes(_HEADER),
        struct.pack("<IIQQQQIIQQ", 1, 1, 0, 0, _HEADER, len(record), 0, 0, 1, 0),
        struct.pack("<IIQQQQIIQQ", 9, 3, 0, 0, names, len(_NAMES), 0, 0, 1, 0),
    ]
    return identity + header + record + _NAMES + b"".join(table)
