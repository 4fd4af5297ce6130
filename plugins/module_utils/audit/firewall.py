# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-03, NET-04, NET-07 and NET-09 to NET-12: the table that the kernel holds, and what it does to a packet."""

from __future__ import annotations

import json
import pwd
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from ..host.namespaces import inside
from ..host.nftables import NEVER, Nftables
from ..host.proc import cgroup_directory
from ..model.errors import HostError
from ..model.finding import Finding
from ..model.instance import SYSTEMD, Instance
from ..model.plan import Difference
from ..model.zones import seconds_text
from ..planners.base import HOST, Planner
from ..planners.file import DirectoryPlanner
from ..planners.grant import LongGrantsPlanner, doors, granted
from ..planners.table import TablePlanner
from ..planners.unit import UnitPlanner
from ..render.firewall import TABLE
from ..render.unit import FIREWALL
from .context import Context, each, finding, guarded, not_running

# Which control a part of the table serves, told by the beginning of its name. The rest is NET-03.
_PARTS = (
    ("NET-04", ("set zone_", "chain door_")),
    ("NET-09", ("set rate_", "set conn_", "chain from_")),
    ("NET-10", ("chain to_", "chain on_forward")),
    ("NET-11", ("set resolvers_", "chain out_")),
)
_TITLES = {
    "NET-03": "the table is in force as described",
    "NET-04": "the zones are let in, and nobody else",
    "NET-09": "each source has a bounded share of connections",
    "NET-10": "what is forwarded to containers passed their published ports",
    "NET-11": "outgoing traffic is bounded",
}

# Joins a cgroup if there is one, takes a user, and sends where nothing may be sent. What is dropped fails at once.
_SEND = """
import os, socket, sys
if sys.argv[1]:
    open(sys.argv[1], "w").write(str(os.getpid()))
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[2]))
print("joined", flush=True)
for target in sys.argv[4:]:
    host, _slash, port = target.rpartition("/")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.sendto(b"", (host, int(port)))
            print(target, "sent")
        except OSError as error:
            print(target, error.errno)
"""
_HOSTS = "the host's network"
_REFUSED = "1"  # EPERM
_NO_WAY = ("101", "99")  # ENETUNREACH, EADDRNOTAVAIL: this host has no such family

_TARGETS = (
    "169.254.169.254/80",
    "192.168.255.254/22",
    "10.255.255.254/53",
    "127.0.0.1/22",
    "fd00:ec2::254/80",
    "fe80::1/22",
)


AnyPlanner = TypeVar("AnyPlanner", bound=Planner)


def look(context: Context) -> Iterator[Finding]:
    """Yield what is found of the table and its unit, and with live probes of what an instance can send."""
    if not context.spec.present:
        return
    for planner in _of(context, TablePlanner):
        yield from guarded("NET-03", "table", planner.scope, partial(_table, context, planner))
    yield from guarded("NET-03", "boot", HOST, partial(_boot, context))
    yield from guarded("NET-07", "grants", HOST, partial(_grants, context))
    yield from each(context, "NET-12", "families", _families)
    if context.live:
        yield from each(context, "NET-11", "send", _send)


def _table(context: Context, planner: TablePlanner) -> Iterator[Finding]:
    plan = context.plan(planner)
    missing = not plan.before or not planner.reachable
    containers = any(item.bridge for item in context.spec.present)
    found: dict[str, list[Difference]] = {name: [] for name in _TITLES if containers or name != "NET-10"}
    for item in plan.differences():
        control = next((name for name, parts in _PARTS if item.attribute.startswith(parts)), "NET-03")
        # Without a table nothing of it does anything. What is left of containers is of none that is described.
        for name in found if missing else (control if control in found else "NET-03",):
            found[name].append(item)
    for control, differences in found.items():
        said = "there is no table" if missing else "; ".join(_said(item) for item in differences)
        yield finding(
            control,
            "table",
            planner.scope,
            not said,
            _TITLES[control],
            said or "as described",
            f"nft --json list {planner.subject}",
        )


def _said(item: Difference) -> str:
    if item.before == "(absent)":
        return f"{item.attribute} is missing"
    if item.after == "(absent)":
        return f"{item.attribute} is not ours"
    return f"{item.attribute} differs"


def _boot(context: Context) -> Iterator[Finding]:
    differences = [
        item
        for planner in (*_of(context, UnitPlanner), *_of(context, DirectoryPlanner))
        # A drop-in of all units of ours is one of the firewall's too.
        if "librespot-firewall" in planner.subject or "/librespot-." in planner.subject
        for item in context.plan(planner).differences()
    ]
    said = "; ".join(f"{item.subject}: {item.attribute} is {item.before}" for item in differences)
    yield finding(
        "NET-03",
        "boot",
        HOST,
        not differences,
        "loaded at boot, before the network",
        said or "enabled",
        f"systemctl show {FIREWALL}",
    )


