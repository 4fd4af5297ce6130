# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a listing of the kernel's rules translates what leaves a network, as an engine's rules do.

Seen of Docker 20.10 and 26.1: a rule of iptables in ``ip nat POSTROUTING`` whose target is ``MASQUERADE``. Of Podman
5.4: a rule in ``inet netavark POSTROUTING`` that jumps to a chain of the network, which masquerades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, ip_network
from typing import Any

Object = Mapping[str, Any]

_TARGETS = ("masquerade", "snat")
_DEEPEST = 5


def translates(listing: Sequence[Object], network: str, uplink: str) -> bool:
    """Whether a packet from *network* of IPv4 that leaves by *uplink* meets a rule that gives it another address.

    *listing* is what ``nft --json list ruleset`` has. A rule with a condition that not all such packets meet, as a mark
    or a port, is not counted, nor is one with a part that nft has no JSON for. What rules before it do is not followed.
    """
    source = IPv4Network(network)
    chains: dict[tuple[str, str, str], list[Sequence[Object]]] = {}
    for item in listing:
        if "rule" in item:
            rule = item["rule"]
            chains.setdefault((rule["family"], rule["table"], rule["chain"]), []).append(rule["expr"])

    def leads(family: str, table: str, chain: str, deep: int = 0) -> bool:
        for expressions in chains.get((family, table, chain), ()) if deep < _DEEPEST else ():
            if _unknown(expressions) or not all(_met(x["match"], source, uplink) for x in expressions if "match" in x):
                continue
            for x in expressions:
                if any(target in x for target in _TARGETS) or str(_of(x, "xt").get("name")).lower() in _TARGETS:
                    return True
                further = _of(x, "jump") or _of(x, "goto")
                if further and leads(family, table, further["target"], deep + 1):
                    return True
        return False

    based = [item["chain"] for item in listing if "chain" in item]
    return any(
        leads(item["family"], item["table"], item["name"])
        for item in based
        if item["family"] in ("ip", "inet") and (item.get("type"), item.get("hook")) == ("nat", "postrouting")
    )


def _of(expression: Object, kind: str) -> Mapping[str, Any]:
    found = expression.get(kind)
    return found if isinstance(found, Mapping) else {}


def _unknown(expressions: Sequence[Any]) -> bool:
    """Whether there is a condition of iptables that nft has no words for, or what is no JSON of nft's but its text."""
    return any(not isinstance(x, Mapping) or _of(x, "xt").get("type") == "match" for x in expressions)


def _met(match: Object, source: IPv4Network, uplink: str) -> bool:
    left = match["left"] if isinstance(match["left"], Mapping) else {}
    field = _of(left, "payload").get("field") or _of(left, "meta").get("key")
    if field == "saddr":
        return bool(match["op"] == "==") and _covers(match["right"], source)
    # An interface by its number is listed by its name, too.
    if field in ("oif", "oifname"):
        named = _elements(match["right"])
        # Who is in a set with a name is not listed.
        listed = not any(item.startswith("@") for item in named if isinstance(item, str))
        return listed and match["op"] == ("==" if any(_names(item, uplink) for item in named) else "!=")
    # All but a few, as those of groups.
    return field == "daddr" and bool(match["op"] == "!=")


def _elements(right: Any) -> Sequence[Any]:
    """Return the members of a set without a name; anything else is the only one."""
    found = right.get("set", right) if isinstance(right, Mapping) else right
    return found if isinstance(found, list) else [found]


def _names(pattern: Any, interface: str) -> bool:
    """Whether *pattern*, which may end in a star, is a name of the *interface*."""
    if isinstance(pattern, str) and pattern.endswith("*"):
        return interface.startswith(pattern[:-1])
    return bool(pattern == interface)


def _covers(right: Any, source: IPv4Network) -> bool:
    return any(_holds(item, source) for item in _elements(right))


def _holds(item: Any, source: IPv4Network) -> bool:
    prefix = item.get("prefix") if isinstance(item, Mapping) else None
    text = f"{prefix['addr']}/{prefix['len']}" if prefix else item
    if not isinstance(text, str):
        return False
    try:
        found = ip_network(text)
    except ValueError:
        # A set with a name, as @lan: what is in it is not listed.
        return False
    return isinstance(found, IPv4Network) and source.subnet_of(found)
