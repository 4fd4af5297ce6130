# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces, addresses and the default route of this host, through ``ip``."""

from __future__ import annotations

import json
import os
from typing import Any

from ..model.network import HostNetwork
from .command import Commands

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


def listed(commands: Commands, argv: list[str]) -> list[dict[str, Any]]:
    """Return what ``ip`` lists for *argv*, as its JSON has it."""
    text = commands.run(["ip", "-json", *argv], remedy=_INSTALL).stdout.strip()
    found: list[dict[str, Any]] = json.loads(text) if text else []
    return found
