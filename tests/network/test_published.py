# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The published port of a Docker container, and a packet that is routed straight to its address: the same rules."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, KITCHEN, PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.network.site import (
    ANSWERING,
    FAMILIES,
    FAR,
    INTERFACES,
    LAN,
    STRANGER,
    TRUSTED,
    Site,
    address,
    everywhere,
    opened,
)
from tests.support.plays import Controller, Run
from tools.lab.segments import namespace

BRIDGE = "lsp-kitchen"
CONTAINER = {4: "172.30.0.2", 6: "fd30::2"}
_SUBNETS = {4: "172.30.0.0/24", 6: "fd30::/64"}

# The image is empty; what librespot needs is the machine's own. A real image comes with the container role.
_RUN = f"""
docker rm -f kitchen >/dev/null 2>&1 || true
docker network inspect speakers >/dev/null 2>&1 || docker network create --ipv6 \\
    --subnet {_SUBNETS[4]} --subnet {_SUBNETS[6]} -o com.docker.network.bridge.name={BRIDGE} speakers >/dev/null
tar --create --files-from /dev/null | docker import - empty >/dev/null
docker run --detach --name kitchen --network speakers --ip {CONTAINER[4]} --ip6 {CONTAINER[6]} \\
    --publish {PORT}:{PORT} --volume /usr:/usr:ro --volume /lib:/lib:ro --volume /lib64:/lib64:ro \\
    --volume /etc:/etc:ro --volume /opt/librespot:/opt/librespot:ro empty \\
    /opt/librespot/current/bin/librespot --name Kitchen --backend pipe --zeroconf-port {PORT} >/dev/null
"""

# Connects from the network of the container, as root: nothing of the host's own is in its way but the table.
_REACH = """
import json, socket, sys
found = {}
for name, (host, port) in json.loads(sys.argv[1]).items():
    try:
        socket.create_connection((host, port), timeout=3).close()
        found[name] = "reached"
    except OSError as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""

_AUDITED = "NET-03 table host, NET-04 table host, NET-09 table host, NET-10 table host, NET-11 table host"
_MUTANTS = (
    Mutant(
        "no-table",
        "nft delete table inet librespot",
        f"{_AUDITED}, NET-10 stranger kitchen, NET-12 families kitchen, CFG-06 drift host",
    ),
    Mutant(
        "nothing-forwarded-is-judged",
        "nft flush chain inet librespot on_forward",
        "NET-10 table host, NET-10 stranger kitchen, CFG-06 drift host",
    ),
    Mutant(
        "straight-to-the-container",
        # What the container answers is still judged on its way out.
        "nft insert rule inet librespot to_kitchen accept",
        "NET-10 table host, CFG-06 drift host",
    ),
    Mutant(
        "published-to-everyone",
        "nft insert rule inet librespot door_kitchen accept",
        "NET-04 table host, NET-10 stranger kitchen, CFG-06 drift host",
    ),
    Mutant(
        "another-container-on-the-bridge",
        "docker run --detach --rm --name guest --network speakers --volume /usr:/usr:ro --volume /lib:/lib:ro "
        "--volume /lib64:/lib64:ro empty /usr/bin/sleep 600 >/dev/null",
        "NET-10 bridge kitchen",
        by_hand="docker rm --force guest >/dev/null",
    ),
)


@pytest.fixture(scope="module")
def published(controller: Controller) -> Iterator[Site]:
    """Return the machine with librespot in a container, behind the firewall of ours."""
    host = controller.host
    assert isinstance(host, Site)
    controller.converge(APPLY, {"librespot_state": "absent"})
    for segment in (LAN, FAR):
        for family in FAMILIES:
            _route(host, segment, "add", family)
    host.engine()
    host.out("sh", "-euc", _RUN, timeout=300)
    _firewall(controller, "present")
    until(lambda: host.ask(LAN, [_asked(TRUSTED, 4)]) == [True], 60, "the container answers")
    yield host
    _firewall(controller, "absent")
    for segment in (LAN, FAR):
        for family in FAMILIES:
            _route(host, segment, "del", family)
    host.shell(
        "docker rm -f kitchen >/dev/null; docker network rm speakers >/dev/null\n"
        "systemctl disable --quiet --now docker.socket docker.service"
    )


def _wanted() -> dict[str, Any]:
    instance: dict[str, Any] = {**KITCHEN, "bind": {"interface": INTERFACES[LAN]}, "access": ["home"]}
    zones = {"home": {"networks": everywhere(TRUSTED)}}
    return {"instances": [instance], "zones": zones, "deployment": "container"}


def _firewall(controller: Controller, state: str) -> int:
    tasks = [{"hardened.librespot.firewall": {**_wanted(), "state": state}}]
    playbook = controller.playbook(*tasks)
    changed = controller.converge(playbook, {}).recap(controller.host)["changed"]
    if state == "present":
        assert controller.converge(playbook, {}).recap(controller.host)["changed"] == 0
    return changed


def _route(host: Site, segment: str, verb: str, family: int) -> None:
    inside = ["ip", "-n", namespace(host.name, segment), f"-{family}", "route", verb, _SUBNETS[family]]
    subprocess.run([*inside, "via", address(segment, ANSWERING, family)], check=True)


def _asked(who: int, family: int, target: str = "", segment: str = LAN) -> tuple[str, str, str, int]:
    return ("get_info", address(segment, who, family), target or address(segment, ANSWERING, family), PORT)


def _answers(host: Site) -> dict[str, bool]:
    """Return who is answered, at the published port and at the container's own address."""
    found: dict[str, bool] = {}
    for segment in (LAN, FAR):
        asked = {
            f"{'trusted' if who == TRUSTED else 'stranger'}, {segment}, IPv{family}, {way}": _asked(
                who, family, target, segment
            )
            for who in (TRUSTED, STRANGER)
            for family in FAMILIES
            for way, target in (("published", ""), ("straight", CONTAINER[family]))
        }
        found.update(zip(asked, host.ask(segment, list(asked.values())), strict=True))
    return found


