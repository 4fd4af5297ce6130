# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An assembler for the few instructions of the kernel's BPF that the programs of the collection are made of.

A program is a list of statements and labels; `assemble` turns jumps to labels into distances, and all into bytes.
Each instruction is eight bytes: code, registers, a signed distance, a signed number (Linux,
Documentation/bpf/standardization/instruction-set.rst). Registers are numbers: 0 holds what is returned and what a
helper answered, 1 to 5 are a helper's arguments (1 is the context at the beginning), 6 to 9 survive helpers, and 10 is
the end of the stack, 512 bytes that may be used below it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

LONGEST_JUMP = 2**15 - 1

_LOAD_WORD = 0x61
_STORE_WORD = 0x63
_STORE_DOUBLE = 0x7B
_MOVE_IMMEDIATE_DOUBLE = 0x18
_MOVE = 0xBF
_MOVE_IMMEDIATE = 0xB7
_ADD_IMMEDIATE = 0x07
_JUMP = 0x05
_JUMP_EQUAL_IMMEDIATE = 0x15
_JUMP_UNEQUAL_IMMEDIATE = 0x55
_CALL = 0x85
_EXIT = 0x95


@dataclass(frozen=True)
class Label:
    """A place in a program that jumps lead to."""

    name: str


@dataclass(frozen=True)
class Instruction:
    """One instruction; *target* names the label that a jump leads to."""

    code: int
    destination: int = 0
    source: int = 0
    distance: int = 0
    number: int = 0
    target: str = ""


Statement = Union[Instruction, Label]


def load(destination: int, source: int, offset: int) -> Instruction:
    """Destination = the 32 bits at source + offset."""
    return Instruction(_LOAD_WORD, destination, source, offset)


def store(destination: int, offset: int, source: int) -> Instruction:
    """Let the 32 bits at destination + offset be source."""
    return Instruction(_STORE_WORD, destination, source, offset)


def store_double(destination: int, offset: int, source: int) -> Instruction:
    """Let the 64 bits at destination + offset be source."""
    return Instruction(_STORE_DOUBLE, destination, source, offset)


def move(destination: int, source: int) -> Instruction:
    """Destination = source."""
    return Instruction(_MOVE, destination, source)


def move_number(destination: int, number: int) -> Instruction:
    """Destination = number."""
    return Instruction(_MOVE_IMMEDIATE, destination, 0, 0, number)


def move_double(destination: int, number: int) -> list[Instruction]:
    """Destination = number, of 64 bits: the one instruction that takes the room of two."""
    return [
        Instruction(_MOVE_IMMEDIATE_DOUBLE, destination, number=number % 2**32),
        Instruction(0, number=number >> 32),
    ]


def add_number(destination: int, number: int) -> Instruction:
    """Destination += number."""
    return Instruction(_ADD_IMMEDIATE, destination, 0, 0, number)


def jump(target: str) -> Instruction:
    """Go on at the label *target*."""
    return Instruction(_JUMP, target=target)


def jump_if(register: int, number: int, target: str) -> Instruction:
    """Go on at the label *target* when register == number."""
    return Instruction(_JUMP_EQUAL_IMMEDIATE, register, 0, 0, number, target)


def jump_unless(register: int, number: int, target: str) -> Instruction:
    """Go on at the label *target* when register != number."""
    return Instruction(_JUMP_UNEQUAL_IMMEDIATE, register, 0, 0, number, target)


def call(helper: int) -> Instruction:
    """Register 0 = what the kernel's *helper* says to registers 1 to 5, which are forgotten."""
    return Instruction(_CALL, number=helper)


def leave() -> Instruction:
    """End the program; register 0 is its answer."""
    return Instruction(_EXIT)


def assemble(statements: Sequence[Statement]) -> bytes:
    """Return the program as the kernel takes it, in the byte order of little-endian machines.

    Raises ValueError for a label that is missing, doubled or not ahead of a jump: without a way back every program
    ends.
    """
    places: dict[str, int] = {}
    instructions: list[Instruction] = []
    for item in statements:
        if isinstance(item, Instruction):
            instructions.append(item)
        elif item.name in places:
            raise ValueError(f"the label {item.name} is there twice")
        else:
            places[item.name] = len(instructions)
    return b"".join(_encoded(item, at, places) for at, item in enumerate(instructions))


def _encoded(item: Instruction, at: int, places: dict[str, int]) -> bytes:
    distance = item.distance
    if item.target:
        distance = places.get(item.target, -1) - at - 1
        if not 0 <= distance <= LONGEST_JUMP:
            raise ValueError(f"the label {item.target} is missing, behind its jump or too far away")
    return struct.pack("<BBhi", item.code, item.destination | item.source << 4, distance, _signed(item.number))


def _signed(number: int) -> int:
    """Return *number* of 32 bits as the signed one with the same bits."""
    return number - 2**32 if number >= 2**31 else number
