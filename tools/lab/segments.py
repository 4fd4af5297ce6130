# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network segments of a virtual machine: real cables to network namespaces, in which other hosts can be played.

Each is a tap device whose one end is a network card of the machine, and whose other end stands in a network namespace
of its own, named after the machine and the segment. The machine sees them as eth1 and eth2, without addresses.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

from tools.lab.process import attempt, output

SEGMENTS = ("lan", "far")


def device(machine: str, segment: str) -> str:
    """Return the name of the tap device, of at most fifteen letters."""
    return f"lab{hashlib.sha256(machine.encode()).hexdigest()[:7]}{segment}"


def namespace(machine: str, segment: str) -> str:
    """Return the name of the network namespace at the other end."""
    return f"{machine}-{segment}"


@contextlib.contextmanager
def plugged(machine: str) -> Iterator[None]:
    """Make the devices that the emulator opens meanwhile, and lead their other ends to where they belong."""
    remove(machine)
    for segment in SEGMENTS:
        output(["ip", "tuntap", "add", "dev", device(machine, segment), "mode", "tap"])
    yield
    for segment in SEGMENTS:
        name, place = device(machine, segment), namespace(machine, segment)
        output(["ip", "netns", "add", place])
        output(["ip", "link", "set", name, "netns", place])
        output(["ip", "netns", "exec", place, "ip", "link", "set", name, "name", "eth0", "up"])
        output(["ip", "netns", "exec", place, "ip", "link", "set", "lo", "up"])


def remove(machine: str) -> None:
    """Remove what `plugged` made, as far as it is there."""
    for segment in SEGMENTS:
        attempt(["ip", "netns", "delete", namespace(machine, segment)])
        attempt(["ip", "link", "delete", device(machine, segment)])
