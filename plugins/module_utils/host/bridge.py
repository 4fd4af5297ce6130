# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bridge of this host that leads to containers: what is on it, and the addresses behind it."""

from __future__ import annotations

import contextlib
import os
from ipaddress import IPv4Interface

from .command import Commands
from .namespaces import inside_of, others
from .network import listed

_CLASS = "/sys/class/net"


def members(bridge: str) -> list[str] | None:
    """Return the interfaces on *bridge*; None when this host has no such bridge."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(os.listdir(f"{_CLASS}/{bridge}/brif"))
    return None


def addresses(commands: Commands, bridge: str) -> list[str]:
    """Return the addresses of what is on *bridge*, without link-local ones: found in the networks of all processes."""
    # Each end of a pair of virtual interfaces knows the number of the other.
    ends = {(_number(name, "iflink"), _number(name, "ifindex")) for name in members(bridge) or ()}
    found: set[str] = set()
    for pid in others():
        # It may have ended since.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), inside_of(pid):
            for item in listed(commands, ["address", "show"]):
                if (item.get("ifindex"), item.get("link_index")) in ends:
                    found |= {entry["local"] for entry in item["addr_info"] if entry["scope"] == "global"}
    return sorted(found)


def networks(commands: Commands) -> dict[str, str]:
    """Return the network of IPv4 on each interface of this host that has one, as ``172.19.0.0/16``: bridges as well."""
    found: dict[str, str] = {}
    # Some versions list what they leave out as empty.
    for link in filter(None, listed(commands, ["-4", "address", "show"])):
        for item in link["addr_info"][:1]:
            found[link["ifname"]] = str(IPv4Interface(f"{item['local']}/{item['prefixlen']}").network)
    return found


def _number(interface: str, attribute: str) -> int:
    with open(f"{_CLASS}/{interface}/{attribute}", encoding="ascii") as handle:
        return int(handle.read())
