# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the program at bind() answers, worked out by a small machine that knows its instructions."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.bind import (
    ADDRESS,
    INTERFACE,
    LOOPBACK,
    OFF,
    Bind,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.networks import V4, V6
from ansible_collections.hardened.librespot.plugins.module_utils.render.bind_program import programs

PORT = 37879
STREAM, DATAGRAM, SEQUENCED = 1, 2, 5
STACK = 512
EVERYWHERE = {V4: str(ipaddress.IPv4Address(0)), V6: "::"}
ETH0 = Bind(INTERFACE, "eth0")


@dataclass
class Call:
    """One bind() as the kernel shows it to the program, and what the program made of it."""

    family: int
    kind: int
    port: int
    interfaces: frozenset[str] = frozenset({"eth0", "lo"})
    device: str = ""
    allowed: bool = False
    context: bytearray = field(default_factory=lambda: bytearray(72))

    @property
    def address(self) -> str:
        if self.family == V4:
            return str(ipaddress.IPv4Address(bytes(self.context[4:8])))
        return str(ipaddress.IPv6Address(bytes(self.context[8:24])))

    def run(self, program: bytes) -> Call:
        struct.pack_into("<I", self.context, 24, int.from_bytes(self.port.to_bytes(2, "big"), "little"))
        struct.pack_into("<I", self.context, 32, self.kind)
        memory = {"context": self.context, "stack": bytearray(STACK)}
        # A register holds a number, or a place in one of the two memories.
        registers: list[Any] = [None, ("context", 0), *([None] * 8), ("stack", STACK)]
        at = 0
        while True:
            code, both, distance, number = struct.unpack_from("<BBhi", program, at * 8)
            to, by = both & 15, both >> 4
            at += 1
            if code == 0x61:
                place, offset = registers[by]
                registers[to] = struct.unpack_from("<I", memory[place], offset + distance)[0]
            elif code in (0x63, 0x7B):
                place, offset = registers[to]
                size, most = ("<I", 2**32) if code == 0x63 else ("<Q", 2**64)
                struct.pack_into(size, memory[place], offset + distance, registers[by] % most)
            elif code == 0x18:
                high = struct.unpack_from("<I", program, at * 8 + 4)[0]
                registers[to] = high << 32 | number % 2**32
                at += 1
            elif code == 0xBF:
                registers[to] = registers[by]
            elif code == 0xB7:
                registers[to] = number
            elif code == 0x07:
                place, offset = registers[to]
                registers[to] = (place, offset + number)
            elif code in (0x05, 0x15, 0x55):
                if code == 0x05 or (registers[to] == number) == (code == 0x15):
                    at += distance
            elif code == 0x85:
                registers[0] = self._setsockopt(number, registers, memory)
            else:
                assert code == 0x95, hex(code)
                self.allowed = {0: False, 1: True}[registers[0]]
                return self

    def _setsockopt(self, helper: int, registers: list[Any], memory: dict[str, bytearray]) -> int:
        assert (helper, registers[2], registers[3]) == (49, 1, 25)
        assert registers[1] == ("context", 0)
        place, offset = registers[4]
        length = registers[5]
        assert length <= 16
        name, end = bytes(memory[place][offset : offset + length]).split(b"\0")
        assert end == b""
        if name.decode() not in self.interfaces:
            return -19
        self.device = name.decode()
        return 0


def call(bind: Bind, family: int, kind: int, port: int, interface: str = "eth0", **more: Any) -> Call:
    return Call(family, kind, port, **more).run(programs(bind, interface, PORT)[family])


@pytest.mark.parametrize("family", [V4, V6])
class TestInterface:
    def test_its_port_is_tied_to_the_interface(self, family: int) -> None:
        done = call(ETH0, family, STREAM, PORT)
        assert (done.allowed, done.device, done.address) == (True, "eth0", EVERYWHERE[family])

    def test_mdns_is_tied_to_the_interface(self, family: int) -> None:
        done = call(ETH0, family, DATAGRAM, 5353)
        assert (done.allowed, done.device) == (True, "eth0")

    def test_a_client_of_name_servers_is_left_alone(self, family: int) -> None:
        done = call(ETH0, family, DATAGRAM, 0)
        assert (done.allowed, done.device) == (True, "")

    def test_an_interface_that_is_not_there_refuses(self, family: int) -> None:
        assert not call(ETH0, family, STREAM, PORT, interfaces=frozenset({"lo"})).allowed
        assert not call(ETH0, family, DATAGRAM, 5353, interfaces=frozenset({"lo"})).allowed

    @pytest.mark.parametrize(("kind", "port"), [(STREAM, 0), (STREAM, 5353), (DATAGRAM, PORT), (SEQUENCED, PORT)])
    def test_nothing_else_is_let_through(self, family: int, kind: int, port: int) -> None:
        assert not call(ETH0, family, kind, port).allowed

    @pytest.mark.parametrize("name", ["a", "lo", "eth0", "wlan-guests.100", "x" * 15])
    def test_names_of_every_length_arrive(self, family: int, name: str) -> None:
        done = call(ETH0, family, STREAM, PORT, interface=name, interfaces=frozenset({name}))
        assert done.device == name


@pytest.mark.parametrize(
    ("address", "family", "seen"),
    [
        ("192.0.2.5", V4, "192.0.2.5"),
        ("192.0.2.5", V6, "::ffff:192.0.2.5"),
        ("2001:db8::5", V6, "2001:db8::5"),
    ],
)
def test_the_address_stands_in_the_place_of_what_was_asked_for(address: str, family: int, seen: str) -> None:
    done = call(Bind(ADDRESS, address), family, STREAM, PORT)
    assert (done.allowed, done.device) == (True, "eth0")
    assert ipaddress.ip_address(done.address) == ipaddress.ip_address(seen)


def test_a_call_of_ipv4_has_no_place_for_an_address_of_ipv6() -> None:
    assert not call(Bind(ADDRESS, "2001:db8::5"), V4, STREAM, PORT).allowed


@pytest.mark.parametrize("family", [V4, V6])
def test_loopback_is_an_interface(family: int) -> None:
    assert call(Bind(LOOPBACK), family, STREAM, PORT, interface="lo").device == "lo"


@pytest.mark.parametrize("family", [V4, V6])
@pytest.mark.parametrize(("kind", "port"), [(STREAM, PORT), (DATAGRAM, 5353), (STREAM, 0)])
def test_with_discovery_off_nothing_is_bound(family: int, kind: int, port: int) -> None:
    assert not call(Bind(OFF), family, kind, port).allowed
    assert call(Bind(OFF), family, DATAGRAM, 0).allowed


@given(st.sampled_from([V4, V6]), st.integers(1, 10), st.integers(0, 65535))
def test_what_is_allowed_is_tied_or_a_client(family: int, kind: int, port: int) -> None:
    done = call(ETH0, family, kind, port)
    right = {(STREAM, PORT): "eth0", (DATAGRAM, 5353): "eth0", (DATAGRAM, 0): ""}
    assert done.allowed == ((kind, port) in right)
    if done.allowed:
        assert done.device == right[kind, port]
