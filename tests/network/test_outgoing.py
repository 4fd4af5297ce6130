# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What code that runs as the instance can reach, and where it can serve: under upstream's unit and under ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.attacks.deployment import OURS, baseline
from tests.attacks.tables import show
from tests.network.site import ANSWERING, FAMILIES, INTERFACES, LAN, TRUSTED, Site, address
from tools.lab.segments import namespace

NEIGHBOUR_PORT = 8080
RESOLVER = "10.0.2.3"
ON_LINK = {4: "198.51.101.10", 6: "2600:77::10"}
BEYOND = {4: "198.51.100.10", 6: "2600:88::10"}
"""Addresses of the Internet: of a neighbour, and of a host behind a router."""

# Joins the cgroup of a unit and takes the user of its process; then tries each way that it is given.
_INSIDE = """
import json, os, socket, sys
cgroup, uid, gid, ways = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
open(cgroup + "/cgroup.procs", "w").write(str(os.getpid()))
os.setgroups([]); os.setgid(gid); os.setuid(uid)
found = {}
for name, (kind, host, port) in ways.items():
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        if kind == "tcp":
            with socket.socket(family) as probe:
                probe.settimeout(3)
                probe.connect((host, port))
        else:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                if kind == "mdns":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                    probe.bind(("", 5353))
                probe.sendto(b"x", (host, port))
        found[name] = "allowed"
    except OSError as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""

# Serves on a port of its own: after bind(), after bind() to port 0, and by listen() without bind().
_SERVE = """
import os, socket, sys, time
cgroup, uid, gid, how = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
open(cgroup + "/cgroup.procs", "w").write(str(os.getpid()))
os.setgroups([]); os.setgid(gid); os.setuid(uid)
server = socket.socket()
try:
    if how != "listen":
        server.bind(("0.0.0.0", {"bind": 6000, "zero": 0}[how]))
    server.listen()
except OSError as error:
    print(type(error).__name__, flush=True)
    raise SystemExit
print(server.getsockname()[1], flush=True)
server.settimeout(8)
try:
    while True:
        server.accept()[0].sendall(b"served")
except TimeoutError:
    pass
