# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A router with the exported table between two networks: real packets, forwarded or not."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork, placed
from ansible_collections.hardened.librespot.plugins.module_utils.render.router import policy, router_table

ROUTER, INSIDE, OUTSIDE = "hlr-router", "hlr-inside", "hlr-outside"
PORT, OTHER = 40000, 40001
HOST = ("192.0.2.5", "2001:db8:2::5")
TRUSTED = ("198.51.100.10", "2001:db8:3::10")
STRANGER = ("198.51.100.66", "2001:db8:3::66")

_TOPOLOGY = f"""
set -eu
for name in {ROUTER} {INSIDE} {OUTSIDE}; do ip netns add $name; ip -n $name link set lo up; done
ip -n {INSIDE} link add eth0 type veth peer name in0 netns {ROUTER}
ip -n {OUTSIDE} link add eth0 type veth peer name out0 netns {ROUTER}
for name in {INSIDE} {OUTSIDE}; do ip -n $name link set eth0 up; done
ip -n {ROUTER} link set in0 up
ip -n {ROUTER} link set out0 up
ip -n {ROUTER} address add 192.0.2.1/24 dev in0
ip -n {ROUTER} address add 2001:db8:2::1/64 dev in0 nodad
ip -n {ROUTER} address add 198.51.100.1/24 dev out0
ip -n {ROUTER} address add 2001:db8:3::1/64 dev out0 nodad
ip -n {INSIDE} address add {HOST[0]}/24 dev eth0
ip -n {INSIDE} address add {HOST[1]}/64 dev eth0 nodad
for number in 10 66; do
  ip -n {OUTSIDE} address add 198.51.100.$number/24 dev eth0
  ip -n {OUTSIDE} address add 2001:db8:3::$number/64 dev eth0 nodad
done
ip -n {INSIDE} route add default via 192.0.2.1
ip -n {INSIDE} -6 route add default via 2001:db8:2::1
ip -n {OUTSIDE} route add default via 198.51.100.1
ip -n {OUTSIDE} -6 route add default via 2001:db8:3::1
ip netns exec {ROUTER} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
"""
_CONNECT = """
import socket, sys
source, target, port = sys.argv[1:]
try:
    socket.create_connection((target, int(port)), 2, (source, 0)).close()
except OSError:
    sys.exit(1)
"""


def _inside(name: str, *argv: str) -> list[str]:
    return ["ip", "netns", "exec", name, *argv]


@pytest.fixture(scope="module")
def router() -> Iterator[str]:
    """Return the network namespace of a router between a host that listens at two ports and the rest of the world."""
    remove = "; ".join(f"ip netns delete {name} 2> /dev/null" for name in (ROUTER, INSIDE, OUTSIDE)) + "; true"
    subprocess.run(["sh", "-c", remove], check=True)
    listeners = []
    try:
        subprocess.run(["sh", "-c", _TOPOLOGY], check=True)
        for port in (PORT, OTHER):
            serve = [sys.executable, "-m", "http.server", str(port), "--bind", "::"]
            listeners.append(
                subprocess.Popen(_inside(INSIDE, *serve), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
        deadline = time.monotonic() + 10
        while not _reached(STRANGER, PORT) == _reached(STRANGER, OTHER) == [True, True]:
            assert time.monotonic() < deadline, "nothing listens"
        yield ROUTER
    finally:
        for listener in listeners:
            listener.kill()
            listener.wait()
        subprocess.run(["sh", "-c", remove], check=True)


def _reached(sources: tuple[str, str], port: int) -> list[bool]:
    return [
        subprocess.run(
            _inside(OUTSIDE, sys.executable, "-c", _CONNECT, source, target, str(port)), check=False
        ).returncode
        == 0
        for source, target in zip(sources, HOST, strict=True)
    ]


def _load(router: str, networks: list[str]) -> None:
    network = HostNetwork({"eth0": HOST}, "eth0")
    spec = parse_specification(
        "0.8.0", [{"name": "kitchen", "port": PORT, "access": ["home"]}], {}, {"home": {"networks": networks}}
    )
    found = policy(
        [placed(item, network) for item in spec.present], spec.zones, {item.name: network for item in spec.present}
    )
    text = router_table(found).transaction()
    subprocess.run(_inside(router, "nft", "--file", "-"), input=text, text=True, check=True)


def test_the_trusted_come_through_and_nobody_else_to_that_port(router: str) -> None:
    _load(router, list(TRUSTED))
    assert _reached(TRUSTED, PORT) == [True, True]
    assert _reached(STRANGER, PORT) == [False, False]
    assert _reached(STRANGER, OTHER) == [True, True]


def test_loaded_again_it_is_the_new_policy(router: str) -> None:
    _load(router, list(TRUSTED))
    _load(router, list(STRANGER))
    assert _reached(TRUSTED, PORT) == [False, False]
    assert _reached(STRANGER, PORT) == [True, True]
