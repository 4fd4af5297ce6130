# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zones made small on the controller, before they travel to every host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: zones
short_description: Merge the networks of zones
version_added: 0.1.0
description:
  - Makes of the networks of each zone the fewest that hold the same addresses, IPv4 and IPv6, before they are sent to
    the hosts. Ranges become networks, and so do globs such as V(192.168.10.*).
  - A zone with a network that cannot be read is left as it is. The modules then refuse it, with the path of the value
    and what would be right.
author:
  - hardened.librespot contributors (@hardened-librespot)
options:
  _input:
    description: The zones, as in C(librespot_zones).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Let two halves in as one
  hardened.librespot.firewall:
    zones: "{{ {'home': {'networks': ['192.168.10.0/25', '192.168.10.128/25']}} | hardened.librespot.zones }}"
    instances:
      - name: kitchen
        access: [home]
"""

RETURN = r"""
_value:
  description: The same zones with their networks merged.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

try:
    import netaddr
except ImportError as missing:
    NETADDR_ERROR: ImportError | None = missing
else:
    NETADDR_ERROR = None


def merge(zones: Any) -> Any:
    """Return *zones* with the networks of each merged. Raises `AnsibleFilterError` without netaddr."""
    if NETADDR_ERROR is not None:
        raise AnsibleFilterError(
            "The filter hardened.librespot.zones needs netaddr on the controller: pip install netaddr"
        ) from NETADDR_ERROR
    if not isinstance(zones, Mapping):
        return zones
    return {name: _zone(zone) for name, zone in zones.items()}


def _zone(zone: Any) -> Any:
    if not isinstance(zone, Mapping) or not isinstance(zone.get("networks"), list):
        return zone
    try:
        parts = [part for text in zone["networks"] for part in _networks(text)]
    except (netaddr.AddrFormatError, ValueError, TypeError):
        return zone
    return {**zone, "networks": [_text(item) for item in netaddr.cidr_merge(parts)]}


def _networks(text: Any) -> list[netaddr.IPNetwork]:
    if not isinstance(text, str) or "%" in text:
        raise TypeError(text)
    if "*" in text:
        return netaddr.glob_to_cidrs(text)
    first, dash, last = text.partition("-")
    if dash:
        return list(netaddr.IPRange(first, last).cidrs())
    network = netaddr.IPNetwork(text)
    # Host bits, and everyone, are mistakes that a merge would hide.
    if network.ip != network.cidr.ip or not network.prefixlen or ("/" not in text and text != str(network.ip)):
        raise ValueError(text)
    return [network]


def _text(network: netaddr.IPNetwork) -> str:
    return str(network.ip) if network.size == 1 else str(network)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Return them by name."""
        return {"zones": merge}
