# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table never refuses what is not librespot's, and says the same whatever the order of what was written."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall import Surroundings, table
from ansible_collections.hardened.librespot.plugins.module_utils.render.nft import Chain, Table

ZONES = {
    "home": {"networks": ["192.168.10.0/24", "2001:db8:1::/64"], "macs": ["00:11:22:33:44:55"]},
    "admins": {"networks": ["10.8.0.0/24"], "hours": "22:00-06:00", "days": ["monday"]},
    "guests": {"grants": True, "max_ttl": "4h"},
    "vpn": {"interfaces": ["wg0", "eth0"]},
}
LOGIN = '{"auth_type": 1, "auth_data": "eA=="}'
BINDS: tuple[dict[str, Any], ...] = (
    {},
    {"interface": "eth0"},
    {"address": "192.168.10.5"},
    {"loopback": True},
    {"discovery": False},
)
ACCESS = st.sets(st.sampled_from(sorted(ZONES))).map(sorted)


@st.composite
def specifications(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        bind = draw(st.sampled_from(BINDS))
        shut = bind in ({"loopback": True}, {"discovery": False})
        entry = {"name": f"speaker-{number}", "port": 40000 + number, "bind": bind}
        found.append({**entry, "access": [] if shut else draw(ACCESS)})
    return found


def compiled(instances: list[dict[str, Any]], deployment: str = SYSTEMD) -> Table:
    names = dict.fromkeys((item["name"] for item in instances), LOGIN)
    spec = parse_specification("0.8.0", instances, names, ZONES, deployment)
    return table(spec.present, list(spec.zones.values()), Surroundings(("192.0.2.53",)))


def base(found: Table) -> list[Chain]:
    return [item for item in found.chains if item.hook]


@given(specifications())
def test_every_packet_that_meets_a_rule_is_of_a_port_or_a_user_of_ours(instances: list[dict[str, Any]]) -> None:
    ports = {str(item["port"]) for item in instances if item["bind"] != {"discovery": False}}
    users = {f"librespot-{item['name']}" for item in instances}
    arriving, leaving = base(compiled(instances))
    for rule in arriving.rules:
        match = re.fullmatch(r'iifname != "lo" fib daddr type local tcp dport (\d+) goto door_\w+', rule)
        assert match is not None
        assert match.group(1) in ports
    for rule in leaving.rules:
        match = re.fullmatch(r'meta skuid "([a-z0-9-]+)" goto out_\w+', rule)
        assert match is not None
        assert match.group(1) in users
    assert all(item.hook.endswith("policy accept;") for item in (arriving, leaving))


@given(specifications())
def test_every_packet_of_a_container_that_meets_a_rule_is_of_its_port_or_its_bridge(
    instances: list[dict[str, Any]],
) -> None:
    ports = {str(item["port"]) for item in instances if item["bind"] != {"discovery": False}}
    bridges = {f"lsp-{item['name']}" for item in instances}
    arriving, leaving, passing = base(compiled(instances, CONTAINER))
    for rule in (*arriving.rules, *passing.rules):
        port = re.fullmatch(r'iifname != "lo" fib daddr type local tcp dport (\d+) goto door_\w+', rule)
        bridge = re.fullmatch(r'[io]ifname "([a-z0-9-]+)" .*', rule)
        assert (port and port.group(1) in ports) or (bridge and bridge.group(1) in bridges)
    assert not leaving.rules
    assert all(item.hook.endswith("policy accept;") for item in (arriving, leaving, passing))


def test_nothing_is_forwarded_to_a_container_but_what_came_by_its_published_port() -> None:
    found = {
        item.name: item.rules for item in compiled([{"name": "a", "port": 40001, "access": ["home"]}], CONTAINER).chains
    }
    published, answers, rest = found["to_a"]
    assert published.endswith("ct original proto-dst 40001 accept")
    assert (answers, rest) == ("ct direction reply accept", "goto refused_a")
    assert found["on_forward"] == ('oifname "lsp-a" goto to_a', 'iifname "lsp-a" goto out_a')


def test_bridges_of_long_names_are_short_and_differ() -> None:
    names = ("kitchen-of-the-north", "kitchen-of-the-south")
    spec = parse_specification(
        "0.8.0", [{"name": name, "port": 40000 + at} for at, name in enumerate(names)], deployment=CONTAINER
    )
    bridges = {item.bridge for item in spec.instances}
    assert len(bridges) == 2
    assert {len(item) for item in bridges} == {15}


@given(specifications())
def test_every_instance_has_one_way_in_and_one_way_out(instances: list[dict[str, Any]]) -> None:
    arriving, leaving = base(compiled(instances))
    assert len(arriving.rules) == sum(item["bind"] != {"discovery": False} for item in instances)
    assert len(leaving.rules) == len(instances)


@given(specifications())
def test_a_door_ends_in_refusal(instances: list[dict[str, Any]]) -> None:
    for chain in compiled(instances).chains:
        if chain.name.startswith(("door_", "out_")):
            assert chain.rules[-1].startswith("goto refused_")
        if chain.name.startswith("refused_"):
            assert chain.rules[-1] == "counter drop"


@given(specifications())
def test_chains_are_there_before_they_are_called(instances: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for chain in compiled(instances).chains:
        assert {name for rule in chain.rules for name in re.findall(r"goto (\w+)", rule)} <= seen
        seen.add(chain.name)


def test_a_door_without_zones_lets_nobody_in() -> None:
    found = compiled([{"name": "a", "access": [], "bind": {"interface": "eth0"}}])
    (door,) = [item for item in found.chains if item.name == "door_a"]
    assert not [rule for rule in door.rules if "goto from_" in rule or "accept" in rule]


@given(st.lists(st.sampled_from(["set a", "map b", "chain c"]), unique=True))
def test_what_is_not_wanted_goes_in_the_same_transaction(others: list[str]) -> None:
    found = compiled([{"name": "a", "access": ["home"]}]).transaction(["door_a", "old"], others)
    assert "flush chain inet librespot old\n" in found
    assert "delete chain inet librespot old\n" in found
    for name in others:
        kind, _space, plain = name.partition(" ")
        assert f"delete {kind} inet librespot {plain}\n" in found
    assert "delete chain inet librespot door_a" not in found
    assert "flush set inet librespot grant_" not in found


def test_names_of_instances_and_zones_together_are_never_those_of_others() -> None:
    zones = {"c": {"networks": ["10.1.0.0/16"]}, "b-c": {"networks": ["10.2.0.0/16"]}}
    instances = [{"name": "a", "access": ["b-c"]}, {"name": "a-b", "port": 40001, "access": ["c"]}]
    spec = parse_specification("0.8.0", instances, {}, zones)
    found = table(spec.present, list(spec.zones.values()), Surroundings())
    for items in (found.chains, found.sets):
        names = [item.name for item in items]
        assert len(names) == len(set(names))


def test_what_lives_in_a_network_of_its_own_is_sealed_off_on_the_hosts() -> None:
    found = table([], [], Surroundings(), (), ("librespot-kitchen",))
    (leaving,) = [item for item in base(found) if item.name == "on_output"]
    assert leaving.rules == ('meta skuid "librespot-kitchen" goto sealed',)


@pytest.mark.parametrize(
    ("around", "rules"),
    [
        (
            Surroundings(routers=("192.168.1.1", "fe80::1")),
            ("rt ip nexthop != {{ {v4} }}", "rt ip6 nexthop != {{ {v6} }}"),
        ),
        (
            Surroundings(routers=("203.0.113.1", "2600::1"), direct=("wg0",)),
            (
                'oifname != {{ "wg0" }} rt ip nexthop != {{ {v4}, 203.0.113.1 }}',
                'oifname != {{ "wg0" }} rt ip6 nexthop != {{ {v6}, 2600::1 }}',
            ),
        ),
    ],
)
def test_only_what_a_router_passes_on_is_of_the_internet(around: Surroundings, rules: tuple[str, str]) -> None:
    spec = parse_specification("0.8.0", [{"name": "kitchen"}])
    found = table(spec.present, list(spec.zones.values()), around)
    (leaving,) = [item.rules for item in found.chains if item.name == "out_kitchen"]
    near = {
        family: re.search(rf"^{family} daddr {{ (.*) }} goto", "\n".join(leaving), re.MULTILINE)
        for family in ("ip", "ip6")
    }
    assert near["ip"]
    assert near["ip6"]
    for rule in rules:
        wanted = rule.format(v4=near["ip"].group(1), v6=near["ip6"].group(1))
        assert f"{wanted} goto refused_kitchen" in leaving


def test_over_mdns_it_answers_the_port_of_mdns_alone_and_not_this_host() -> None:
    spec = parse_specification("0.8.0", [{"name": "kitchen"}])
    found = table(spec.present, list(spec.zones.values()), Surroundings())
    (leaving,) = [item.rules for item in found.chains if item.name == "out_kitchen"]
    answers = [rule for rule in leaving if "udp sport 5353" in rule]
    assert answers
    assert all("udp dport 5353 accept" in rule for rule in answers)
    assert all('oifname != "lo"' in rule for rule in answers if "@zone" in rule)


def test_on_a_bridge_nothing_is_said_over_mdns() -> None:
    """The host's avahi answers there; for a container it would be a way to its neighbours."""
    found = compiled([{"name": "kitchen", "access": ["home"]}], CONTAINER)
    assert [rule for chain in found.chains if "kitchen" in chain.name for rule in chain.rules if "5353" in rule] == []
    shared = {"name": "kitchen", "access": ["home"], "relaxations": {"host_network": "no bridges here"}}
    assert [rule for chain in compiled([shared], CONTAINER).chains for rule in chain.rules if "5353" in rule]


def test_what_nobody_describes_any_more_is_sealed_off() -> None:
    spec = parse_specification("0.8.0", [{"name": "kitchen", "access": []}], {}, ZONES)
    found = table(spec.present, [], Surroundings(), (998, 997))
    (leaving,) = [item for item in base(found) if "hook output" in item.hook]
    assert leaving.rules[:2] == ("meta skuid 997 goto sealed", "meta skuid 998 goto sealed")
    (sealed,) = [item for item in found.chains if item.name == "sealed"]
    assert sealed.rules == ('oifname "lo" ct direction reply accept', "counter drop")


def test_nobody_reaches_the_container_of_one_that_nobody_describes_any_more() -> None:
    found = table([], [], Surroundings(), (997,), (), ("lsp-old",))
    rules = {item.hook.split()[3]: item.rules for item in base(found)}
    assert rules["forward"] == ('oifname "lsp-old" counter drop', 'iifname "lsp-old" counter drop')
    assert rules["prerouting"] == ('iifname "lsp-old" counter drop',)
    # The engine's own proxy connects from the host.
    assert 'oifname "lsp-old" counter drop' in rules["output"]
