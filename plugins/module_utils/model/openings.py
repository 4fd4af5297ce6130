# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other firewalls of a host must let through so that the table of ours can judge it.

An accept in one table of nftables is no accept in another, so a door of ours that is open still is shut where ufw or
firewalld refuse what they were not told of.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .bind import ADDRESS, INTERFACE, LOOPBACK
from .instance import Instance
from .networks import V4, V6, Interval
from .zones import Zone

TCP = "tcp"
UDP = "udp"
MDNS = 5353
EVERYONE = {V4: "0.0.0.0/0", V6: "::/0"}

_GROUPS = {V4: "224.0.0.251", V6: "ff02::fb"}
_MOST_SOURCES = 64
"""Of more sources than these, the other firewall lets everyone through to the port, and the table alone judges."""


@dataclass(frozen=True, order=True)
class Opening:
    """Packets of one *family* and *protocol* from *source* to *port* of *target*, for *instance*.

    *source* and *target* are addresses or networks; `EVERYONE` is any. *interface* is where they arrive, empty for any.
    """

    instance: str
    family: int
    protocol: str
    port: int
    source: str
    target: str
    interface: str = ""


def _prefixes(intervals: Iterable[Interval], family: int) -> list[str]:
    """Return *intervals* as addresses and networks: other firewalls have no ranges."""
    kind = ipaddress.IPv4Address if family == V4 else ipaddress.IPv6Address
    found = []
    for first, last in intervals:
        for network in ipaddress.summarize_address_range(kind(first), kind(last)):
            found.append(str(network.network_address) if network.num_addresses == 1 else str(network))
    return found


def _sources(zones: Sequence[Zone], family: int) -> list[str]:
    # Who has a grant, a certain card or a certain interface is known to the table alone.
    if any(zone.grants or zone.macs or zone.anyone for zone in zones):
        return [EVERYONE[family]]
    found = sorted({item for zone in zones for item in _prefixes(zone.networks.of(family), family)})
    return found if len(found) <= _MOST_SOURCES else [EVERYONE[family]]


def openings(instances: Iterable[Instance], zones: Iterable[Zone]) -> list[Opening]:
    """Return what *instances* need; *zones* are at least those that they name."""
    by_name = {zone.name: zone for zone in zones}
    return sorted(item for instance in instances for item in _of(instance, [by_name[name] for name in instance.access]))


def _of(instance: Instance, zones: Sequence[Zone]) -> Iterator[Opening]:
    bind = instance.bind
    if not instance.discovery or bind.kind == LOOPBACK:
        return
    interface = bind.value if bind.kind == INTERFACE else ""
    for family in (V4, V6):
        if bind.kind == ADDRESS and bind.family != family:
            continue
        target = bind.value if bind.kind == ADDRESS else EVERYONE[family]
        for source in _sources(zones, family):
            yield Opening(instance.name, family, TCP, instance.port, source, target, interface)
            yield Opening(instance.name, family, UDP, MDNS, source, _GROUPS[family], interface)
