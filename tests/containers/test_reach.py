# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who finds and reaches an instance in a container, and whom it reaches; a plain container beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import Target, networked, target, until
from tests.attacks.tables import show
from tests.containers.neighbour import METADATA, Address, ask, browse, reach, serving
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import PORT as PLAIN_PORT
from tests.containers.plain import away, plain
from tests.containers.speaker import NAME, Speaker
from tests.network.test_zones import FLOODER

ELSEWHERE = "192.0.2.1"
"""An address of the host on an interface that the instance is not bound to."""
SSH = 22
IDLE = 5000
SHARE = 16
"""Connections of one source that a zone lets in where it says nothing else."""


@pytest.fixture(scope="module")
def neighbour(speaker: Speaker) -> Iterator[Target]:
    """Return another host on the same network, with routes to all that the speaker's host has."""
    host = speaker.host
    with target(host.image.rpartition("-")[0], "containers-neighbour") as made:
        made.shell(
            "apt-get -qq update </dev/null\n"
            "DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends avahi-daemon avahi-utils"
            " dbus >/dev/null </dev/null\n"
            "systemctl restart dbus avahi-daemon\n"
            f"ip address replace {METADATA}/32 dev lo; ip route replace 192.0.2.0/24 via {host.address}\n"
            # Whoever is on the network of a host can send it what is not addressed to it; wherever a bridge of its is.
            f"for net in 172.16.0.0/12 192.168.0.0/16 10.0.0.0/8; do ip route replace $net via {host.address}; done",
            timeout=600,
        )
        host.shell(
            "ip link add elsewhere type bridge; ip link set elsewhere up\n"
            f"ip address replace {ELSEWHERE}/24 dev elsewhere\n"
            f"ip route replace {METADATA}/32 via {made.address}"
        )
        yield made
        host.shell(f"ip link del elsewhere; ip route del {METADATA}/32")


@pytest.fixture
def both(running: Speaker, neighbour: Target) -> Iterator[Speaker]:
    """Return the host with the plain container too, where the tests are trusted and the neighbour is not."""
    assert neighbour.address != _tests(running)
    _trusting(running, _tests(running))
    plain(running)
    yield running
    away(running)


def _tests(speaker: Speaker) -> str:
    return networked(speaker.host.name, "Gateway")


def _trusting(speaker: Speaker, *who: str, title: str = "Kitchen") -> None:
    zones = {"home": {"networks": [f"{address}/32" for address in who]}}
    speaker.converge({"access": ["home"], "options": {"name": title}}, librespot_zones=zones)


def _own(speaker: Speaker, name: str) -> dict[str, str]:
    """Return the network of a container: its address, and that of the bridge."""
    (found,) = speaker.inspect(name)["NetworkSettings"]["Networks"].values()
    return {"address": str(found["IPAddress"]), "gateway": str(found["Gateway"])}


def _places(speaker: Speaker, name: str, port: int) -> dict[str, Address]:
    """Return every place at which a container could be asked."""
    own = _own(speaker, name)
    return {
        "the host": (speaker.host.address, port),
        "another address of the host": (ELSEWHERE, port),
        "the host, by the bridge": (own["gateway"], port),
        "the container, straight": (own["address"], port),
    }


def test_it_is_found_where_it_answers_and_answers_nowhere_else(running: Speaker, neighbour: Target) -> None:
    # Of two with one name avahi renames one, and other hosts of the lab have a kitchen as well.
    title = f"Found-on-{running.host.image}"
    _trusting(running, _tests(running), neighbour.address, title=title)
    until(lambda: title in browse(neighbour), 30, "a DNS-SD browser on another host finds it")
    found = browse(neighbour)[title]
    places = _places(running, NAME, PORT)
    answers = dict(zip(places, ask(neighbour, list(places.values())), strict=True))
    rows = [["found by avahi-browse", f"{found[0]}:{found[1]}", ""]]
    rows += [[name, "{}:{}".format(*places[name]), "answered" if said else "silent"] for name, said in answers.items()]
    show(f"a container that is found, on {running.host.image}", ["where", "address", "a trusted neighbour is"], rows)
    assert found == (running.host.address, PORT)
    assert [name for name, said in answers.items() if said] == ["the host"]