"""


def _inside(host: Site, unit: str) -> list[str]:
    pid = host.process(unit)
    cgroup = host.show(unit, "ControlGroup")["ControlGroup"]
    status = host.out("cat", f"/proc/{pid}/status").splitlines()
    uid, gid = (next(line for line in status if line.startswith(name)).split()[1] for name in ("Uid", "Gid"))
    return [f"/sys/fs/cgroup{cgroup}", uid, gid]


@pytest.fixture
def neighbour(host: Site, tmp_path: Path) -> Iterator[None]:
    """Serve on the segment, also at addresses of the Internet: of the segment's own networks, and behind a router."""
    inside = ["ip", "netns", "exec", namespace(host.name, LAN)]
    _addressed(host, inside, "replace")
    servers = [
        subprocess.Popen(
            [*inside, sys.executable, "-m", "http.server", "--bind", "::", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=tmp_path,
        )
        for port in (NEIGHBOUR_PORT, 443)
    ]
    yield
    for server in servers:
        server.kill()
        server.wait()
    _addressed(host, inside, "delete")


def _addressed(host: Site, inside: Sequence[str], verb: str) -> None:
    interface = INTERFACES[LAN]
    theirs = [f"{ON_LINK[4]}/24 dev eth0", f"{ON_LINK[6]}/64 dev eth0"]
    theirs += [f"{BEYOND[4]}/32 dev lo", f"{BEYOND[6]}/128 dev lo"]
    ours = [f"address {verb} 198.51.101.1/24 dev {interface}", f"address {verb} 2600:77::1/64 dev {interface}"]
    listed = subprocess.run(
        [*inside, "ip", "-json", "-6", "address", "show", "dev", "eth0", "scope", "link"],
        check=True,
        capture_output=True,
        text=True,
    )
    # As routers of a household are known: by an address of its own, and by one of the link.
    entries = [entry for item in json.loads(listed.stdout) for entry in item.get("addr_info", ())]
    # What is not of that scope is listed as nothing.
    (of_link,) = [entry["local"] for entry in entries if entry]
    routers = {4: address(LAN, TRUSTED, 4), 6: of_link}
    ours += [f"route {verb} {BEYOND[family]} via {routers[family]} dev {interface}" for family in FAMILIES]
    lines = "".join(f"address {verb} {item}\n" for item in theirs)
    subprocess.run([*inside, "ip", "-batch", "-"], input=lines, text=True, check=True)
    host.out("ip", "-batch", "-", text="".join(f"{line}\n" for line in ours))


@pytest.mark.usefixtures("neighbour")
def test_nothing_near_can_be_reached(host: Site) -> None:
    baseline(host, "upstream")
    host.shell("systemctl is-active -q ssh")
    near = {
        "a neighbour": ("tcp", address(LAN, TRUSTED, 4), NEIGHBOUR_PORT),
        "the host's SSH": ("tcp", address(LAN, ANSWERING, 4), 22),
        "the host's SSH, IPv6": ("tcp", address(LAN, ANSWERING, 6), 22),
        "the host's SSH, loopback": ("tcp", "127.0.0.1", 22),
        "a metadata address": ("udp", "169.254.169.254", 80),
        "another resolver": ("udp", "192.168.77.10", 53),
        "another resolver, from the port of mDNS": ("mdns", "192.168.77.10", 53),
        "the host itself, from the port of mDNS": ("mdns", address(LAN, ANSWERING, 4), 5353),
        "a resolver of the Internet": ("udp", "9.9.9.9", 53),
        "a neighbour with an address of the Internet": ("tcp", ON_LINK[4], 443),
        "a neighbour with an address of the Internet, IPv6": ("tcp", ON_LINK[6], 443),
        "another port of the Internet": ("tcp", BEYOND[4], NEIGHBOUR_PORT),
    }
    far = {
        "the host's resolver": ("udp", RESOLVER, 53),
        "port 443 of the Internet": ("tcp", BEYOND[4], 443),
        "port 443 of the Internet, IPv6": ("tcp", BEYOND[6], 443),
    }
    found = {}
    for name, unit in (("upstream", "attacked-upstream.service"), ("ours", OURS)):
        said = host.out("python3", "-Ic", _INSIDE, *_inside(host, unit), json.dumps({**near, **far}), timeout=120)
        found[name] = json.loads(said)
    rows = [[name, found["upstream"][name], found["ours"][name]] for name in (*near, *far)]
    show(f"outgoing on {host.image}", ["to", "upstream", "ours"], rows)
    assert set(found["upstream"].values()) == {"allowed"}
    assert {name: found["ours"][name] for name in far} == dict.fromkeys(far, "allowed")
    assert "allowed" not in {found["ours"][name] for name in near}


def test_without_the_table_the_clouds_secrets_stay_out_of_reach(host: Site) -> None:
    baseline(host, "upstream")
    host.out("nft", "delete", "table", "inet", "librespot")
    ways = {"a metadata address": ("udp", "169.254.169.254", 80), "elsewhere": ("udp", "192.168.77.10", 53)}
    found = {
        name: json.loads(host.out("python3", "-Ic", _INSIDE, *_inside(host, unit), json.dumps(ways)))
        for name, unit in (("upstream", "attacked-upstream.service"), ("ours", OURS))
    }
    show(
        f"outgoing without the table on {host.image}",
        ["to", "upstream", "ours"],
        [[name, found["upstream"][name], found["ours"][name]] for name in ways],
    )
    assert set(found["upstream"].values()) == {"allowed"}
    assert found["ours"] == {"a metadata address": "PermissionError", "elsewhere": "allowed"}


@pytest.mark.parametrize("how", ["bind", "zero", "listen"])
def test_no_other_port_can_be_served(host: Site, how: str) -> None:
    baseline(host, "upstream")
    ends = {}
    for name, unit in (("upstream", "attacked-upstream.service"), ("ours", OURS)):
        served = host.start("python3", "-Ic", _SERVE, *_inside(host, unit), how)
        assert served.stdout is not None
        with served:
            port = served.stdout.readline().strip()
            ends[name] = port if not port.isdigit() else _heard(host, int(port))
    show(f"another port, by {how}, on {host.image}", ["upstream", "ours"], [[ends["upstream"], ends["ours"]]])
    assert ends["upstream"] == "served"
    assert ends["ours"] != "served"


def _heard(host: Site, port: int) -> str:
    script = (
        "import socket, sys\n"
        "try:\n    print(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3).recv(99).decode())\n"
        "except OSError as error:\n    print(type(error).__name__)\n"
    )
    inside = ["ip", "netns", "exec", namespace(host.name, LAN), sys.executable, "-c", script]
    done = subprocess.run([*inside, address(LAN, ANSWERING, 4), str(port)], capture_output=True, text=True, check=True)
    return done.stdout.strip()
