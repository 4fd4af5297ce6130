# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces, addresses and the default route of this host, through ``ip``."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from ..model.network import HostNetwork
from .command import Commands

_PLAIN = re.compile(r"[A-Za-z0-9_.:@-]+")
_INSTALL = "Install the package iproute2"


def network(commands: Commands) -> HostNetwork:
    """Return the network of this host as it is now. Runs two or three commands."""
    links = listed(commands, ["address", "show"])
    interfaces = {
        item["ifname"]: tuple(entry["local"] for entry in item.get("addr_info", ()) if "local" in entry)
        for item in links
        if item
    }
    routes = listed(commands, ["-4", "route", "show", "default"]) or listed(
        commands, ["-6", "route", "show", "default"]
    )
    # Of several the kernel takes the one with the smallest metric.
    best = sorted((item.get("metric", 0), item["dev"]) for item in routes if "dev" in item)
    wireless = frozenset(name for name in interfaces if os.path.exists(f"/sys/class/net/{name}/phy80211"))
    return HostNetwork(interfaces, best[0][1] if best else "", wireless)


def routers(commands: Commands) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses of all default routes, and the interfaces of those without one, as of PPP and WireGuard."""
    hops: list[dict[str, Any]] = []
    for family in ("-4", "-6"):
        for route in listed(commands, [family, "route", "show", "table", "all", "default"]):
            # Of another type, as unreachable, it leads nowhere.
            if route.get("type", "unicast") == "unicast":
                hops += route.get("nexthops", [route])
    addresses = {hop["gateway"] for hop in hops if "gateway" in hop}
    direct = {hop["dev"] for hop in hops if "gateway" not in hop and _PLAIN.fullmatch(hop.get("dev", ""))}
    return tuple(sorted(addresses)), tuple(sorted(direct))


def listed(commands: Commands, argv: list[str]) -> list[dict[str, Any]]:
    """Return what ``ip`` lists for *argv*, as its JSON has it."""
    text = commands.run(["ip", "-json", *argv], remedy=_INSTALL).stdout.strip()
    found: list[dict[str, Any]] = json.loads(text) if text else []
    return found
