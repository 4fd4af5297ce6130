# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cable of a host to a namespace with neighbours, on which an instance has a segment of its own."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.attacks.deployment import PORT
from tests.attacks.hosts import Target
from tests.network.site import EVERY_S, KNOCK, opened
from tests.network.trunk import ask

PARENT, SWITCH = "cable", "switch"
OWN = {4: "192.168.20.5", 6: "2001:db8:20::5"}
ROUTER = "192.168.20.1"
TRUSTED = {4: "192.168.20.10", 6: "2001:db8:20::10"}
STRANGER = {4: "192.168.20.66", 6: "2001:db8:20::66"}
HOST = {4: "192.168.20.2", 6: "2001:db8:20::2"}
"""The addresses of the host itself there."""
FAMILIES = (4, 6)

SEGMENT: dict[str, Any] = {
    "parent": PARENT,
    "addresses": [f"{OWN[4]}/24", f"{OWN[6]}/64"],
    "gateways": [ROUTER],
}
TRUSTED_ALONE = {"trusted, IPv4": True, "trusted, IPv6": True, "stranger, IPv4": False, "stranger, IPv6": False}
ZONES: dict[str, Any] = {"home": {"networks": list(TRUSTED.values())}}

_KNOCK = "/root/knock.py"
# With one end of the cable both go.
_TAKE_UP = (
    f"test ! -e /sys/class/net/{PARENT} || ip link delete {PARENT}; "
    f"test ! -e /run/netns/{SWITCH} || ip netns delete {SWITCH}"
)
_LAY = f"""
{_TAKE_UP}
ip netns add {SWITCH}
ip link add {PARENT} type veth peer name eth0 netns {SWITCH}
echo 0 > /proc/sys/net/ipv6/conf/{PARENT}/disable_ipv6
ip address add {HOST[4]}/24 dev {PARENT}
ip address add {HOST[6]}/64 dev {PARENT} nodad
ip link set {PARENT} up
ip -n {SWITCH} -batch - <<'END'
link set lo up
link set eth0 up
address add {ROUTER}/24 dev eth0
address add {TRUSTED[4]}/24 dev eth0
address add {STRANGER[4]}/24 dev eth0
address add {TRUSTED[6]}/64 dev eth0 nodad
address add {STRANGER[6]}/64 dev eth0 nodad
END
"""


def lay(host: Target) -> None:
    """Lay the cable, and give the neighbours what they ask with."""
    host.shell(_LAY)
    host.put(KNOCK, _KNOCK)


def take_up(host: Target) -> None:
    """Remove the cable with all that is on it."""
    host.shell(f"{_TAKE_UP}; rm -f {_KNOCK}")


def served(host: Target, where: Mapping[int, str] | None = None) -> dict[str, bool]:
    """Return who is answered at the instance's own addresses, or *where* it is published."""
    who = {"trusted": TRUSTED, "stranger": STRANGER}
    asked = {f"{name}, IPv{family}": (who[name][family], (where or OWN)[family]) for name in who for family in FAMILIES}
    return dict(zip(asked, ask(host, [("get_info", *pair, PORT) for pair in asked.values()]), strict=True))


def answers(host: Target) -> bool:
    """Whether the instance answers whom it trusts, in both families."""
    return all(ask(host, [("get_info", TRUSTED[family], OWN[family], PORT) for family in FAMILIES]))


@contextmanager
def knocking(host: Target, where: Mapping[int, str] | None = None) -> Iterator[dict[int, list[float]]]:
    """Let the stranger knock every 50 ms; yields what afterwards has when it was let in, by family."""
    found: dict[int, list[float]] = {}
    at = {family: _knocks(host, STRANGER[family], (where or OWN)[family]) for family in FAMILIES}
    try:
        yield found
    finally:
        found.update({family: opened(process) for family, process in at.items()})


def _knocks(host: Target, source: str, target: str) -> subprocess.Popen[str]:
    asked = [target, str(PORT), str(math.inf), str(EVERY_S), source]
    return host.start("ip", "netns", "exec", SWITCH, "python3", _KNOCK, *asked)
