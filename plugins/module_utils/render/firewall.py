# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall of a host, compiled from the specification: who reaches the ports, and what the instances reach.

The table only ever drops, so it can stand beside any other firewall: what another refuses stays refused. Every rule
that refuses names a port or a user of an instance, so that nothing else of the host can be touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ..model.bind import ADDRESS, INTERFACE, LOOPBACK, Bind
from ..model.instance import Instance
from ..model.networks import V4, V6, interval_text
from ..model.proxy import proxy_address
from ..model.zones import DAYS, Zone
from .nft import Chain, Set, Table

TABLE = "librespot"
WINDOW = "@window"
"""Begins a rule with a window of local time, which `localized` turns into the kernel's."""

ADDRESSES = {V4: "ip", V6: "ip6"}
TYPES = {V4: "ipv4_addr", V6: "ipv6_addr"}
"""What nftables calls the header and the addresses of a family."""
_LONGEST_MEMORY = "5m"
_MOST_SOURCES = 65535
_MDNS = 5353

# What no access point of Spotify can have as its address: the host's networks, metadata services, other machines.
_NEAR_V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
)  # fmt: skip
# Of IPv6 only what is given out for the Internet is let through; within it the prefixes that embed IPv4 are not.
_NEAR_V6 = ("::/3", "2001::/32", "2002::/16", "4000::/2", "8000::/1")

_ACCESS_POINTS = (80, 443, 4070)


@dataclass(frozen=True)
class Surroundings:
    """What the table follows of the host: its name servers, and its ways to the Internet.

    *routers* are the addresses of its default routes, *direct* the interfaces of those that have none.
    """

    resolvers_v4: tuple[str, ...] = ()
    resolvers_v6: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()
    direct: tuple[str, ...] = ()


def identifier(name: str) -> str:
    """Return *name* of an instance or a zone as a part of a name of nftables, which has no dashes."""
    return name.replace("-", "_")


def _both(instance: Instance, zone: Zone) -> str:
    """Return the name of an instance and a zone together; capitals, which neither has, keep them apart."""
    return f"{identifier(instance.name)}_IN_{identifier(zone.name)}"


def grant_set(zone: str, family: int) -> str:
    """Return the name of the set of addresses with a grant in *zone*."""
    return f"grant_{identifier(zone)}_{family}"


def _sources(zone: Zone, family: int) -> str:
    return f"zone_{identifier(zone.name)}_{family}"


def _cards(zone: Zone) -> str:
    return f"zone_{identifier(zone.name)}_mac"


def zone_sets(zone: Zone) -> Iterator[Set]:
    """Yield the sets of sources of *zone*."""
    for family in (V4, V6):
        intervals = zone.networks.of(family)
        if intervals:
            elements = tuple(interval_text(item, family) for item in intervals)
            yield Set(_sources(zone, family), TYPES[family], ("interval",), elements)
        if zone.grants:
            yield Set(grant_set(zone.name, family), TYPES[family], ("timeout",), size=_MOST_SOURCES, kept=True)
    if zone.macs:
        yield Set(_cards(zone), "ether_addr", elements=zone.macs)


def _families(zone: Zone) -> list[int]:
    """Return the families in which a packet can be of *zone*."""
    other = bool(zone.macs) or zone.grants or zone.anyone
    return [family for family in (V4, V6) if other or zone.networks.of(family)]


def _counts(instance: Instance, zone: Zone) -> Iterator[Set]:
    stem = _both(instance, zone)
    for family in _families(zone):
        yield Set(f"rate_{stem}_{family}", TYPES[family], ("dynamic", "timeout"), (), _LONGEST_MEMORY, _MOST_SOURCES)
        yield Set(f"conn_{stem}_{family}", TYPES[family], ("dynamic",), size=_MOST_SOURCES)


def _from_zone(instance: Instance, zone: Zone) -> Chain:
    """Return what a source that is trusted still meets: its share of connections, so that others have theirs."""
    stem = _both(instance, zone)
    rate = f"limit rate over {zone.rate.count}/{zone.rate.unit} burst {zone.rate.count} packets"
    rules = []
    for family in _families(zone):
        source = f"{ADDRESSES[family]} saddr"
        rules += [
            f"ct state new update @rate_{stem}_{family} {{ {source} {rate} }} counter drop",
            f"ct state new add @conn_{stem}_{family} {{ {source} ct count over {zone.connections} }} counter drop",
        ]
    return Chain(f"from_{stem}", (*rules, "counter accept"))


def _window(zone: Zone) -> str:
    if zone.hours is None and not zone.days:
        return ""
    first, last = zone.hours or (0, 24 * 60)
    return f"{WINDOW} {first}-{last} {','.join(map(str, zone.days or range(len(DAYS))))} "