def test_1_a_stranger_asks(both: Speaker, neighbour: Target) -> None:
    theirs, ours = _places(both, PLAIN, PLAIN_PORT), _places(both, NAME, PORT)
    won = {
        name: dict(zip(places, ask(neighbour, list(places.values())), strict=True))
        for name, places in ((PLAIN, theirs), (NAME, ours))
    }
    rows = [[place, _said(won[PLAIN][place]), _said(won[NAME][place])] for place in ours]
    show(f"1. a stranger asks getInfo, on {both.host.image}", ["at", "plain docker run", "ours"], rows)
    assert not any(won[NAME].values())
    assert won[PLAIN]["the host"]
    assert won[PLAIN]["another address of the host"]
    assert both.answers


def _said(won: bool) -> str:
    return "succeeded" if won else "refused"


def test_5_idle_connections_of_one_source(both: Speaker, neighbour: Target) -> None:
    """A plain container has so many descriptors by the engine's default that another source is served all the same."""
    _trusting(both, _tests(both), neighbour.address)
    held, served = {}, {}
    for name, port in ((PLAIN, PLAIN_PORT), (NAME, PORT)):
        flood = [sys.executable, "-c", FLOODER, _tests(both), both.host.address, str(port), str(IDLE)]
        with subprocess.Popen(flood, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            held[name] = int(process.stdout.readline())
            served[name] = ask(neighbour, [(both.host.address, port)])[0]
            process.communicate(input="")
    rows = [[name, str(held[name]), "served" if served[name] else "shut out"] for name in held]
    show(f"5. {IDLE} idle connections on {both.host.image}", ["container", "of one source", "another source is"], rows)
    assert held[PLAIN] == IDLE
    assert held[NAME] <= SHARE
    assert served[NAME]


def test_13_it_reaches_out(both: Speaker, neighbour: Target) -> None:
    inside = {name: ["nsenter", "--target", str(both.inspect(name)["State"]["Pid"]), "--net"] for name in (PLAIN, NAME)}
    with serving(neighbour, "tcp:8080", "tcp:80", "udp:53"), serving(both.host, f"tcp:{SSH}"):
        won = {}
        for name, lead in inside.items():
            places = {
                "the host's SSH, by its bridge": ("tcp", _own(both, name)["gateway"], SSH),
                "the host's SSH, by its address": ("tcp", both.host.address, SSH),
                "the host's SSH, elsewhere": ("tcp", ELSEWHERE, SSH),
                "a neighbour on the LAN": ("tcp", neighbour.address, 8080),
                "a metadata address": ("tcp", METADATA, 80),
                "another resolver": ("udp", neighbour.address, 53),
            }
            won[name] = dict(zip(places, reach(both.host, list(places.values()), lead), strict=True))
    rows = [[place, _said(won[PLAIN][place]), _said(said)] for place, said in won[NAME].items()]
    show(f"13. from inside a container, on {both.host.image}", ["to", "plain docker run", "ours"], rows)
    assert all(won[PLAIN].values())
    assert not any(won[NAME].values())


def test_13_it_serves_on_other_ports(both: Speaker, neighbour: Target) -> None:
    guest = ["run", "--detach", "--name", "guest", "plain", "--name", "Guest", "--backend", "alsa", "--device", "null"]
    both.docker(*guest)
    ways = ("bind() to a port", "bind() to port 0", "listen() without bind()")
    beside = ["nsenter", "--target", str(both.inspect("guest")["State"]["Pid"]), "--net"]
    won: dict[str, list[bool]] = {}
    try:
        for name in (PLAIN, NAME):
            lead = ["nsenter", "--target", str(both.inspect(name)["State"]["Pid"]), "--net"]
            with serving(both.host, "tcp:4444", "tcp:0", "unbound:0", inside=lead) as ports:
                places = [("tcp", _own(both, name)["address"], port) for port in ports]
                won[name] = [*reach(both.host, places, beside), *reach(neighbour, places)]
    finally:
        both.docker("rm", "--force", "guest")
    names = [f"{way}, for {who}" for who in ("another container", "a neighbour on the LAN") for way in ways]
    rows = [[way, _said(theirs), _said(ours)] for way, theirs, ours in zip(names, won[PLAIN], won[NAME], strict=True)]
    show(f"13. serving from a container, on {both.host.image}", ["by", "plain docker run", "ours"], rows)
    assert all(won[PLAIN][: len(ways)])
    assert not any(won[NAME])
