# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of containers beside the zones: what is warned of, and what is red."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import addresses
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.addresses import warnings
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

LINKS: Sequence[dict[str, Any]] = (
    {},
    {"ifname": "eth0", "addr_info": [{"local": "192.168.1.5", "prefixlen": 24}]},
    {"ifname": "lsp-kitchen", "addr_info": [{"local": "172.19.0.1", "prefixlen": 16}]},
)


def looked(
    networks: list[str], engine: Any = Engine, links: Sequence[dict[str, Any]] = LINKS
) -> tuple[list[Finding], list[str]]:
    """Return the findings of a kitchen in 172.19.0.0/16 with a zone of *networks*, and the warnings."""
    commands = SimpleNamespace(run=lambda _argv, **_how: SimpleNamespace(stdout=json.dumps(links)))
    host = cast(Host, SimpleNamespace(commands=commands))
    zones = {"lan": {"networks": networks}, "unused": {"networks": ["172.19.0.0/24"]}} if networks else {}
    kitchen = {"name": "kitchen", **({"access": ["lan"]} if networks else {})}
    spec = parse_specification("0.8.0", [kitchen], {}, zones, CONTAINER)
    return list(addresses.look(engine, Context(host, spec, [], live=False))), warnings(host, engine, spec)


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        (["192.168.1.0/24", "2001:db8::/64"], PASSED),
        (["172.18.0.0/16", "172.20.0.0/16"], PASSED),
        (["172.19.0.0/16"], FAILED),
        (["172.19.7.0/24"], FAILED),
        (["172.19.7.9"], FAILED),
        (["172.18.9.0-172.19.0.9"], FAILED),
        (["172.19.0.0/16", "172.20.0.0/16"], FAILED),
        (["172.18.0.0/16", "172.19.0.0/16"], FAILED),
        (["172.18.0.0/15"], FAILED),
        (["172.16.0.0/13"], FAILED),
        (["172.16.0.0/12"], NOT_ENFORCED),
        (["172.0.0.0/8"], NOT_ENFORCED),
        ([], PASSED),
    ],
)
def test_a_network_that_takes_a_zones_addresses_is_named_with_it(networks: list[str], status: str) -> None:
    (found,), warned = looked(networks)
    assert (found.id, found.check, found.scope, found.status) == ("CON-05", "addresses", "kitchen", status)
    assert bool(warned) == (status == FAILED)
    assert ("172.19.0.0/16 of librespot-kitchen" in found.observed) == (status != PASSED)
    assert ("of zone lan" in found.observed) == (status != PASSED)


@pytest.mark.parametrize(
    ("bridge", "zone", "status"),
    [
        ("10.89.0.1/24", "10.0.0.0/8", NOT_ENFORCED),
        ("10.0.0.1/8", "10.0.0.0/8", FAILED),
        ("192.168.16.1/20", "192.168.0.0/16", NOT_ENFORCED),
        ("192.168.16.1/20", "192.168.0.0/17", FAILED),
        ("100.64.7.1/24", "100.64.0.0/10", NOT_ENFORCED),
        ("44.1.0.1/16", "0.0.0.0/1", FAILED),
    ],
)
def test_nobody_need_be_in_a_whole_block_of_private_addresses(bridge: str, zone: str, status: str) -> None:
    address, _slash, length = bridge.partition("/")
    links = [{"ifname": "lsp-kitchen", "addr_info": [{"local": address, "prefixlen": int(length)}]}]
    (found,), warned = looked([zone], links=links)
    assert (found.status, bool(warned)) == (status, status == FAILED)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (Engine, ("/etc/docker/daemon.json", "docker network rm librespot-kitchen")),
        (Podman, ("/etc/containers/containers.conf", "podman network rm --force librespot-kitchen")),
    ],
)
def test_the_remedy_is_the_engines(engine: Any, words: tuple[str, ...]) -> None:
    (found,), (warned,) = looked(["172.19.7.0/24"], engine)
    assert all(word in found.remedy and word in warned for word in words)
    assert "172.19.7.0/24 of zone lan" in warned


def test_a_network_that_is_not_there_yet_takes_nothing() -> None:
    assert looked(["172.19.0.0/16"], links=[]) == ([], [])


def test_for_many_instances_the_host_is_read_once() -> None:
    asked: list[list[str]] = []

    def run(argv: list[str], **_how: Any) -> Any:
        asked.append(argv)
        return SimpleNamespace(stdout=json.dumps(LINKS))

    host = cast(Host, SimpleNamespace(commands=SimpleNamespace(run=run)))
    rooms = [{"name": "kitchen", "port": 4070}, {"name": "den", "port": 4071}]
    spec = parse_specification("0.8.0", rooms, {}, None, CONTAINER)
    assert len(list(addresses.look(cast(Engine, Engine), Context(host, spec, [], live=False)))) == 1
    assert len(asked) == 1
    assert warnings(host, cast(Engine, Engine), spec) == []
    assert len(asked) == 2
