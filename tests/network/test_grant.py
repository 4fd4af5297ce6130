# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A grant: in at once, out when its time is over, without a run, and on a connection that was held open too."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.tables import show
from tests.network.audits import audit
from tests.network.site import ANSWERING, BOUND, FAMILIES, GUEST, LAN, ZONES, Site, address
from tests.support.plays import Controller
from tools.lab.segments import namespace

TTL_S = 20
MODULE_S = 1.0

# Asks on one connection, again and again, and prints how long it was answered.
HOLD = """
import http.client, sys, time
source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = http.client.HTTPConnection(target, port, timeout=4, source_address=(source, 0))
begin = last = time.monotonic()
try:
    while True:
        connection.request("GET", "/?action=getInfo")
        connection.getresponse().read()
        last = time.monotonic()
        time.sleep(0.2)
except OSError as error:
    print(last - begin, type(error).__name__)
"""


def _grants(host: Site) -> str:
    """Return what the audit says of the grants."""
    findings = audit(host, {"instances": [BOUND], "zones": ZONES}, live=False)
    (found,) = [item["observed"] for item in findings if (item["id"], item["check"]) == ("NET-07", "grants")]
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_a_grant_ends_by_itself_with_the_connections_that_it_let_in(
    host: Site, controller: Controller, family: int
) -> None:
    guest, own = (address(LAN, number, family) for number in (GUEST, ANSWERING))
    asked = [("get_info", guest, own, PORT)]
    assert host.ask(LAN, asked) == [False]
    module = {"zone": "guests", "address": guest, "ttl": f"{TTL_S}s"}
    tasks = [{"hardened.librespot.grant": module, "register": "said"}]
    playbook = controller.playbook(*tasks)
    controller.converge(playbook, {})
    granted = time.monotonic()
    assert host.ask(LAN, asked) == [True]
    hold = subprocess.Popen(
        ["ip", "netns", "exec", namespace(host.name, LAN), sys.executable, "-c", HOLD, guest, own, str(PORT)],
        stdout=subprocess.PIPE,
        text=True,
    )
    listed = _grants(host)
    said, _unused = hold.communicate(timeout=TTL_S + 30)
    held = float(said.split()[0])
    time.sleep(max(0.0, granted + TTL_S + 2 - time.monotonic()))
    show(
        f"grant of {TTL_S} s, IPv{family}, on {host.image}",
        ["connection held open", "ended as", "the audit meanwhile"],
        [[f"{held:.1f} s", said.split()[1], listed]],
    )
    assert 5 < held < TTL_S + 1
    assert host.ask(LAN, asked) == [False]
    assert re.fullmatch(rf"guests: {guest} for \d+s", listed)
    assert _grants(host) == "none in force"


def test_a_grant_is_kept_over_a_change_of_the_table_and_can_be_ended(host: Site, controller: Controller) -> None:
    guest = address(LAN, GUEST, 6)
    asked = [("get_info", guest, address(LAN, ANSWERING, 6), PORT)]
    host.out("nft", "add", "element", "inet", "librespot", "grant_guests_6", f"{{ {guest} timeout 600s }}")
    host.out("nft", "insert", "rule", "inet", "librespot", "out_kitchen", "accept")
    assert host.ask(LAN, asked) == [True]
    assert host.ask(LAN, asked) == [True]
    module = {"zone": "guests", "address": guest, "state": "absent"}
    tasks = [{"hardened.librespot.grant": module}]
    playbook = controller.playbook(*tasks)
    assert controller.converge(playbook, {}).recap(host)["changed"] == 1
    assert host.ask(LAN, asked) == [False]