def _admissions(instance: Instance, zone: Zone) -> Iterator[str]:
    """Yield the rules that let the sources of *zone* on to its chain."""
    window = _window(zone)
    names = ", ".join(f'"{name}"' for name in zone.interfaces)
    arrives = f"iifname {{ {names} }} " if names else ""
    target = f"goto from_{_both(instance, zone)}"
    if zone.anyone:
        yield f"{window}{arrives}{target}"
        return
    for family in (V4, V6):
        source = f"{ADDRESSES[family]} saddr"
        if zone.networks.of(family):
            yield f"{window}{arrives}{source} @{_sources(zone, family)} {target}"
        if zone.grants:
            yield f"{window}{arrives}{source} @{grant_set(zone.name, family)} {target}"
    if zone.macs:
        yield f"{window}{arrives}ether saddr @{_cards(zone)} {target}"


def _bound(bind: Bind) -> Iterator[str]:
    """Yield the rules that refuse what does not come by where the instance is bound."""
    # A bound socket still answers a neighbour who asks it for an address of another interface.
    yield "fib daddr . iif type != local counter drop"
    if bind.kind == INTERFACE:
        yield f'iifname != "{bind.value}" counter drop'
    elif bind.kind == ADDRESS:
        family = bind.family
        yield f"meta nfproto != ipv{family} counter drop"
        yield f"{ADDRESSES[family]} daddr != {bind.value} counter drop"
    elif bind.kind == LOOPBACK:
        yield "counter drop"


def _door(instance: Instance, zones: Sequence[Zone]) -> Chain:
    rules = list(_bound(instance.bind))
    for zone in zones:
        rules += _admissions(instance, zone)
    return Chain(f"door_{identifier(instance.name)}", (*rules, _refused(instance)))


def _refused(instance: Instance) -> str:
    return f"goto refused_{identifier(instance.name)}"


def _refusal(instance: Instance) -> Chain:
    """Return the end of what is refused: a line in the kernel's log now and then, and nothing for the sender."""
    logged = f'limit rate 6/minute burst 10 packets log prefix "librespot {instance.name} refused: "'
    return Chain(f"refused_{identifier(instance.name)}", (logged, "counter drop"))


def _answers(instance: Instance, zones: Sequence[Zone]) -> Iterator[str]:
    """Yield the rules for what an instance says because it was asked: at its port, and over mDNS.

    Who asks over mDNS may ask for an answer to itself alone. A source that is no longer trusted gets no answer on a
    connection that it held open either.
    """
    # Whoever asks over mDNS does so from its port; to any other, or to this host, it would be a way out.
    answers = [f"tcp sport {instance.port} ct direction reply"]
    # On a bridge nobody hears it ask, and the host's avahi answers for it: it would be a way to its neighbours alone.
    if not instance.bridge:
        answers.append(f'oifname != "lo" udp sport {_MDNS} udp dport {_MDNS}')
    # Its own watchdog asks as the same user.
    yield f'oifname "lo" tcp sport {instance.port} accept'
    yield f'oifname "lo" tcp dport {instance.port} accept'
    for family, group in ((V4, "224.0.0.251"), (V6, "ff02::fb")) if not instance.bridge else ():
        yield f"{ADDRESSES[family]} daddr {group} udp sport {_MDNS} udp dport {_MDNS} accept"
    for zone in zones:
        for answer in answers:
            for family in (V4, V6):
                target = f"{ADDRESSES[family]} daddr"
                if zone.networks.of(family):
                    yield f"{target} @{_sources(zone, family)} {answer} accept"
                if zone.grants:
                    yield f"{target} @{grant_set(zone.name, family)} {answer} accept"
    # What is known by its card or its interface alone cannot be told by where an answer goes.
    if any(zone.macs or zone.anyone for zone in zones):
        yield f"{answers[0]} accept"


def _by_a_router(around: Surroundings) -> Iterator[str]:
    """Yield what matches packets to a neighbour whose address is one of the Internet: no router is on their way.

    The kernel sends them to the address itself. That of a router is near as well, but where it is known.
    """
    names = ", ".join(f'"{name}"' for name in around.direct)
    leaves = f"oifname != {{ {names} }} " if names else ""
    for family, near in ((V4, _NEAR_V4), (V6, _NEAR_V6)):
        networks = [ip_network(item) for item in near]
        known = [item for item in map(ip_address, around.routers) if item.version == family]
        far = [str(item) for item in known if not any(item in network for network in networks)]
        yield f"{leaves}rt {ADDRESSES[family]} nexthop != {{ {', '.join([*near, *far])} }}"


