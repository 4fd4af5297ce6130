# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model import bpf


def test_an_instruction_is_eight_bytes_as_the_kernel_has_them() -> None:
    assert bpf.assemble([bpf.load(7, 6, 24)]) == bytes([0x61, 0x67, 24, 0, 0, 0, 0, 0])
    assert bpf.assemble([bpf.store_double(10, -16, 1)]) == struct.pack("<BBhi", 0x7B, 0x1A, -16, 0)
    wide = struct.pack("<BBhiBBhi", 0x18, 1, 0, -1, 0, 0, 0, 0x01020304)
    assert bpf.assemble(bpf.move_double(1, 0x01020304FFFFFFFF)) == wide
    assert bpf.assemble([bpf.call(49), bpf.leave()]) == struct.pack("<BBhiBBhi", 0x85, 0, 0, 49, 0x95, 0, 0, 0)


def test_jumps_count_the_instructions_between() -> None:
    program: list[bpf.Statement] = [bpf.jump_if(1, 5, "end"), bpf.move_number(0, 1), bpf.Label("end"), bpf.leave()]
    assert struct.unpack_from("<h", bpf.assemble(program), 2) == (1,)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ([bpf.jump("nowhere"), bpf.leave()], "nowhere"),
        ([bpf.Label("start"), bpf.move_number(0, 1), bpf.jump("start")], "behind its jump"),
        ([bpf.Label("a"), bpf.Label("a"), bpf.leave()], "there twice"),
    ],
)
def test_a_jump_leads_ahead_to_one_place(program: list[bpf.Statement], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        bpf.assemble(program)
