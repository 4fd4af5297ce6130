# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container with a segment of its own: who is answered there, at every moment, and what it takes to move there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers import wire
from tests.containers.speaker import NAME, Speaker
from tests.network.trunk import LEASE_S, ask, ask_as_host, serve_leases

HOLDER = f"{NAME}-segment"
UNIT = f"{NAME}-segment.service"
SEGMENTED = {"segment": wire.SEGMENT, "access": ["home"]}
BACK_S = 90.0
NOTICED_S = 2.0
LEASED = "192.168.20.77"

_RESTARTS = {
    "the container, again and again": f"for _time in 1 2 3 4 5; do docker restart {NAME} >/dev/null; done",
    "librespot killed": f"kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' {NAME})",
    "the holder": f"docker restart {HOLDER} >/dev/null",
    "the holder killed": f"kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' {HOLDER})",
    "the holder stopped": f"docker stop {HOLDER} >/dev/null",
    "the segment": f"systemctl restart {UNIT}",
    "the segment killed": f"systemctl kill --signal=KILL {UNIT}",
    "the engine": "systemctl restart docker.service",
    "the engine killed": "systemctl kill --kill-whom=main --signal=KILL docker.service; sleep 3",
    "the engine, down for a while": "systemctl stop docker.socket docker; sleep 3; systemctl start docker",
}


def converge(speaker: Speaker, *changes: dict[str, Any], **more: Any) -> int:
    """Deploy the kitchen into its segment, with *changes*."""
    return speaker.converge(SEGMENTED, *changes, librespot_zones=wire.ZONES, **more)


def settled(speaker: Speaker) -> bool:
    """Whether the segment is that of the holder that runs now, with the kitchen in it, and the right are answered."""
    host, pids = speaker.host, [speaker.inspect(name)["State"]["Pid"] for name in (NAME, HOLDER)]
    where = [host.run("readlink", f"/proc/{pid}/ns/net").stdout.strip() for pid in pids]
    named = f"net:[{host.run('stat', '--format=%i', f'/run/netns/{NAME}').stdout.strip()}]"
    active = host.run("systemctl", "is-active", "--quiet", UNIT).returncode == 0
    return active and where == [named, named] and wire.served(host) == wire.TRUSTED_ALONE


