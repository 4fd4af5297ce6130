# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall's table: what the kernel holds compared with what the specification says, and one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ..host.firewall import localized, utc_offset
from ..host.nftables import Nftables, Object
from ..model.networks import V4, V6, Networks, interval_text, parse_networks
from ..model.plan import Plan, State
from ..render.firewall import TABLE
from ..render.nft import Chain, Set, Table
from .base import HOST, Planner

_FEW = 32
"""So many elements of a set are shown one by one in a diff; of more, their number and digest."""

_CHAIN = "chain"
_SET = "set"
_ALTERED = "another "


def _name(kind: str, name: str) -> str:
    return f"{kind} {name}"


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _bare(body: dict[str, Any]) -> str:
    """Return what defines an object, without its number and its elements."""
    return _canonical({key: value for key, value in body.items() if key not in ("handle", "elem")})


def _rule(body: dict[str, Any]) -> str:
    return _canonical(body["expr"])


def _elements_text(elements: Sequence[str]) -> str:
    if len(elements) <= _FEW:
        return ", ".join(elements) or "empty"
    return f"{len(elements)} entries, sha256 {hashlib.sha256(' '.join(elements).encode()).hexdigest()}"


def _networks_text(networks: Networks) -> str:
    return _elements_text([interval_text(item, family) for family in (V4, V6) for item in networks.of(family)])


def _element(value: Any) -> str:
    """Return one element of a listing as `parse_networks` reads it."""
    if isinstance(value, dict):
        if "prefix" in value:
            return f"{value['prefix']['addr']}/{value['prefix']['len']}"
        if "range" in value:
            return "-".join(value["range"])
        if "elem" in value:
            return _element(value["elem"]["val"])
    return str(value)


class Listing:
    """The objects of a table by what they are."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self.definitions: dict[str, str] = {}
        self.rules: dict[str, list[str]] = {}
        self.elements: dict[str, list[str]] = {}
        self.table = ""
        for item in objects:
            for kind, body in item.items():
                if kind == "rule":
                    self.rules.setdefault(body["chain"], []).append(_rule(body))
                elif kind == "table":
                    self.table = _bare(body)
                else:
                    self.definitions[_name(kind, body["name"])] = _bare(body)
                    self.elements[body["name"]] = [_element(value) for value in body.get("elem", ())]

    def names(self, kind: str) -> list[str]:
        """Return the names of all objects of one *kind*."""
        return [name.partition(" ")[2] for name in self.definitions if name.startswith(f"{kind} ")]


class TablePlanner(Planner):
    """The table as a whole; with *table* None its absence. *users* are those that its rules may name."""

    def __init__(self, nftables: Nftables, table: Table | None, users: Collection[str] = (), scope: str = HOST) -> None:
        super().__init__(f"table inet {TABLE}{nftables.where}", scope)
        self._nftables = nftables
        self._table = table
        self._users = users
        self._seen: Listing | None = None
        self._altered: list[str] = []

    @property
    def reachable(self) -> bool:
        """Whether the network that it belongs to is there."""
        return self._nftables.reachable

    def wanted(self) -> State:
        """Return each chain with its rules and each set with its elements."""
        if self._table is None:
            return {}
        state = {
            _name(_CHAIN, item.name): "\n".join((item.hook, *(line for rule in item.rules for line in _lines(rule))))
            for item in self._table.chains
        }
        state.update({_name(_SET, item.name): _normal(item, item.elements) for item in self._table.sets})
        return state

    def found(self) -> State:
        """Return the same of what the kernel holds; a rule that is not ours is shown as nft describes it."""
        listed = self._nftables.table(TABLE)
        self._seen, self._altered = None, []
        if listed is None:
            return {}
        seen = self._seen = Listing(listed)
        if self._table is None:
            return dict.fromkeys(seen.definitions, "there") or {"table": "there"}
        right = Listing(self._nftables.as_loaded(localized(self._scratch(self._table).text(), utc_offset()), TABLE))
        state = {} if seen.table == right.table else {"table": seen.table}
        sets = {item.name: item for item in self._table.sets}
        chains = {item.name: item for item in self._table.chains}
        for name, definition in seen.definitions.items():
            kind, _space, plain = name.partition(" ")
            if kind == _CHAIN and plain in chains:
                text = self._chain_text(chains[plain], seen, right)
            elif kind == _SET and plain in sets:
                text = _normal(sets[plain], seen.elements[plain])
            else:
                text = "not ours"
            if name in right.definitions and definition != right.definitions[name]:
                self._altered.append(name)
                text = f"{_ALTERED}{kind}: {definition}"
            state[name] = text
        return state

    def _scratch(self, table: Table) -> Table:
        """Return the table without elements and without rules that name users who are not there yet."""
        return replace(
            table,
            sets=tuple(replace(item, elements=()) for item in table.sets),
            chains=tuple(
                replace(item, rules=tuple(rule for rule in item.rules if self._loadable(rule))) for item in table.chains
            ),
        )

    def _loadable(self, rule: str) -> bool:
        return 'meta skuid "' not in rule or any(f'"{user}"' in rule for user in self._users)

    def _chain_text(self, chain: Chain, seen: Listing, right: Listing) -> str:
        """Return the rules of a chain, in our words where they are ours."""
        ours = [line for rule in chain.rules if self._loadable(rule) for line in _lines(rule)]
        written = dict(zip(right.rules.get(chain.name, []), ours))
        return "\n".join((chain.hook, *(written.get(rule, rule) for rule in seen.rules.get(chain.name, []))))

    def apply(self, plan: Plan) -> None:
        """Let the kernel judge it first, then put it in force in one transaction."""
        if self._table is None or not plan.after:
            self._nftables.load(f"delete table inet {TABLE}\n")
            return
        chains = self._seen.names(_CHAIN) if self._seen else []
        others = [name for name in self._seen.definitions if not name.startswith(f"{_CHAIN} ")] if self._seen else []
        text = localized(self._table.transaction(chains, others, self._altered), utc_offset())
        self._nftables.check(text)
        self._nftables.load(text)


def _lines(rule: str) -> list[str]:
    """Return *rule* as it is loaded: a window of local time becomes one rule for each day of UTC that it touches."""
    return localized(rule, utc_offset()).splitlines()


def _normal(item: Set, elements: Sequence[str]) -> str:
    if item.live:
        return "filled by the kernel"
    if item.type == "ether_addr":
        return _elements_text(sorted(elements))
    return _networks_text(parse_networks(elements, item.name))
