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
)
from tests.network.test_follow import BOMBARD
from tests.support.plays import Controller
from tools.lab.segments import namespace

BRIDGE = "lsp-kitchen"
CONTAINER = {4: "172.30.0.2", 6: "fd30::2"}
_SUBNETS = {4: "172.30.0.0/24", 6: "fd30::/64"}

# The image is empty; what librespot needs is the machine's own. A real image comes with the container role.
_RUN = f"""
apt-get -qq update </dev/null
command -v docker >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y docker.io >/dev/null </dev/null
command -v docker >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y docker-cli >/dev/null </dev/null
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


@pytest.fixture(scope="module")
def published(controller: Controller) -> Iterator[Site]:
    """Return the machine with librespot in a container, behind the firewall of ours."""
    host = controller.host
    assert isinstance(host, Site)
    controller.converge(APPLY, {"librespot_state": "absent"})
    for segment in (LAN, FAR):
        for family in FAMILIES:
            _route(host, segment, "add", family)
    host.out("sh", "-euc", _RUN, timeout=1200)
    _firewall(controller, "present")
    until(lambda: host.ask(LAN, [_asked(TRUSTED, 4)]) == [True], 60, "the container answers")
    yield host
    _firewall(controller, "absent")
    for segment in (LAN, FAR):
        for family in FAMILIES:
            _route(host, segment, "del", family)
    host.shell(
        "docker rm -f kitchen >/dev/null; docker network rm speakers >/dev/null; systemctl stop docker.socket docker"
    )


def _firewall(controller: Controller, state: str) -> None:
    instance: dict[str, Any] = {**KITCHEN, "bind": {"interface": INTERFACES[LAN]}, "access": ["home"]}
    zones = {"home": {"networks": everywhere(TRUSTED)}}
    module = {"instances": [instance], "zones": zones, "deployment": "container", "state": state}
    tasks = [{"hardened.librespot.firewall": module}]
    playbook = controller.directory / "published.yml"
    playbook.write_text(json.dumps([{"hosts": "librespot", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    controller.converge(playbook, {})
    if state == "present":
        assert controller.converge(playbook, {}).recap(controller.host)["changed"] == 0


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
    inside = ["ip", "netns", "exec", namespace(published.name, LAN), sys.executable, "-c", BOMBARD]
    knocks = [
        subprocess.Popen(
            [*inside, address(LAN, STRANGER, 4), target, str(PORT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for target in (address(LAN, ANSWERING, 4), CONTAINER[4])
    ]
    published.shell("systemctl restart docker; docker start kitchen >/dev/null", timeout=300)
    until(lambda: published.ask(LAN, [_asked(TRUSTED, 4)]) == [True], 60, "the container answers again")
    first = [process.communicate(input="\n")[0].strip() for process in knocks]
    show(
        f"a restart of Docker on {published.image}",
        ["a stranger's first answer, published", "straight"],
        [first],
    )
    assert first == ["never", "never"]


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