def test_a_published_port_and_a_straight_packet_meet_the_same_rules(published: Site) -> None:
    ours = _answers(published)
    published.out("nft", "delete", "table", "inet", "librespot")
    without = _answers(published)
    published.out("systemctl", "reload", "librespot-firewall.service")
    rows = [[name, str(without[name]), str(said)] for name, said in ours.items()]
    show(f"a published port on {published.image}", ["who", "without the table", "ours"], rows)
    assert [name for name, said in ours.items() if said] == [
        f"trusted, {LAN}, IPv{family}, published" for family in FAMILIES
    ]
    assert without[f"stranger, {LAN}, IPv4, published"]
    assert without[f"stranger, {FAR}, IPv4, published"]


def test_a_restart_of_docker_lets_nobody_in(published: Site) -> None:
    knocks = [published.knocking(LAN, STRANGER, target) for target in (address(LAN, ANSWERING, 4), CONTAINER[4])]
    published.shell("systemctl restart docker; docker start kitchen >/dev/null", timeout=300)
    until(lambda: published.ask(LAN, [_asked(TRUSTED, 4)]) == [True], 60, "the container answers again")
    found = [opened(process) for process in knocks]
    show(
        f"a restart of Docker on {published.image}",
        ["a stranger is let in, published", "straight"],
        [[f"{len(times)} times" for times in found]],
    )
    assert found == [[], []]


def test_it_reaches_neither_the_host_nor_its_neighbours(published: Site, tmp_path: Path) -> None:
    near = {
        "the host's SSH, by its bridge": ("172.30.0.1", 22),
        "the host's SSH, by its address": (address(LAN, ANSWERING, 4), 22),
        "the host's SSH, IPv6": (address(LAN, ANSWERING, 6), 22),
        "a neighbour": (address(LAN, TRUSTED, 4), 8080),
    }
    pid = published.out("docker", "inspect", "--format", "{{.State.Pid}}", "kitchen").strip()
    reach = ["nsenter", "--target", pid, "--net", "python3", "-Ic", _REACH, json.dumps(near)]
    serve = ["ip", "netns", "exec", namespace(published.name, LAN), sys.executable, "-m", "http.server", "8080"]
    neighbour = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    try:
        ours = json.loads(published.out(*reach))
        published.out("nft", "delete", "table", "inet", "librespot")
        without = json.loads(published.out(*reach))
        published.out("systemctl", "reload", "librespot-firewall.service")
    finally:
        neighbour.kill()
        neighbour.wait()
    rows = [[name, without[name], ours[name]] for name in near]
    show(f"from inside the container on {published.image}", ["to", "without the table", "ours"], rows)
    assert set(without.values()) == {"reached"}
    assert "reached" not in ours.values()


def test_the_audit_sees_what_a_stranger_meets(published: Site) -> None:
    before = published.out("ip", "-br", "link"), published.out("ip", "netns")
    found = audit(published, _wanted())
    assert red(found) == {}
    said = {item["check"]: item["evidence"] for item in found if item["id"] == "NET-10"}
    assert set(said) == {"table", "bridge", "stranger"}
    asked = said["stranger"]
    assert all(target in asked for target in (*CONTAINER.values(), *everywhere(ANSWERING)))
    assert (published.out("ip", "-br", "link"), published.out("ip", "netns")) == before


@pytest.mark.parametrize("mutant", _MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(published: Site, controller: Controller, mutant: Mutant) -> None:
    published.shell(mutant.script)
    found = red(audit(published, _wanted()))
    if mutant.by_hand:
        published.shell(mutant.by_hand)
    changed = _firewall(controller, "present")
    assert set(found) == mutant.declared(enforces=True), found
    assert bool(changed) != bool(mutant.by_hand)
    assert red(audit(published, _wanted())) == {}


def test_the_hosts_avahi_announces_it_where_it_is_bound(published: Site, controller: Controller) -> None:
    published.packages("avahi-daemon")
    assert "on every interface of the host besides" in _announced(controller, "present").output
    asked = ("mdns", address(LAN, TRUSTED, 4))
    until(lambda: "Kitchen" in published.ask(LAN, [asked])[0], 20, "it is announced")
    published.shell(
        f"sed -i 's/^.server.$/[server]\\nallow-interfaces={INTERFACES[LAN]}/' /etc/avahi/avahi-daemon.conf\n"
        "systemctl restart avahi-daemon"
    )
    again = _announced(controller, "present")
    assert (again.recap(published)["changed"], "besides" in again.output) == (0, False)
    until(lambda: published.ask(LAN, [asked])[0].startswith(f"{address(LAN, ANSWERING, 4)}: "), 20, "it is announced")
    assert published.ask(FAR, [("mdns", address(FAR, TRUSTED, 4))]) == [""]
    assert published.ask(LAN, [_asked(TRUSTED, 4)]) == [True]
    _announced(controller, "absent")
    until(lambda: published.ask(LAN, [asked]) == [""], 20, "it is not announced any more")
    assert _announced(controller, "absent").recap(published)["changed"] == 0
    published.shell("DEBIAN_FRONTEND=noninteractive apt-get -qq purge -y avahi-daemon >/dev/null </dev/null")


def _announced(controller: Controller, state: str) -> Run:
    wanted = {key: value for key, value in _wanted().items() if key != "deployment"}
    tasks = [{"hardened.librespot.announcement": {**wanted, "state": state}}]
    playbook = controller.playbook(*tasks)
    return controller.converge(playbook, {})
