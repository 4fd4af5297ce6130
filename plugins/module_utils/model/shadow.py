# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of a network of containers that are also those of a zone: what answers such a client goes to the bridge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from .networks import V4, Interval, interval_text
from .zones import PRIVATE, Zone, default_zones

# RFC 1918 and RFC 6598.
_BLOCKS = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


@dataclass(frozen=True)
class Shadow:
    """*addresses* of the *zone* are those of a network of containers.

    It is *within* the zone's where they are more than the network, and a whole block of private addresses: somebody may
    be there, and need not be. Smaller ones somebody wrote for those who are there; and networks side by side, of which
    it takes one, arrive here as one.
    """

    zone: str
    addresses: str
    within: bool


def shadows(network: str, zones: Iterable[Zone]) -> Iterator[Shadow]:
    """Yield what the *network* of IPv4 takes of *zones*; nothing of the default one, whose networks nobody wrote."""
    found = IPv4Network(network)
    first, last = int(found.network_address), int(found.broadcast_address)
    nobodys = default_zones()[PRIVATE]
    for zone in zones:
        for interval in zone.networks.of(V4) if zone != nobodys else ():
            if interval[0] <= last and first <= interval[1]:
                within = interval != (first, last) and _in_block(found, interval)
                yield Shadow(zone.name, interval_text(interval, V4), within)


def _in_block(network: IPv4Network, interval: Interval) -> bool:
    """Whether *network* is in a block of private addresses all of which are in *interval*."""
    return any(
        network.subnet_of(block)
        and interval[0] <= int(block.network_address)
        and int(block.broadcast_address) <= interval[1]
        for block in _BLOCKS
    )
