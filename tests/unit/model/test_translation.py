# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What translates the packets of a network, among the rules that engines make, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.translation import translates

NETWORK = "172.19.0.0/16"
FROM = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {
    "prefix": {"addr": "172.19.0.0", "len": 16}}}}  # fmt: skip
AWAY = {"match": {"op": "!=", "left": {"meta": {"key": "oifname"}}, "right": "lsp-kitchen"}}
MARKED = {"match": {"op": "==", "left": {"&": [{"meta": {"key": "mark"}}, 8192]}, "right": 8192}}
GROUPS = {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": {
    "prefix": {"addr": "224.0.0.0", "len": 4}}}}  # fmt: skip
BY_IPTABLES: dict[str, Any] = {"xt": {"type": "target", "name": "MASQUERADE"}}
MASQUERADE: dict[str, Any] = {"masquerade": None}
COUNTER = {"counter": {"packets": 0, "bytes": 0}}


def leaves(right: Any, op: str = "==", key: str = "oifname") -> dict[str, Any]:
    return {"match": {"op": op, "left": {"meta": {"key": key}}, "right": right}}


def base(family: str = "ip", table: str = "nat", hook: str = "postrouting") -> dict[str, Any]:
    made = {"family": family, "table": table, "name": "POSTROUTING", "type": "nat", "hook": hook}
    return {"chain": made}


def rule(*expr: Any, family: str = "ip", table: str = "nat", chain: str = "POSTROUTING") -> dict[str, Any]:
    return {"rule": {"family": family, "table": table, "chain": chain, "expr": list(expr)}}


def netavark(*expr: Any, chain: str = "POSTROUTING") -> dict[str, Any]:
    return rule(*expr, family="inet", table="netavark", chain=chain)


DOCKER_20 = [base(), rule(AWAY, FROM, COUNTER, BY_IPTABLES)]
DOCKER_26 = [base(), rule(FROM, AWAY, COUNTER, BY_IPTABLES)]
PODMAN = [
    base("inet", "netavark"),
    netavark(MARKED, MASQUERADE),
    netavark(FROM, {"jump": {"target": "nv_1"}}),
    netavark(GROUPS, MASQUERADE, chain="nv_1"),
]


@pytest.mark.parametrize("listing", [DOCKER_20, DOCKER_26, PODMAN], ids=["docker 20.10", "docker 26", "podman"])
def test_an_engines_rules_translate_what_leaves_its_network(listing: list[dict[str, Any]]) -> None:
    assert translates(listing, NETWORK, "eth0")
    assert not translates(listing, "172.20.0.0/16", "eth0")
    for gone in range(len(listing)):
        left = [item for at, item in enumerate(listing) if at != gone]
        # The rule for what is marked is that of published ports.
        assert translates(left, NETWORK, "eth0") == (listing is PODMAN and gone == 1)


def test_so_does_a_rule_of_the_users_for_the_way_out() -> None:
    assert translates([base(), rule(leaves("eth0"), MASQUERADE)], NETWORK, "eth0")
    assert translates([base(), rule(FROM, {"snat": {"addr": "192.0.2.1"}})], NETWORK, "eth0")


@pytest.mark.parametrize(
    "condition",
    [
        leaves({"set": ["wg0", "eth0"]}),
        leaves({"set": ["wg0", "eth0"]}, key="oif"),
        leaves("eth0", key="oif"),
        leaves("eth*"),
        leaves({"set": ["wg0", "wg1"]}, "!="),
        {"match": {**FROM["match"], "right": {"set": [
            {"range": ["10.0.0.1", "10.0.0.9"]}, {"prefix": {"addr": "172.16.0.0", "len": 12}}]}}},
    ],
)  # fmt: skip
def test_of_several_interfaces_or_networks_one_is_enough(condition: dict[str, Any]) -> None:
    """As nft 1.0.6 lists them."""
    assert translates([base(), rule(condition, MASQUERADE)], NETWORK, "eth0")


def test_a_rule_that_cannot_be_judged_hides_no_other() -> None:
    named = rule(leaves("eth0"), {"match": {**FROM["match"], "right": "@lan"}}, MASQUERADE)
    assert translates([base(), named, rule("no JSON", MASQUERADE), *DOCKER_26[1:]], NETWORK, "eth0")


@pytest.mark.parametrize(
    "expr",
    [
        (leaves("wg0"), MASQUERADE),
        (MARKED, MASQUERADE),
        (FROM, {"xt": {"type": "match", "name": "addrtype"}}, BY_IPTABLES),
        (FROM, {"accept": None}),
        ({"match": {**FROM["match"], "right": "172.19.0.2"}}, BY_IPTABLES),
        ({"match": {**FROM["match"], "right": "2001:db8::/32"}}, BY_IPTABLES),
        ({"match": {**FROM["match"], "right": {"set": ["172.19.0.2", "172.19.0.3"]}}}, BY_IPTABLES),
        (FROM, {"jump": {"target": "POSTROUTING"}}),
        (leaves("eth0"), {"match": {**FROM["match"], "right": "@lan"}}, MASQUERADE),
        (leaves("@uplinks"), MASQUERADE),
        (leaves("@uplinks", "!="), MASQUERADE),
        (leaves({"set": ["wg0", "eth0"]}, "!="), MASQUERADE),
        (leaves({"set": ["wg0", "wg1"]}), MASQUERADE),
        (leaves("wg0", key="oif"), MASQUERADE),
        (leaves("eth*", "!="), MASQUERADE),
        (FROM, "what nft has no JSON for", MASQUERADE),
        (FROM, "masquerade"),
    ],
)
def test_one_that_not_all_packets_meet_does_not(expr: tuple[Any, ...]) -> None:
    assert not translates([base(), rule(*expr)], NETWORK, "eth0")


def test_a_rule_where_packets_arrive_does_not() -> None:
    assert not translates([base(hook="prerouting"), rule(FROM, BY_IPTABLES)], NETWORK, "eth0")
