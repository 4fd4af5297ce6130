# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine on two segments, and the hosts on them that ask: trusted ones, strangers, and far ones."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.deployment import KITCHEN, OURS, PORT
from tests.machine.machine import Machine
from tests.support.hosts import lab
from tools.lab.segments import namespace

HERE = Path(__file__).resolve().parent
KNOCK = HERE.parent / "beside" / "knock.py"
EVERY_S = 0.05

LAN, FAR = "lan", "far"
INTERFACES = {LAN: "eth1", FAR: "eth2"}
V4 = {LAN: "192.168.77", FAR: "192.168.88"}
V6 = {LAN: "2001:db8:77:", FAR: "2001:db8:88:"}
ANSWERING = 1
TRUSTED, STRANGER, GUEST = 10, 66, 30
"""Last parts of addresses: of the machine, of a host in the zone, of one that nobody knows, of one to be granted."""

FAMILIES = (4, 6)


def address(segment: str, host: int, family: int) -> str:
    """Return the address of *host* on *segment*."""
    return f"{V4[segment]}.{host}" if family == 4 else f"{V6[segment]}:{host}"


def everywhere(host: int) -> list[str]:
    """Return all addresses of *host*: on both segments, in both families."""
    return [address(segment, host, family) for segment in INTERFACES for family in FAMILIES]


ZONES: dict[str, Any] = {
    # Trusted on both segments: what keeps the far one out is where the instance is bound.
    "home": {"networks": everywhere(TRUSTED)},
    "guests": {"grants": True, "max_ttl": "1h"},
}
BOUND = {**KITCHEN, "bind": {"interface": INTERFACES[LAN]}, "access": ["home", "guests"]}


@dataclass(frozen=True)
class Site(Machine):
    """The machine with its segments."""

    def ask(self, segment: str, asked: Sequence[Sequence[Any]]) -> list[Any]:
        """Let the hosts of *segment* ask, all at once, as `ask.py` says, and return the answers."""
        inside = ["ip", "netns", "exec", namespace(self.name, segment)]
        done = subprocess.run(
            [*inside, sys.executable, str(HERE / "ask.py")],
            input=json.dumps(list(asked)),
            capture_output=True,
            text=True,
            check=True,
        )
        answers: list[Any] = json.loads(done.stdout)
        return answers

    def sockets(self, unit: str = OURS) -> set[str]:
        """Return protocol and address, with the device that it is tied to, of all that the process of *unit* receives.

        Its own alone: another librespot on the machine receives multicast DNS as well.
        """
        process = self.process(unit)
        lines = self.out("ss", "-Hlntup").splitlines() if process else []
        return {" ".join(line.split()[index] for index in (0, 4)) for line in lines if f"pid={process}," in line}

    def knocking(
        self, segment: str, who: int, target: str, port: int = PORT, seconds: float = math.inf
    ) -> subprocess.Popen[str]:
        """Let *who* on *segment* knock every 50 ms, for *seconds* or until `opened` is asked."""
        source = address(segment, who, 6 if ":" in target else 4)
        inside = ["ip", "netns", "exec", namespace(self.name, segment), sys.executable, str(KNOCK)]
        return subprocess.Popen(
            [*inside, target, str(port), str(seconds), str(EVERY_S), source],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answered(self, port: int = PORT, hosts: Sequence[int] = (TRUSTED, STRANGER)) -> dict[tuple[str, str], bool]:
        """Let each of *hosts* on each segment ask every address of the machine; return who was answered."""
        found: dict[tuple[str, str], bool] = {}
        for segment in INTERFACES:
            pairs = [
                (address(segment, host, family), target)
                for host in hosts
                for family in FAMILIES
                for target in everywhere(ANSWERING)
                if (":" in target) == (family == 6)
            ]
            answers = self.ask(segment, [("get_info", source, target, port) for source, target in pairs])
            found.update(zip(pairs, answers, strict=True))
        return found


def opened(knocking: subprocess.Popen[str]) -> list[float]:
    """Return when whoever was *knocking* was let in, in seconds since they began."""
    said, _unused = knocking.communicate(timeout=60)
    assert knocking.returncode == 0
    times: list[float] = json.loads(said)
    return times


def right(pairs: Sequence[tuple[str, str]], hosts: Sequence[int] = (TRUSTED,)) -> dict[tuple[str, str], bool]:
    """Return who shall be answered: *hosts* on the segment that the instance is bound to, for its own addresses."""
    let_in = {address(LAN, host, family) for host in hosts for family in FAMILIES}
    own = {address(LAN, ANSWERING, family) for family in FAMILIES}
    return {(source, target): source in let_in and target in own for source, target in pairs}


_NETWORK = """[Match]
Name={interface}
[Network]
{addresses}
IPv6AcceptRA=no
LinkLocalAddressing=ipv6
"""


def _address_guest(host: Site) -> None:
    for segment, interface in INTERFACES.items():
        own = [f"Address={address(segment, ANSWERING, family)}/{24 if family == 4 else 64}" for family in FAMILIES]
        text = _NETWORK.format(interface=interface, addresses="\n".join(own))
        host.write(f"/etc/systemd/network/20-{segment}.network", text)
    # Duplicate addresses are looked for in vain, for a second.
    host.shell(
        "sysctl -q net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0; networkctl reload; sleep 3"
    )


def _address_segment(host: Site, segment: str) -> None:
    other = FAR if segment == LAN else LAN
    lines = []
    for family in FAMILIES:
        length = 24 if family == 4 else 64
        for number in (TRUSTED, STRANGER, GUEST):
            lines.append(
                f"addr add {address(segment, number, family)}/{length} dev eth0{' nodad' if family == 6 else ''}"
            )
        beyond = f"{V4[other]}.0/24" if family == 4 else f"{V6[other]}:/64"
        lines.append(f"route add {beyond} via {address(segment, ANSWERING, family)}")
    subprocess.run(
        ["ip", "-n", namespace(host.name, segment), "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True
    )


@contextlib.contextmanager
def site(image: str, directory: Path) -> Iterator[Site]:
    """Start a pristine machine with two segments, and remove it with them afterwards."""
    name, inventory = f"lab-network-{image}", directory / "machine.yml"
    lab("machine", "down", name)
    lab("machine", "up", name, "--image", image, "--segments", "--inventory", str(inventory))
    try:
        variables = json.loads(inventory.read_text(encoding="utf-8"))["all"]["hosts"][name]
        made = Site(name, image, "127.0.0.1", variables)
        _address_guest(made)
        for segment in INTERFACES:
            _address_segment(made, segment)
        yield made
    finally:
        lab("machine", "down", name)
