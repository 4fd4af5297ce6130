# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which crates a program says it was made of, read on the host itself, where pyelftools is not.

Only as much of ELF is read as finds one section by its name (System V ABI, chapters 4.1 and 4.2).
"""

from __future__ import annotations

import json
import struct
import zlib

from ..model.errors import HostError, why

_SECTION = b".dep-v0"
"""Where cargo-auditable writes it: JSON, compressed with zlib."""

_LARGEST = 16 * 1024 * 1024
_LITTLE_ENDIAN = 1

_HEADERS = {1: ("<32xI10x3H", "<I12xII"), 2: ("<40xQ10x3H", "<I20xQQ")}
"""For each class of ELF: place, size, number and name table of the section headers; name, place and size of one."""


def embedded_crates(program: bytes) -> frozenset[tuple[str, str]]:
    """Return name and version of each crate that is recorded in *program*; none when nothing is.

    Raises `HostError` for what is no ELF program of a little-endian machine, or holds a damaged record.
    """
    try:
        record = _section(program)
        if record is None:
            return frozenset()
        said = json.loads(zlib.decompressobj().decompress(record, _LARGEST))
        return frozenset((str(crate["name"]), str(crate["version"])) for crate in said["packages"])
    except (
        *(struct.error, zlib.error, ValueError, LookupError, TypeError),
        *(OverflowError, MemoryError, RecursionError),
    ) as error:
        raise HostError(
            f"The record of its crates in the program cannot be read: {why(error)}", "Install the release again"
        ) from error


def _section(program: bytes) -> bytes | None:
    if program[:4] != b"\x7fELF" or program[4] not in _HEADERS or program[5] != _LITTLE_ENDIAN:
        raise ValueError("it is no ELF program of a little-endian machine")
    header, entry = _HEADERS[program[4]]
    place, size, number, names = struct.unpack_from(header, program)
    sections = [struct.unpack_from(entry, program, place + size * position) for position in range(number)]
    for name, start, length in sections:
        begin = sections[names][1] + name
        if program[begin : program.index(b"\0", begin)] == _SECTION:
            return program[start : start + length]
    return None
