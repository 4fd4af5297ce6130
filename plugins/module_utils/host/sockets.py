# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receiving sockets of this host with the devices that they are tied to, which /proc does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .command import Commands

_PIDS = re.compile(r"pid=(\d+)")


@dataclass(frozen=True)
class BoundSocket:
    """*protocol* is tcp or udp; *address* as ``ss`` prints it; *device* is empty for one that hears every interface."""

    protocol: str
    address: str
    port: int
    device: str
    pids: tuple[int, ...]


def parse(text: str) -> list[BoundSocket]:
    """Return what ``ss --no-header --numeric --processes`` printed."""
    found = []
    for line in text.splitlines():
        fields = line.split(maxsplit=6)
        address, _colon, port = fields[4].rpartition(":")
        plain, _percent, device = address.partition("%")
        pids = tuple(int(item) for item in _PIDS.findall(fields[6] if len(fields) > 6 else ""))
        found.append(BoundSocket(fields[0], plain.strip("[]") or "*", int(port), device.strip("[]"), pids))
    return found


def receiving(commands: Commands) -> list[BoundSocket]:
    """Return all sockets that receive TCP connections or UDP packets."""
    argv = ["ss", "--no-header", "--numeric", "--processes", "--listening", "--tcp", "--udp"]
    return parse(commands.run(argv, remedy="Install the package iproute2").stdout)
