# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network segment of an instance's own: a macvlan or a VLAN (802.1Q) on an interface of the host."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Union

from .errors import SpecificationError
from .networks import V4, V6, address_text, parse_interval
from .reading import boolean, integer, mapping, sequence
from .zones import interface_name

KEYS = ("parent", "vlan", "dhcp", "addresses", "gateways", "resolvers")
SEGMENT_INTERFACE = "librespot0"
"""What the one interface of every segment is called, inside."""

_HINTS = {
    "interface": "Write parent, the interface of the host that the segment is on",
    "address": "Write addresses, a list",
    "gateway": "Write gateways, a list",
    "dns": "Write resolvers, a list",
    "tag": "Write vlan, a number",
}
_RIGHT = "Write an address of the segment with the length of its network, as 192.168.20.5/24"
_MOST = 8

_Interface = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]


@dataclass(frozen=True)
class Segment:
    """*vlan* is the tag, 0 for a macvlan on *parent* itself. *addresses* have the length of their networks.

    With *dhcp* there are none of them, nor gateways and resolvers: they come with the lease.
    """

    parent: str
    vlan: int = 0
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    dhcp: bool = False

    @property
    def link(self) -> str:
        """What its interface is, for people."""
        return f"VLAN {self.vlan} of {self.parent}" if self.vlan else f"macvlan of {self.parent}"


def card(machine_id: str, name: str) -> str:
    """Return the hardware address of a macvlan: the same at every boot, and no other host's or instance's.

    It is locally administered (its second bit) and tells nothing of the machine id.
    """
    digest = hashlib.sha256(f"librespot {machine_id} {name}".encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def parse_segment(value: Any, path: str) -> Segment | None:
    """Return the segment that *value* describes, None for nothing. Raises `SpecificationError`."""
    if value is None:
        return None
    entry = mapping(value, path, KEYS, _HINTS)
    parent = interface_name(entry.get("parent"), f"{path}.parent")
    if parent == "lo":
        raise SpecificationError(f"{path}.parent", parent, "leads nowhere", "Name the interface of a network")
    vlan = integer(entry["vlan"], f"{path}.vlan", 1, 4094) if entry.get("vlan") is not None else 0
    if boolean(entry.get("dhcp", False), f"{path}.dhcp"):
        for key in ("addresses", "gateways", "resolvers"):
            if entry.get(key):
                raise SpecificationError(
                    f"{path}.{key}", entry[key], "comes with the lease", f"Leave out {key}, or dhcp"
                )
        return Segment(parent, vlan, dhcp=True)
    interfaces = _addresses(entry.get("addresses"), f"{path}.addresses")
    gateways = _gateways(entry.get("gateways"), interfaces, f"{path}.gateways")
    resolvers = _singles(entry.get("resolvers", list(gateways)), f"{path}.resolvers")
    return Segment(parent, vlan, tuple(map(str, interfaces)), gateways, resolvers)


def _addresses(value: Any, path: str) -> list[_Interface]:
    items = [] if value is None else sequence(value, path)
    if not 1 <= len(items) <= _MOST:
        raise SpecificationError(path, value, f"has to have 1 to {_MOST} addresses", f"{_RIGHT}, or dhcp: true")
    found = [_interface(item, f"{path}[{index}]") for index, item in enumerate(items)]
    for index, item in enumerate(found):
        if item.ip in [other.ip for other in found[:index]]:
            raise SpecificationError(f"{path}[{index}]", items[index], "is there twice", "Leave it out")
    return found


def _interface(value: Any, path: str) -> _Interface:
    try:
        found = ipaddress.ip_interface(value if isinstance(value, str) and "/" in value and "%" not in value else "")
    except ValueError:
        raise SpecificationError(path, value, "is not an address with a length", _RIGHT) from None
    address, network = found.ip, found.network
    if address.is_multicast or address.is_loopback or address.is_unspecified or address.is_link_local:
        raise SpecificationError(path, value, "cannot be an instance's address", _RIGHT)
    ends = (network.network_address, network.broadcast_address) if found.version == V4 else (network.network_address,)
    if network.num_addresses > 2 and address in ends:
        raise SpecificationError(path, value, "is the network itself or its broadcast address", _RIGHT)
    return found


def _singles(value: Any, path: str) -> tuple[str, ...]:
    """Return a list of single addresses, each once."""
    found: list[str] = []
    for index, item in enumerate(sequence(value, path)):
        family, (first, last) = parse_interval(item, f"{path}[{index}]")
        text = address_text(first, family)
        if first != last:
            raise SpecificationError(f"{path}[{index}]", item, "is not one address", "Write one address for each")
        if text not in found:
            found.append(text)
    return tuple(found)


def _neighbour(item: Any, own: _Interface) -> bool:
    """Whether *item* can be the address of another host in the network of *own*."""
    ends = (own.network.broadcast_address, own.network.network_address) if own.version == V4 else ()
    return item in own.network and item != own.ip and (own.network.num_addresses <= 2 or item not in ends)


def _gateways(value: Any, interfaces: Sequence[_Interface], path: str) -> tuple[str, ...]:
    found = _singles([] if value is None else value, path)
    if not found:
        raise SpecificationError(
            path, value, "is missing: the instance could not reach Spotify", "Write the address of the segment's router"
        )
    for index, item in enumerate(map(ipaddress.ip_address, found)):
        near = [entry for entry in interfaces if entry.version == item.version]
        # A router of IPv6 may be known by its link-local address.
        if not item.is_link_local and not any(_neighbour(item, entry) for entry in near):
            right = ", ".join(str(entry.network) for entry in near) or "none of that family"
            raise SpecificationError(
                f"{path}[{index}]", found[index], "is not in the networks of the addresses", f"They are: {right}"
            )
    for family in (V4, V6):
        if sum(ipaddress.ip_address(item).version == family for item in found) > 1:
            raise SpecificationError(path, list(found), f"has two of IPv{family}", "Leave all but one out")
    return found
