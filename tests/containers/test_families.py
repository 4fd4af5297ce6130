# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port that is published on both families, of which the engine itself serves IPv6: the same zones judge."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers import wire
from tests.containers.speaker import NAME, Speaker

BACK_S = 60.0
BOUND = {"bind": {"interface": wire.PARENT}, "access": ["home"]}


@pytest.fixture(scope="module")
def published(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen published at both of its addresses on a cable to its neighbours."""
    wire.lay(speaker.host)
    speaker.converge(BOUND, librespot_zones=wire.ZONES)
    yield speaker
    speaker.converge(librespot_state="absent")
    wire.take_up(speaker.host)


def test_a_stranger_is_answered_in_neither_family_and_the_trusted_in_both(published: Speaker) -> None:
    host = published.host
    found = wire.served(host, wire.HOST)
    host.out("nft", "delete", "table", "inet", "librespot")
    with wire.knocking(host, wire.HOST) as heard:
        without = wire.served(host, wire.HOST)
        time.sleep(1)
    host.out("systemctl", "reload", "librespot-firewall.service")
    rows = [[name, str(without[name]), str(said)] for name, said in found.items()]
    show(f"both families of a published port on {host.image}", ["who", "without the table", "ours"], rows)
    assert (found, set(without.values())) == (wire.TRUSTED_ALONE, {True})
    assert all(heard[family] for family in wire.FAMILIES)
    assert wire.served(host, wire.HOST) == wire.TRUSTED_ALONE
    assert published.converge(BOUND, librespot_zones=wire.ZONES) == 0


def test_a_restart_lets_nobody_in(published: Speaker) -> None:
    with wire.knocking(published.host, wire.HOST) as heard:
        for script in (f"docker restart {NAME} >/dev/null", "systemctl restart docker.service"):
            published.host.shell(script, timeout=300)
            until(lambda: wire.served(published.host, wire.HOST) == wire.TRUSTED_ALONE, BACK_S, "it answers again")
    assert heard == {4: [], 6: []}


def test_who_is_trusted_in_one_family_alone_is_answered_there_alone(published: Speaker) -> None:
    published.converge(BOUND, librespot_zones={"home": {"networks": [wire.TRUSTED[4]]}})
    assert wire.served(published.host, wire.HOST) == {**wire.TRUSTED_ALONE, "trusted, IPv6": False}
    published.converge(BOUND, librespot_zones=wire.ZONES)
    assert wire.served(published.host, wire.HOST) == wire.TRUSTED_ALONE


@pytest.mark.parametrize("address", ["::1", "127.0.0.1"])
def test_one_at_a_loopback_address_is_at_that_alone(published: Speaker, address: str) -> None:
    alone = {"bind": {"address": address}, "access": []}
    # A container of the lab's has it turned off.
    published.host.out("sysctl", "--quiet", "net.ipv6.conf.lo.disable_ipv6=0")
    assert published.converge(alone) > 0
    ask = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=3).read().decode())"
    urls = {text: f"http://{text}:{PORT}/?action=getInfo" for text in ("[::1]", "127.0.0.1")}
    answered = {text for text, url in urls.items() if "Kitchen" in published.host.run("python3", "-c", ask, url).stdout}
    assert answered == {"[::1]" if ":" in address else "127.0.0.1"}
    assert published.converge(alone) == 0
    published.converge(BOUND, librespot_zones=wire.ZONES)
