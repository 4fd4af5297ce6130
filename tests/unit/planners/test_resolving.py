# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What engines write for each container is what it resolves names by; anything else is an impostor's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners import resolving

DOCKER = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
172.18.0.2\tkitchen
"""
PODMAN = """\
127.0.0.1\tlocalhost
::1\tlocalhost
10.89.0.1\thost.containers.internal host.docker.internal
10.89.0.2\tkitchen librespot-kitchen
"""
EMBEDDED = "nameserver 127.0.0.11\noptions edns0 trust-ad ndots:0\n"
IMPOSTOR = "10.0.0.66 apresolve.spotify.com\n"

OF_DOCKER = Place(997, 996, "sha256:0", resolver="127.0.0.11")
OF_PODMAN = Place(997, 996, "sha256:0")
MAIN = Process(7, "/usr/bin/librespot", {}, {}, {}, "/", {}, (), ())
HOST = {"host_network": {"reason": "multicast"}}
STATIC = {
    "parent": "eth0",
    "addresses": ["192.168.20.5/24"],
    "gateways": ["192.168.20.1"],
    "resolvers": ["192.168.20.2", "192.168.20.3"],
}

Written = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Return what writes the process's table of hosts and its name servers."""
    roots = {f"/proc/{MAIN.pid}/root": Files(str(tmp_path))}
    monkeypatch.setattr(resolving, "Files", roots.__getitem__)
    (tmp_path / "etc").mkdir()

    def both(hosts: str, servers: str) -> None:
        (tmp_path / "etc/hosts").write_text(hosts, encoding="utf-8")
        (tmp_path / "etc/resolv.conf").write_text(servers, encoding="utf-8")

    return both


def _instance(**written: Any) -> Instance:
    (found,) = parse_specification("0.8.0", [{"name": "kitchen", **written}], {}, None, CONTAINER).present
    return found


@pytest.mark.parametrize(
    ("hosts", "servers", "place", "written"),
    [
        (DOCKER, EMBEDDED, OF_DOCKER, {}),
        ("# by hand\n\n", f"; \n{EMBEDDED}", OF_DOCKER, {}),
        (PODMAN, "nameserver 192.168.1.1\n", OF_PODMAN, {}),
        (DOCKER, "nameserver 192.168.20.2\nnameserver\t192.168.20.3\n", OF_DOCKER, {"segment": STATIC}),
        (DOCKER, "nameserver 192.168.30.1\n", OF_DOCKER, {"segment": {"parent": "eth0", "dhcp": True}}),
        # The engine copies the host's.
        (DOCKER + IMPOSTOR, "nameserver 192.168.1.1\n", OF_DOCKER, {"relaxations": HOST}),
    ],
    ids=["docker", "comments", "podman", "segment", "dhcp", "host"],
)
def test_what_engines_write_is_right(
    write: Written, hosts: str, servers: str, place: Place, written: dict[str, Any]
) -> None:
    write(hosts, servers)
    assert resolving.wrong_names(MAIN, _instance(**written), place) == []


@pytest.mark.parametrize(
    ("hosts", "servers", "written", "said"),
    [
        (DOCKER + IMPOSTOR, EMBEDDED, {}, ["apresolve.spotify.com is 10.0.0.66 in its /etc/hosts"]),
        (DOCKER + "10.0.0.66\fap.spotify.com\n", EMBEDDED, {}, ["ap.spotify.com is 10.0.0.66 in its /etc/hosts"]),
        (DOCKER + "10.0.0.66 kitchen AP.spotify.com # ours\n", EMBEDDED, {}, ["AP.spotify.com is 10.0.0.66 in its /e"]),
        (DOCKER, EMBEDDED + "nameserver 10.0.0.66\n", {}, ["its name servers are 127.0.0.11, 10.0.0.66 and not 127."]),
        (DOCKER, "nameserver 10.0.0.66\n", {}, ["its name servers are 10.0.0.66 and not 127.0.0.11"]),
        (DOCKER, "", {}, ["its name servers are none and not 127.0.0.11"]),
        (DOCKER, EMBEDDED, {"segment": STATIC}, ["its name servers are 127.0.0.11 and not 192.168.20.2, 192.168.20.3"]),
        (
            DOCKER + IMPOSTOR,
            EMBEDDED,
            {"segment": {"parent": "eth0", "dhcp": True}},
            ["apresolve.spotify.com is 10.0."],
        ),
    ],
    ids=[
        "a name",
        "behind another space",
        "behind one of ours",
        "one more server",
        "another server",
        "none",
        "segment",
        "dhcp",
    ],
)
def test_anything_else_is_told(
    write: Written, hosts: str, servers: str, written: dict[str, Any], said: list[str]
) -> None:
    write(hosts, servers)
    found = resolving.wrong_names(MAIN, _instance(**written), OF_DOCKER)
    assert len(found) == len(said)
    assert all(text.startswith(begin) for text, begin in zip(found, said, strict=True)), found


def test_of_many_names_the_first_are_told(write: Written) -> None:
    write(DOCKER + "10.0.0.66 " + " ".join(f"ap{number}.spotify.com" for number in range(9)), EMBEDDED)
    *first, last = resolving.wrong_hosts(MAIN, _instance())
    assert [text.partition(" ")[0] for text in first] == [f"ap{number}.spotify.com" for number in range(4)]
    assert last == "5 more names are in its /etc/hosts"


def test_a_holder_has_the_table_of_hosts_alone(write: Written) -> None:
    """Nobody in it resolves names, and without a network it has the host's servers."""
    write(DOCKER + IMPOSTOR, "nameserver 192.168.1.1\n")
    assert resolving.wrong_hosts(MAIN, _instance(segment=STATIC)) == [
        "apresolve.spotify.com is 10.0.0.66 in its /etc/hosts"
    ]