def _outgoing(instance: Instance, zones: Sequence[Zone], around: Surroundings) -> Chain:
    """Return what the instance's user may send: answers at its door, names, and what lies on the Internet."""
    rules = list(_answers(instance, zones)) if instance.discovery else []
    refused = _refused(instance)
    # A listen() without a bind() passes every bind hook; its answers end here.
    rules.append(f"ct direction reply {refused}")
    rules += [
        f"{ADDRESSES[family]} daddr @resolvers_{family} {protocol} dport 53 accept"
        for family in (V4, V6)
        for protocol in ("udp", "tcp")
    ]
    proxy = proxy_address(str(instance.options.get("proxy", "")))
    if proxy:
        address, port = proxy
        rules.append(f"{ADDRESSES[V6 if ':' in address else V4]} daddr {address} tcp dport {port} counter accept")
    rules += [
        f"ip daddr {{ {', '.join(_NEAR_V4)} }} {refused}",
        f"ip6 daddr {{ {', '.join(_NEAR_V6)} }} {refused}",
        *(f"{match} {refused}" for match in _by_a_router(around)),
        # An address of the host's own may be one of the Internet.
        f"fib daddr type != unicast {refused}",
        f"tcp dport {{ {', '.join(map(str, _ports(instance)))} }} counter accept",
        refused,
    ]
    return Chain(f"out_{identifier(instance.name)}", tuple(rules))


def _ports(instance: Instance) -> list[int]:
    chosen = instance.options.get("ap-port")
    return sorted({443, int(str(chosen))} if chosen else _ACCESS_POINTS)


def _to_container(instance: Instance) -> Chain:
    """Return what is forwarded to the container of an instance: what passed its door, and answers.

    A packet that is routed straight to the container's address was never sent on from the published port.
    """
    published = f"ct status dnat ct direction original meta l4proto tcp ct original proto-dst {instance.port} accept"
    return Chain(f"to_{identifier(instance.name)}", (published, "ct direction reply accept", _refused(instance)))


def _from_container(instance: Instance) -> Iterator[str]:
    """Yield the rules for what a container sends to the host itself: nothing but answers, and what IPv6 needs."""
    arrives = f'iifname "{instance.bridge}"'
    yield f"{arrives} icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept"
    yield f"{arrives} fib daddr type != unicast ct direction original {_refused(instance)}"


def _sealed(users: Sequence[int], away: Sequence[str]) -> tuple[list[Chain], list[str]]:
    """Return the chain for what has no business on this network and may still run there, and the rules that lead there.

    It reaches nobody, and nobody has an answer from it but its own watchdog. A user that nobody describes may be gone
    when the table is loaded at boot, so it is named by its number.
    """
    if not users and not away:
        return [], []
    chain = Chain("sealed", ('oifname "lo" ct direction reply accept', "counter drop"))
    named = [*map(str, sorted(users)), *(f'"{name}"' for name in away)]
    return [chain], [f"meta skuid {user} goto sealed" for user in named]


def table(
    instances: Sequence[Instance],
    zones: Sequence[Zone],
    around: Surroundings,
    sealed: Sequence[int] = (),
    away: Sequence[str] = (),
    bridges: Sequence[str] = (),
) -> Table:
    """Return the table of *instances*; *zones* are those that they name.

    *sealed* are the user ids of instances that are on the host and that nobody describes any more, and *bridges* lead
    to containers that have no business there: the engine would let everyone in. *away* are the users of those that
    live in networks of their own: until one has moved there, and should it ever come back, it would be open to everyone
    here.
    """
    by_name = {zone.name: zone for zone in zones}
    sets = [item for zone in zones for item in zone_sets(zone)]
    sets += [
        Set("resolvers_4", TYPES[V4], elements=around.resolvers_v4),
        Set("resolvers_6", TYPES[V6], elements=around.resolvers_v6),
    ]
    chains, leaving = _sealed(sealed, away)
    leaving += [f'oifname "{bridge}" counter drop' for bridge in sorted(bridges)]
    arriving = [f'iifname "{bridge}" counter drop' for bridge in sorted(bridges)]
    passing = [f'{way} "{bridge}" counter drop' for bridge in sorted(bridges) for way in ("oifname", "iifname")]
    for item in instances:
        admitted = [by_name[name] for name in item.access]
        chains += [_refusal(item), _outgoing(item, admitted, around)]
        if item.bridge:
            chains.append(_to_container(item))
            arriving += _from_container(item)
            passing += [
                f'oifname "{item.bridge}" goto to_{identifier(item.name)}',
                f'iifname "{item.bridge}" goto out_{identifier(item.name)}',
            ]
        else:
            leaving.append(f'meta skuid "{item.user}" goto out_{identifier(item.name)}')
        if not item.discovery:
            continue
        for zone in admitted:
            sets += _counts(item, zone)
            chains.append(_from_zone(item, zone))
        chains.append(_door(item, admitted))
        arriving.append(f'iifname != "lo" fib daddr type local tcp dport {item.port} goto door_{identifier(item.name)}')
    chains += [
        # Before Docker's translation of addresses, and after connections are known.
        Chain("on_prerouting", tuple(arriving), "type filter hook prerouting priority -150; policy accept;"),
        Chain("on_output", tuple(leaving), "type filter hook output priority -5; policy accept;"),
    ]
    if passing:
        # Before Docker's own chains.
        chains.append(Chain("on_forward", tuple(passing), "type filter hook forward priority -10; policy accept;"))
    return Table(TABLE, tuple(sets), tuple(chains))