@pytest.fixture(scope="module")
def laid(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with a cable to its neighbours."""
    wire.lay(speaker.host)
    yield speaker
    speaker.converge(librespot_state="absent")
    wire.take_up(speaker.host)


@pytest.fixture
def inside(laid: Speaker) -> Speaker:
    """Return the host with the kitchen in its segment."""
    converge(laid)
    until(lambda: settled(laid), BACK_S, "it answers")
    return laid


def test_a_check_says_what_a_run_then_does_and_the_next_run_does_nothing(laid: Speaker) -> None:
    laid.converge(librespot_state="absent")
    before = laid.host.snapshot()
    foretold = converge(laid, options=["--check"])
    assert (laid.host.snapshot(), laid.names) == (before, [])
    assert converge(laid) == foretold
    assert wire.served(laid.host) == wire.TRUSTED_ALONE
    assert laid.names == [NAME, HOLDER]
    assert converge(laid) == 0


def test_only_the_trusted_are_answered_at_its_own_address(inside: Speaker) -> None:
    host = inside.host
    found = wire.served(host)
    host.out("ip", "netns", "exec", NAME, "nft", "delete", "table", "inet", "librespot")
    with wire.knocking(host) as heard:
        without = wire.served(host)
        time.sleep(1)
    host.out("systemctl", "reload", UNIT)
    rows = [[name, str(without[name]), str(said)] for name, said in found.items()]
    show(f"a segment of a container on {host.image}", ["who", "without the table", "ours"], rows)
    assert (found, set(without.values())) == (wire.TRUSTED_ALONE, {True})
    # Whoever knocks would notice.
    assert all(heard[family] for family in wire.FAMILIES)
    assert wire.served(host) == wire.TRUSTED_ALONE
    assert ask_as_host(host, [("get_info", wire.HOST[4], wire.OWN[4], PORT)]) == [False]
    assert not inside.answers


def test_it_announces_its_own_address_and_no_other(inside: Speaker) -> None:
    said = ask(inside.host, [("mdns", wire.TRUSTED[4]), ("mdns", wire.TRUSTED[6])])
    assert ["Kitchen" in text for text in said] == [True, True]
    assert all(inside.host.answer(PORT) is None for _family in wire.FAMILIES)


def test_it_asks_the_segments_resolvers_and_cannot_change_them(inside: Speaker) -> None:
    pid = inside.inspect()["State"]["Pid"]
    assert inside.host.out("cat", f"/proc/{pid}/root/etc/resolv.conf") == f"nameserver {wire.ROUTER}\n"
    mounts = {mount["Target"]: mount["ReadOnly"] for mount in inside.inspect()["HostConfig"]["Mounts"]}
    assert mounts["/etc/resolv.conf"] is True


@pytest.mark.parametrize("what", _RESTARTS)
def test_a_stranger_is_answered_at_no_moment(inside: Speaker, what: str) -> None:
    with wire.knocking(inside.host) as heard:
        inside.host.shell(_RESTARTS[what], timeout=300)
        time.sleep(NOTICED_S)
        took = NOTICED_S + until(lambda: settled(inside), BACK_S, "it answers again")
    show(f"restart of {what}, in a segment on {inside.host.image}", ["answers after s"], [[f"{took:.0f}"]])
    assert heard == {4: [], 6: []}
    assert converge(inside) == 0


def test_without_its_filter_there_is_no_interface(inside: Speaker) -> None:
    table = "/etc/librespot/kitchen.nft"
    text = inside.host.out("cat", table)
    inside.host.write(table, "not a table\n", "0600")
    done = inside.host.run("systemctl", "restart", UNIT)
    assert done.returncode != 0
    links = inside.host.run("ip", "-n", NAME, "-br", "link").stdout
    assert "librespot0" not in links
    assert not any(wire.served(inside.host).values())
    inside.host.write(table, text, "0600")
    until(lambda: settled(inside), BACK_S, "it answers again")


def test_another_one_takes_its_place_in_the_same_network(inside: Speaker) -> None:
    before, network = inside.inspect(HOLDER), inside.host.out("stat", "--format=%i", f"/run/netns/{NAME}")
    converge(inside, {"options": {"name": "Cook"}})
    after = inside.inspect(HOLDER)
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    assert inside.host.out("stat", "--format=%i", f"/run/netns/{NAME}") == network
    (said,) = ask(inside.host, [("info", wire.TRUSTED[4], wire.OWN[4], PORT)])
    assert said["remoteName"] == "Cook"
    assert NAME not in inside.docker("network", "ls", "--format", "{{.Name}}").split()


def test_one_that_does_not_come_up_never_takes_the_place_of_one_that_runs(inside: Speaker) -> None:
    before = inside.identity
    changed = {**SEGMENTED, "relaxations": {"alsa": "there is no card"}}
    done = inside.run(changed, librespot_zones=wire.ZONES)
    assert (done.status != 0, "/dev/snd" in done.output) == (True, True)
    assert (inside.identity, inside.names) == (before, [NAME, HOLDER])
    assert wire.served(inside.host) == wire.TRUSTED_ALONE


def test_a_holder_that_was_changed_is_made_anew_and_what_plays_with_it(inside: Speaker) -> None:
    image = inside.inspect()["Image"]
    inside.host.shell(
        f"docker rm --force {HOLDER} >/dev/null\n"
        f"docker run --detach --name {HOLDER} --network none --label hardened.librespot.instance=kitchen "
        f"--entrypoint /usr/bin/librespot-probe {image} hold >/dev/null"
    )
    assert converge(inside) == 1
    assert inside.inspect(HOLDER)["HostConfig"]["CapDrop"] == ["ALL"]
    until(lambda: settled(inside), BACK_S, "it answers again")
    assert converge(inside) == 0


def test_it_moves_into_a_segment_and_back_and_leaves_nothing_behind(laid: Speaker) -> None:
    laid.converge(librespot_state="absent")
    laid.converge()
    assert laid.answers
    with wire.knocking(laid.host) as heard:
        converge(laid)
        until(lambda: settled(laid), BACK_S, "it answers in its segment")
    assert heard == {4: [], 6: []}
    assert (laid.names, laid.answers) == ([NAME, HOLDER], False)
    assert NAME not in laid.docker("network", "ls", "--format", "{{.Name}}").split()
    laid.converge()
    assert (laid.names, laid.answers) == ([NAME], True)
    assert "librespot" not in laid.host.run("ip", "netns").stdout
    assert not [name for name in laid.host.snapshot() if "segment" in name or "netns" in name]
    assert laid.converge() == 0


def test_it_moves_from_a_service_into_a_container_and_back_in_its_segment(laid: Speaker) -> None:
    laid.converge(librespot_state="absent")
    converge(laid, librespot_deployment="systemd")
    until(lambda: wire.served(laid.host) == wire.TRUSTED_ALONE, BACK_S, "the service answers")
    with wire.knocking(laid.host) as heard:
        converge(laid)
        until(lambda: settled(laid), BACK_S, "the container answers")
        assert (laid.names, converge(laid)) == ([NAME, HOLDER], 0)
        converge(laid, librespot_deployment="systemd")
        until(lambda: wire.served(laid.host) == wire.TRUSTED_ALONE, BACK_S, "the service answers again")
    assert heard == {4: [], 6: []}
    assert (laid.names, converge(laid, librespot_deployment="systemd")) == ([], 0)
    laid.converge(librespot_state="absent")


def test_an_address_can_come_by_dhcp_and_is_kept(laid: Speaker) -> None:
    serve_leases(laid.host, "eth0", LEASED, wire.ROUTER)
    by_lease = {"segment": {"parent": wire.PARENT, "dhcp": True}}
    converge(laid, by_lease)
    asked = [("get_info", wire.TRUSTED[4], LEASED, PORT), ("get_info", wire.STRANGER[4], LEASED, PORT)]
    until(lambda: ask(laid.host, asked) == [True, False], BACK_S, "it answers at the address of its lease")
    assert converge(laid, by_lease) == 0
    pid = laid.inspect()["State"]["Pid"]
    assert laid.host.out("cat", f"/proc/{pid}/root/etc/resolv.conf") == f"nameserver {wire.ROUTER}\n"
    time.sleep(LEASE_S)
    assert ask(laid.host, asked) == [True, False]
    laid.docker("restart", HOLDER)
    until(lambda: ask(laid.host, asked) == [True, False], BACK_S, "it answers again")


def test_its_removal_leaves_nothing(inside: Speaker) -> None:
    inside.converge(librespot_state="absent")
    assert (inside.names, inside.host.snapshot()) == ([], {})
    assert "librespot" not in inside.host.run("ip", "netns").stdout
    assert "librespot" not in inside.docker("network", "ls", "--format", "{{.Name}}")
    assert inside.converge(librespot_state="absent") == 0
