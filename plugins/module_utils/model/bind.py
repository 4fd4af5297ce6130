# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an instance is bound: an interface, an address, loopback, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError
from .networks import V4, V6, Networks, address_text, parse_interval
from .reading import boolean, mapping
from .zones import Zone, interface_name

AUTOMATIC = "automatic"
INTERFACE = "interface"
ADDRESS = "address"
LOOPBACK = "loopback"
OFF = "off"

KEYS = ("interface", "address", "loopback", "discovery")
_HINTS = {"addresses": "Write address, one of them; or interface", "port": "Write port beside bind, not in it"}


@dataclass(frozen=True)
class Bind:
    """*kind* is one of the constants above; *value* the interface's name or the address.

    Of `LOOPBACK` it is the address if one was written. `AUTOMATIC` is what an inventory that says nothing gets: the
    interface of the host's default route.
    """

    kind: str = AUTOMATIC
    value: str = ""

    @property
    def discovery(self) -> bool:
        """Whether anything listens."""
        return self.kind != OFF

    @property
    def family(self) -> int:
        """The family of an address, 0 for other kinds."""
        return (V6 if ":" in self.value else V4) if self.kind == ADDRESS else 0


def parse_bind(value: Any, path: str) -> Bind:
    """Return where an instance is bound. Raises `SpecificationError` with the path of what is not right."""
    entry = mapping(value, path, KEYS, _HINTS)
    loopback = boolean(entry.get("loopback", False), f"{path}.loopback")
    discovery = boolean(entry.get("discovery", True), f"{path}.discovery")
    chosen = [key for key in ("interface", "address") if key in entry] + ["loopback"] * loopback
    if len(chosen) > 1 or (chosen and not discovery):
        right = "Leave all but one out" if discovery else "Leave the rest out: without discovery nothing is bound"
        raise SpecificationError(path, dict(entry), "contradicts itself", right)
    if not discovery:
        return Bind(OFF)
    if chosen == ["interface"]:
        name = interface_name(entry["interface"], f"{path}.interface")
        return Bind(LOOPBACK) if name == "lo" else Bind(INTERFACE, name)
    if chosen == ["address"]:
        return _address(entry["address"], f"{path}.address")
    return Bind(LOOPBACK) if chosen else Bind()


def _address(value: Any, path: str) -> Bind:
    family, (first, last) = parse_interval(value, path)
    text = address_text(first, family)
    if first != last:
        raise SpecificationError(path, value, "is not one address", "Write one address of the host, without a length")
    if text == "::1" or text.startswith("127."):
        return Bind(LOOPBACK, text)
    # A link-local address means nothing without its interface; then the interface says it all.
    if text.startswith("fe80:") or first == 0:
        raise SpecificationError(path, value, "belongs to no single interface", "Write bind: {interface: eth0}")
    return Bind(ADDRESS, text)


def refuse_unreachable(bind: Bind, access: Sequence[str], zones: Mapping[str, Zone], path: str) -> None:
    """Raise `SpecificationError` for a zone that can never reach an instance that is bound so."""
    for index, name in enumerate(access):
        zone, where = zones[name], f"{path}.access[{index}]"
        if bind.kind == OFF:
            raise SpecificationError(where, name, "opens nothing: discovery is off", "Write access: []")
        if bind.kind == LOOPBACK:
            raise SpecificationError(
                where,
                name,
                "opens nothing: the instance is bound to loopback",
                "Write access: [], or bind it elsewhere",
            )
        if bind.kind == INTERFACE and zone.interfaces and bind.value not in zone.interfaces:
            raise SpecificationError(
                where,
                name,
                f"is of {', '.join(zone.interfaces)}, and the instance is bound to {bind.value}",
                "Bind the instance to an interface of the zone, or leave the zone out",
            )
        if bind.kind == ADDRESS and _other_family(zone, bind.family):
            other = "IPv6" if bind.family == V4 else "IPv4"
            raise SpecificationError(
                where,
                name,
                f"has networks of {other} alone, and the instance is bound to {bind.value}",
                "Bind the instance to an interface, or leave the zone out",
            )


def _other_family(zone: Zone, family: int) -> bool:
    networks: Networks = zone.networks
    return bool(networks) and not networks.of(family) and not zone.macs and not zone.grants
