# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a zone can say besides networks, by packets: cards, hours, a share for each source, and an end at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network.site import ANSWERING, BOUND, FAMILIES, GUEST, LAN, STRANGER, TRUSTED, Site, address
from tests.network.test_grant import HOLD
from tests.support.plays import Controller
from tools.lab.segments import namespace

FLOOD = 1100
"""More connections than librespot may have files open."""

# Opens as many connections as it can, says how many there are, and holds them until its input ends.
FLOODER = """
import resource, socket, sys, time
source, target, port, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = []
for number in range(wanted):
    one = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET)
    one.setblocking(False)
    one.bind((source, 0))
    one.connect_ex((target, port))
    held.append(one)
    time.sleep(0.008)  # its queue is short
time.sleep(1)
there = 0
for one in held:
    try:
        one.getpeername()
        there += 1
    except OSError:
        pass
print(there, flush=True)
sys.stdin.read()
"""


def _asked(who: int, family: int = 4) -> tuple[str, str, str, int]:
    return ("get_info", address(LAN, who, family), address(LAN, ANSWERING, family), PORT)


def _answered(host: Site, *who: int) -> list[bool]:
    answers: list[bool] = host.ask(LAN, [_asked(number) for number in who])
    return answers


def _zone(controller: Controller, zone: Mapping[str, Any]) -> None:
    instance = {**BOUND, "access": ["home"]}
    controller.converge(APPLY, {"librespot_instances": [instance], "librespot_zones": {"home": dict(zone)}})


def _inside(host: Site) -> list[str]:
    return ["ip", "netns", "exec", namespace(host.name, LAN)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_flood_from_one_source_does_not_keep_another_out(host: Site, controller: Controller, family: int) -> None:
    both = [address(LAN, number, family) for number in (TRUSTED, GUEST)]
    _zone(controller, {"networks": both})
    found: dict[str, tuple[str, bool]] = {}
    for name, change in (("with its share", ""), ("without", "flush chain inet librespot from_kitchen_IN_home")):
        if change:
            host.out("nft", change)
        flood = [*_inside(host), sys.executable, "-c", FLOODER, both[0], address(LAN, ANSWERING, family), str(PORT)]
        with subprocess.Popen(
            [*flood, str(FLOOD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            held = process.stdout.readline().strip()
            found[name] = held, host.ask(LAN, [_asked(GUEST, family)])[0]
            process.communicate(input="")
    rows = [[name, held, str(answered)] for name, (held, answered) in found.items()]
    show(
        f"a flood from one source, IPv{family}, on {host.image}",
        ["each source", "connections it has", "another source is answered"],
        rows,
    )
    assert found["with its share"][1]
    assert int(found["with its share"][0]) <= 16
    assert not found["without"][1]
    host.out("systemctl", "restart", "librespot-kitchen.service")


def test_a_card_is_told_by_its_address(host: Site, controller: Controller) -> None:
    listed = json.loads(
        subprocess.run(
            [*_inside(host), "ip", "-json", "link", "show", "eth0"], capture_output=True, text=True, check=True
        ).stdout
    )
    for macs, expected in (["02:00:00:00:00:99"], False), ([listed[0]["address"]], True):
        _zone(controller, {"macs": macs})
        assert _answered(host, STRANGER) == [expected]


def test_hours_are_those_of_the_hosts_own_clock(host: Site, controller: Controller) -> None:
    host.out("timedatectl", "set-timezone", "Pacific/Auckland")
    try:
        now = int(host.out("date", "+%H").strip()) * 60 + int(host.out("date", "+%M").strip())
        for first, last, expected in ((-60, 60, True), (120, 240, False)):
            hours = "-".join(f"{at // 60 % 24:02}:{at % 60:02}" for at in (now + first, now + last))
            _zone(controller, {"networks": [address(LAN, TRUSTED, 4)], "hours": hours})
            assert _answered(host, TRUSTED) == [expected], hours
    finally:
        host.out("timedatectl", "set-timezone", "UTC")


def test_a_network_that_is_taken_out_is_out_at_once(host: Site, controller: Controller) -> None:
    own = address(LAN, ANSWERING, 4)
    _zone(controller, {"networks": [address(LAN, number, 4) for number in (TRUSTED, GUEST)]})
    with subprocess.Popen(
        [*_inside(host), sys.executable, "-c", HOLD, address(LAN, GUEST, 4), own, str(PORT)],
        stdout=subprocess.PIPE,
        text=True,
    ) as hold:
        time.sleep(2)
        begun = time.monotonic()
        _zone(controller, {"networks": [address(LAN, TRUSTED, 4)]})
        took = time.monotonic() - begun
        said, _unused = hold.communicate(timeout=60)
    show(
        f"a network taken out on {host.image}",
        ["connection held open for", "run took", "ended as"],
        [[f"{float(said.split()[0]):.1f} s", f"{took:.1f} s", said.split()[1]]],
    )
    assert float(said.split()[0]) < took + 2
    until(lambda: _answered(host, GUEST, TRUSTED) == [False, True], 20, "it is out, and the other is in")
