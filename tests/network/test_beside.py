# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside other firewalls, each in force and loaded anew: whoever asks gets the same answers as without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.attacks.deployment import APPLY, OURS, PORT
from tests.attacks.hosts import until
from tests.attacks.tables import TABLES, show
from tests.beside.firewalls import FIREWALLS
from tests.network.site import (
    ANSWERING,
    BOUND,
    FAMILIES,
    FAR,
    GUEST,
    INTERFACES,
    LAN,
    STRANGER,
    TRUSTED,
    Site,
    address,
    everywhere,
    opened,
    right,
)
from tests.support.plays import Controller

KNOCKS_S = 20.0
# A flush of all tables takes ours, which is loaded again at once: below 1 s in containers, more where emulated.
LONGEST_GAP_S = 10.0

_ZONES = {
    "home": {"networks": everywhere(TRUSTED)},
    # Whoever knocks all the time.
    "lab": {"networks": everywhere(GUEST), "rate": "99999/second", "connections": 1024},
}
_UFW, _FIREWALLD = FIREWALLS


@dataclass(frozen=True)
class Beside:
    """Another firewall: the package that it comes in, and scripts that put it in force, load it anew and end it."""

    name: str
    package: str
    on: str
    reload: str
    off: str
    gap_s: float = 0.0
    """So long a stranger may be let in when it is loaded anew: not at all."""


_CASES = (
    # The machine is reached by SSH.
    Beside("ufw", "ufw", f"ufw allow 22/tcp; {_UFW.on}", _UFW.reload, _UFW.off),
    Beside("firewalld", "firewalld", _FIREWALLD.on, _FIREWALLD.reload, _FIREWALLD.off),
    Beside(
        "nftables.service",
        "nftables",
        "printf '#!/usr/sbin/nft -f\\nflush ruleset\\n' > /etc/nftables.conf; systemctl start nftables.service",
        "systemctl reload nftables.service",
        "systemctl stop nftables.service",
        LONGEST_GAP_S,
    ),
    Beside(
        "iptables-nft",
        "iptables",
        "iptables -A INPUT -p tcp --dport 9 -j DROP; ip6tables -A INPUT -p tcp --dport 9 -j DROP",
        "for which in iptables ip6tables; do $which-save > /root/rules; $which-restore < /root/rules; done",
        "for which in iptables ip6tables; do $which -D INPUT -p tcp --dport 9 -j DROP; done",
    ),
    Beside(
        "Docker",
        "docker.io",
        "systemctl start docker.service",
        "systemctl restart docker.service",
        "systemctl disable --quiet --now docker.socket docker.service",
    ),
)


@pytest.fixture(scope="module")
def installed(controller: Controller) -> Site:
    """Return the machine with all of them installed, and none in force."""
    host = controller.host
    assert isinstance(host, Site)
    host.packages(*(item.package for item in _CASES))
    for item in _CASES:
        host.run("sh", "-c", item.off)
    return host


@pytest.fixture(params=_CASES, ids=lambda item: item.name)
def beside(request: pytest.FixtureRequest, installed: Site, controller: Controller) -> Iterator[Beside]:
    """Return another firewall, which is in force on the machine with a speaker."""
    found: Beside = request.param
    wanted = {"librespot_instances": [{**BOUND, "access": list(_ZONES)}], "librespot_zones": _ZONES}
    installed.shell(found.on)
    controller.converge(APPLY, wanted)
    assert controller.converge(APPLY, wanted).recap(installed)["changed"] == 0
    yield found
    installed.shell(found.off)


def _unchanged(host: Site) -> bool:
    found = host.answered()
    named = host.ask(LAN, [("mdns", address(LAN, TRUSTED, 4))])[0]
    return (
        found == right(list(found))
        and "Kitchen" in named
        and host.ask(FAR, [("mdns", address(FAR, TRUSTED, 4))]) == [""]
    )


def test_nothing_changes_in_force_nor_when_it_is_loaded_anew(installed: Site, beside: Beside) -> None:
    until(
        lambda: installed.ask(LAN, [("get_info", address(LAN, GUEST, 4), address(LAN, ANSWERING, 4), PORT)]) == [True],
        30,
        "it answers",
    )
    assert _unchanged(installed)
    who = {
        f"{name}, IPv{family}": (segment, number, family)
        for name, segment, number in (("stranger", LAN, STRANGER), ("far", FAR, TRUSTED), ("trusted", LAN, GUEST))
        for family in FAMILIES
    }
    knocking = {
        name: installed.knocking(segment, number, address(LAN, ANSWERING, family), seconds=KNOCKS_S)
        for name, (segment, number, family) in who.items()
    }
    before = installed.process(OURS)
    installed.shell(beside.reload, timeout=180)
    found = {name: opened(process) for name, process in knocking.items()}
    row = [beside.name]
    for name, times in found.items():
        if name.startswith("trusted"):
            gap = max(later - earlier for earlier, later in zip([0.0, *times], [*times, KNOCKS_S], strict=True))
            row.append(f"{gap:.2f} s")
        else:
            gap = times[-1] - times[0] if times else 0.0
            row.append(f"{gap:.2f} s" if times else "never")
            assert not times or gap < beside.gap_s
    title = f"other firewalls loaded anew on {installed.image}"
    kept = TABLES.get(title, [])[1:]
    head = [f"{'beside':<18}", *(f"{name}: {'shut out' if 'trusted' in name else 'let in'} for" for name in found)]
    show(title, head, [row])
    TABLES[title] += kept
    assert _unchanged(installed)
    assert installed.process(OURS) == before
    sockets = installed.sockets()
    assert sockets
    assert all(f"%{INTERFACES[LAN]}:" in item for item in sockets)