def _grants(context: Context) -> Iterator[Finding]:
    known = {zone.name: zone.max_ttl for zone in context.spec.zones.values() if zone.grants}
    found = granted(doors(context.host.commands), known)
    # The planner judges them; here they are listed.
    longer = [item for planner in _of(context, LongGrantsPlanner) for item in context.plan(planner).differences()]
    said = "; ".join(f"{item['zone']}: {item['address']} for {_time(int(item['seconds']))}" for item in found)
    yield finding(
        "NET-07",
        "grants",
        HOST,
        not longer,
        "each grant ends by itself, within what its zone allows",
        said or "none in force",
        f"nft list set inet {TABLE} grant_...",
        remedy="End it: hardened.librespot.grant with state: absent",
    )


def _time(number: int) -> str:
    return "ever" if number >= NEVER else seconds_text(number)


def _families(context: Context, instance: Instance) -> Iterator[Finding]:
    """Follow what the kernel does with a packet to the port: in both families it ends in a drop."""
    listed = Nftables(context.host.commands, instance.namespace).table(TABLE) or []
    rules = [item["rule"] for item in listed if "rule" in item]
    wrong = [] if not instance.discovery else list(_astray(rules, instance.port))
    yield finding(
        "NET-12",
        "families",
        instance.name,
        not wrong,
        "IPv4 and IPv6 meet the same refusal",
        "; ".join(wrong) or "one door for both, which ends in a drop",
        f"nft --json list table inet {TABLE}",
    )


def _astray(rules: Sequence[Mapping[str, Any]], port: int) -> Iterator[str]:
    """Yield what keeps packets to *port* from the refusal at the end of its door."""
    door = ""
    for rule in (item for item in rules if item["chain"] == "on_prerouting"):
        text = json.dumps(rule["expr"])
        if f'"right": {port}' in text and "goto" in text:
            door = rule["expr"][-1]["goto"]["target"]
            break
        # What a container's neighbours need to find each other in IPv6 is no way to a port.
        if "accept" in text and '"protocol": "icmpv6"' not in text:
            yield f"a rule before the door accepts: {text}"
    chain = door
    for _step in range(3):
        last = [item["expr"] for item in rules if item["chain"] == chain][-1:]
        if last and "drop" in last[0][-1]:
            return
        chain = last[0][-1].get("goto", {}).get("target", "") if last else ""
    yield f"its door {door} does not end in a drop" if door else f"no rule leads packets to port {port} to a door"


def _of(context: Context, kind: type[AnyPlanner]) -> Sequence[AnyPlanner]:
    return [item for item in context.planners if isinstance(item, kind)]


def _send(context: Context, instance: Instance) -> Iterator[Finding]:
    """Send from within the cgroup of the instance, as its user, to what it shall not reach."""
    expected = "no packet leaves for private, link-local or local addresses"
    if instance.bridge:
        # What a container sends is dropped on its way, and its sender is told nothing.
        return
    main = context.main(instance)
    if main is None:
        yield not_running(context, "NET-11", "send", instance, expected)
        return
    account = pwd.getpwnam(instance.user)
    # In the network of a container there is nothing that a cgroup could change.
    members = f"{cgroup_directory(main.cgroup)}/cgroup.procs" if instance.deployment == SYSTEMD else ""
    argv = ["/usr/bin/python3", "-I", "-c", _SEND, members, str(account.pw_uid), str(account.pw_gid), *_TARGETS]
    with inside(instance.namespace):
        done = context.host.commands.run(argv, ok=())
    first, *lines = done.stdout.splitlines() or [""]
    if first != "joined" or len(lines) != len(_TARGETS):
        raise HostError(f"the probe ended otherwise than expected: {done.stderr.strip()[-200:]}", "Run it by hand")
    answers = dict(line.rsplit(" ", 1) for line in lines)
    sent = [target for target, answer in answers.items() if answer not in (_REFUSED, *_NO_WAY)]
    if not sent and _REFUSED not in answers.values():
        raise HostError("the host has no way to any of the addresses of the probe", "Give it a route, or leave this")
    yield finding(
        "NET-11",
        "send",
        instance.name,
        not sent,
        expected,
        f"sent to {', '.join(sent)}" if sent else "refused",
        f"a process of {instance.user} in {members or instance.namespace or _HOSTS}",
    )
