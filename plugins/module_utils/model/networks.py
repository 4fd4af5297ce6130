# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources of packets as merged intervals of addresses: what a user wrote of networks, read and checked.

A hundred thousand networks are read in one go, so addresses are plain numbers here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError

V4 = 4
V6 = 6
BITS = {V4: 32, V6: 128}

Interval = tuple[int, int]
"""First and last address, both included."""

_RIGHT = "Write an address, a network as 192.168.10.0/24 or 2001:db8:1::/64, or a range as 192.168.10.5-192.168.10.9"
_MAPPED = (0xFFFF << 32, (0xFFFF << 32) + 2**32 - 1)


@dataclass(frozen=True)
class Networks:
    """Addresses of both families, as sorted intervals that neither overlap nor touch."""

    v4: tuple[Interval, ...] = ()
    v6: tuple[Interval, ...] = ()

    def of(self, family: int) -> tuple[Interval, ...]:
        """Return the intervals of one family, `V4` or `V6`."""
        return self.v4 if family == V4 else self.v6

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)


def address_text(number: int, family: int) -> str:
    """Return the address *number* as text."""
    return str(ipaddress.IPv4Address(number) if family == V4 else ipaddress.IPv6Address(number))


def interval_text(interval: Interval, family: int) -> str:
    """Return *interval* as an address, as a network where it is one, else as a range."""
    first, last = interval
    size = last - first + 1
    if size == 1:
        return address_text(first, family)
    if size & (size - 1) == 0 and first % size == 0:
        return f"{address_text(first, family)}/{BITS[family] - size.bit_length() + 1}"
    return f"{address_text(first, family)}-{address_text(last, family)}"


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return *intervals* sorted, with those that overlap or touch made one."""
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def _address(text: str) -> tuple[int, int] | None:
    """Return (family, number) of the address *text*, None when it is none."""
    if "%" in text:  # The scope of a link-local address is no part of what a packet carries.
        return None
    try:
        return (V6, int(ipaddress.IPv6Address(text))) if ":" in text else (V4, int(ipaddress.IPv4Address(text)))
    except ValueError:
        return None


def parse_interval(value: Any, path: str) -> tuple[int, Interval]:
    """Return (family, interval) of an address, a network without host bits, or a range. Raises `SpecificationError`."""
    if not isinstance(value, str):
        raise SpecificationError(path, value, "is not a network", _RIGHT)
    head, slash, length = value.partition("/")
    if slash:
        return _network(value, head, length, path)
    head, dash, tail = value.partition("-")
    first = _address(head)
    last = _address(tail) if dash else first
    if first is None or last is None or first[0] != last[0]:
        raise SpecificationError(path, value, "is not a network", _RIGHT)
    if last[1] < first[1]:
        raise SpecificationError(path, value, "ends before it begins", f"Write {tail}-{head}")
    return _usable(first[0], (first[1], last[1]), value, path)


def _network(value: str, head: str, length: str, path: str) -> tuple[int, Interval]:
    found = _address(head)
    if found is None or not length.isascii() or not length.isdigit() or int(length) > BITS[found[0]]:
        raise SpecificationError(path, value, "is not a network", _RIGHT)
    family, number = found
    host = (1 << (BITS[family] - int(length))) - 1
    if number & host:
        right = f"{address_text(number & ~host, family)}/{length}"
        raise SpecificationError(
            path, value, "has host bits set", f"Write {right}, or {address_text(number, family)} for the one address"
        )
    return _usable(family, (number, number | host), value, path)


def _usable(family: int, interval: Interval, value: str, path: str) -> tuple[int, Interval]:
    if interval == _everyone(family):
        raise _refusal(path, value)
    if family == V6 and interval[0] <= _MAPPED[1] and interval[1] >= _MAPPED[0]:
        raise SpecificationError(path, value, "holds IPv4 addresses in IPv6 form", "Write them as IPv4")
    return family, interval


def parse_networks(values: Sequence[Any], path: str, asking: bool = False) -> Networks:
    """Return all of *values* merged; when they are *asking*, each has to be one that another host can have.

    Raises `SpecificationError` with the path of the first that is not right.
    """
    found: dict[int, list[Interval]] = {V4: [], V6: []}
    for index, value in enumerate(values):
        family, interval = parse_interval(value, f"{path}[{index}]")
        if asking:
            _refuse_nobody(family, interval, value, f"{path}[{index}]")
        found[family].append(interval)
    networks = Networks(merged(found[V4]), merged(found[V6]))
    for family in (V4, V6):
        if networks.of(family) == (_everyone(family),):
            raise _refusal(path, list(values))
    return networks


def _interval(text: str) -> Interval:
    network = ipaddress.ip_network(text)
    return int(network.network_address), int(network.broadcast_address)


# This host itself, nobody yet, and groups: an application behind a proxy on this host sees the first of every guest.
_NOBODY = {
    V4: tuple(map(_interval, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"))),
    V6: tuple(map(_interval, ("::/127", "ff00::/8"))),
}


def refuse_nobody(value: Any, path: str) -> None:
    """Raise `SpecificationError` for what is no other host's address: nothing that asks can have it."""
    _refuse_nobody(*parse_interval(value, path), value, path)


def _refuse_nobody(family: int, interval: Interval, value: Any, path: str) -> None:
    if any(first <= interval[0] and interval[1] <= last for first, last in _NOBODY[family]):
        raise SpecificationError(path, value, "is no other host's address", "Name the hosts or networks that shall ask")


def _everyone(family: int) -> Interval:
    return 0, 2 ** BITS[family] - 1


def _refusal(path: str, value: Any) -> SpecificationError:
    return SpecificationError(
        path, value, "is everyone", "Name the networks that you trust, or the interfaces that they arrive at"
    )
