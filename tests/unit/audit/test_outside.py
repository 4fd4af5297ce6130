# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-10: whether what a container sends outside leaves with an address of the host."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import outside
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from tests.unit.model.test_translation import DOCKER_26

MAIN = Process(7, "/usr/bin/librespot", {}, {}, {}, "/", {}, (), ())


class Looked:
    """A host with Docker's rules, whose parts can be taken away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.rules: list[dict[str, Any]] = DOCKER_26
        self.legacy: list[str] = []
        self.links = [{"ifname": "lsp-kitchen", "addr_info": [{"local": "172.19.0.1", "prefixlen": 16}]}]
        self.asked_as = "203.0.113.253"
        self.forwards = tmp_path / "ip_forward"
        self.forwards.write_text("1\n", encoding="ascii")
        self.engine: Any = Engine
        self.asked: Counter[str] = Counter()
        monkeypatch.setattr(outside, "_FORWARDS", str(self.forwards))
        monkeypatch.setattr(outside, "legacy_tables", lambda: self.legacy)
        monkeypatch.setattr(
            outside, "seen_from", lambda _commands, pid, port: self.asked_as * (pid == 7) * (port == 443)
        )

    def __call__(
        self, live: bool = False, up: bool = True, others: tuple[str, ...] = (), **written: Any
    ) -> list[Finding]:
        """Return the findings of the kitchen, and of *others*."""

        def run(argv: list[str], **_how: Any) -> Any:
            self.asked[argv[0]] += 1
            said = {"nftables": self.rules} if argv[0] == "nft" else self.links
            return SimpleNamespace(stdout=json.dumps(said))

        def network() -> HostNetwork:
            self.asked["network"] += 1
            return HostNetwork({"eth0": ("192.168.1.5",)}, "eth0")

        host = cast(Host, SimpleNamespace(commands=SimpleNamespace(run=run), network=network))
        rooms = [{"name": name, "port": 4070 + at, **written} for at, name in enumerate(("kitchen", *others))]
        spec = parse_specification("0.8.0", rooms, {}, None, CONTAINER)
        seen = Context(host, spec, [], live=live, running=lambda _item: [MAIN] if up else [])
        return list(outside.look(self.engine, seen))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Looked:
    return Looked(monkeypatch, tmp_path)


def test_with_the_engines_rules_it_is_green(looked: Looked) -> None:
    found = looked(live=True)
    assert [(x.id, x.check, x.status) for x in found] == [
        ("CON-10", "translation", PASSED),
        ("CON-10", "outside", PASSED),
    ]
    assert found[1].observed == "it arrives as 203.0.113.253"


def test_for_many_instances_the_host_is_read_once(looked: Looked) -> None:
    others = ("den", "study")
    looked.links += [
        {"ifname": f"lsp-{name}", "addr_info": [{"local": "172.19.0.1", "prefixlen": 16}]} for name in others
    ]
    assert [x.status for x in looked(live=True, others=others)] == [PASSED] * 6
    assert looked.asked == {"nft": 1, "ip": 1, "network": 1}


@pytest.mark.parametrize(
    ("engine", "remedy"), [(Engine, "systemctl restart docker"), (Podman, "podman network reload --all")]
)
def test_without_them_the_remedy_is_the_engines(looked: Looked, engine: Any, remedy: str) -> None:
    looked.rules, looked.engine = [], engine
    (found,) = looked()
    assert (found.status, remedy in found.remedy) == (FAILED, True)
    assert found.observed.startswith("no rule translates what is sent from 172.19.0.0/16")


def test_what_iptables_legacy_may_hold_is_not_said_to_be_gone(looked: Looked) -> None:
    looked.rules, looked.legacy = [], ["filter", "nat"]
    assert [x.status for x in looked()] == [NOT_ENFORCED]
    looked.rules = DOCKER_26
    assert [x.status for x in looked()] == [PASSED]
    looked.forwards.write_text("0\n", encoding="ascii")
    assert [(x.status, x.observed) for x in looked()] == [(FAILED, "the kernel forwards nothing")]


def test_without_the_bridge_it_is_red(looked: Looked) -> None:
    looked.links = []
    assert [(x.status, x.observed) for x in looked()] == [(FAILED, "there is no bridge lsp-kitchen with an address")]


@pytest.mark.parametrize(
    ("asked_as", "said"),
    [
        ("172.19.0.2", "it arrives as 172.19.0.2, its own address"),
        ("", "what it sends does not arrive, or the answer does not"),
    ],
)
def test_what_arrives_with_its_own_address_or_not_at_all_is_red(looked: Looked, asked_as: str, said: str) -> None:
    looked.asked_as = asked_as
    assert [(x.check, x.observed) for x in looked(live=True) if x.status == FAILED] == [("outside", said)]


def test_of_one_that_does_not_run_that_is_said(looked: Looked) -> None:
    assert looked(live=True, up=False)[1].observed == "the instance does not run"


@pytest.mark.parametrize(
    "written",
    [
        {"segment": {"parent": "eth0", "dhcp": True}},
        {"relaxations": {"host_network": {"reason": "multicast"}}},
    ],
    ids=["segment", "host"],
)
def test_one_without_a_bridge_is_not_asked(looked: Looked, written: dict[str, Any]) -> None:
    assert looked(live=True, **written) == []
