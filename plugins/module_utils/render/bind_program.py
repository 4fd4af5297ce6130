# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that the kernel runs at every bind() of an instance.

librespot listens on every address of the host, and no option changes that. So the kernel asks this program first, at
each bind() of a process in the instance's cgroup, and the program answers 1 (go on) or 0 (the call fails with EPERM):

- a TCP socket may be bound to the instance's port alone, and is tied to its interface (the socket option
  SO_BINDTODEVICE), so that nothing that arrives elsewhere ever reaches it;
- a UDP socket may be bound to port 5353 (mDNS), and is tied to the interface as well, or to no certain port, as a
  client's is;
- where the instance is bound to an address, the address is put in the place of the one that was asked for;
- anything else, and anything that fails, is refused.

It is safe to run in the kernel, which checks that before it takes it: some forty instructions without a loop, which
read the call's arguments, write the address in them, and call one helper. It sees no data and no other process.

The context is ``struct bpf_sock_addr`` (Linux, include/uapi/linux/bpf.h), the same on every architecture.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence

from ..model.bind import ADDRESS, OFF, Bind
from ..model.bpf import (
    Label,
    Statement,
    add_number,
    assemble,
    call,
    jump,
    jump_if,
    jump_unless,
    leave,
    load,
    move,
    move_double,
    move_number,
    store,
    store_double,
)
from ..model.instance import Instance
from ..model.networks import V4, V6
from .unit import pin_path

MDNS = 5353

_USER_IP4 = 4
_USER_IP6 = 8
_USER_PORT = 24
_TYPE = 32

_SETSOCKOPT = 49
_SOL_SOCKET = 1
_SO_BINDTODEVICE = 25
_NAME_SIZE = 16

_STREAM = 1
_DATAGRAM = 2

_CONTEXT, _PORT, _KIND, _STACK = 6, 7, 8, 10


def _words(data: bytes) -> list[int]:
    """Return *data* as numbers of 32 bits as a little-endian machine reads them."""
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


def _network_order(port: int) -> int:
    return int.from_bytes(port.to_bytes(2, "big"), "little")


def _to_device(interface: str) -> list[Statement]:
    """Tie the socket to *interface*; an interface that is not there refuses the bind."""
    name = interface.encode("ascii").ljust(_NAME_SIZE, b"\0")
    return [
        # Eight bytes at once: half of a place on the stack may not be written by a loader with no right but CAP_BPF.
        *move_double(1, int.from_bytes(name[:8], "little")),
        store_double(_STACK, -_NAME_SIZE, 1),
        *move_double(1, int.from_bytes(name[8:], "little")),
        store_double(_STACK, 8 - _NAME_SIZE, 1),
        move(1, _CONTEXT),
        move_number(2, _SOL_SOCKET),
        move_number(3, _SO_BINDTODEVICE),
        move(4, _STACK),
        add_number(4, -_NAME_SIZE),
        move_number(5, len(interface) + 1),
        call(_SETSOCKOPT),
        jump_unless(0, 0, "refuse"),
    ]


def _to_address(address: str, family: int) -> list[Statement]:
    """Put *address* in the place of what was asked for, in a call of *family*."""
    packed = ipaddress.ip_address(address).packed
    if family == V4:
        # An address of IPv6 has no place in such a call.
        if len(packed) != 4:
            return [jump("refuse")]
        return [move_number(1, _words(packed)[0]), store(_CONTEXT, _USER_IP4, 1)]
    mapped = packed if len(packed) == 16 else b"\0" * 10 + b"\xff\xff" + packed
    found: list[Statement] = []
    for at, word in enumerate(_words(mapped)):
        found += [move_number(1, word), store(_CONTEXT, _USER_IP6 + at * 4, 1)]
    return found


def _program(bind: Bind, interface: str, port: int, family: int) -> Sequence[Statement]:
    """Return the program for bind() calls of *family*."""
    head: list[Statement] = [move(_CONTEXT, 1), load(_PORT, _CONTEXT, _USER_PORT), load(_KIND, _CONTEXT, _TYPE)]
    client: list[Statement] = [jump_unless(_KIND, _DATAGRAM, "refuse"), jump_if(_PORT, 0, "allow")]
    tail: list[Statement] = [
        Label("refuse"), move_number(0, 0), leave(),
        Label("allow"), move_number(0, 1), leave(),
    ]  # fmt: skip
    if bind.kind == OFF:
        return [*head, *client, *tail]
    stream: list[Statement] = [Label("stream"), jump_unless(_PORT, _network_order(port), "refuse")]
    if bind.kind == ADDRESS:
        stream += _to_address(bind.value, family)
    return [
        *head,
        jump_if(_KIND, _STREAM, "stream"),
        *client,
        jump_unless(_PORT, _network_order(MDNS), "refuse"),
        jump("device"),
        *stream,
        Label("device"),
        *_to_device(interface),
        jump("allow"),
        *tail,
    ]


def programs(bind: Bind, interface: str, port: int) -> dict[int, bytes]:
    """Return the program of each family, `V4` and `V6`, for an instance at *port* that is tied to *interface*."""
    return {family: assemble(_program(bind, interface, port, family)) for family in (V4, V6)}


def programs_file(instance: Instance) -> str:
    """Return the file from which the programs of *instance* are loaded."""
    codes = programs(instance.bind, instance.interface, instance.port)
    items = [{"family": at, "pin": pin_path(instance.name, at), "code": codes[at].hex()} for at in (V4, V6)]
    return json.dumps({"name": instance.name, "programs": items}, indent=1) + "\n"
