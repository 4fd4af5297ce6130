# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A grant in the kernel's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..host.command import Commands
from ..host.namespaces import names
from ..host.nftables import Nftables
from ..model.errors import HostError
from ..model.grants import Grant
from ..model.networks import V4, V6
from ..model.plan import Plan, State
from ..render.firewall import TABLE, grant_set
from .base import Planner


def doors(commands: Commands) -> list[Nftables]:
    """Return every place with a table of ours: the host, and the segments that instances have of their own."""
    return [Nftables(commands, name) for name in ("", *names("librespot-"))]


def granted(tables: Sequence[Nftables], zones: Mapping[str, int]) -> list[dict[str, str | int]]:
    """Return the grants that are in force: zone, address, and the most seconds that are left of each anywhere."""
    found: dict[tuple[str, int, str], int] = {}
    for nftables in tables:
        for zone in zones:
            for family in (V4, V6):
                for address, left in (nftables.timed(TABLE, grant_set(zone, family)) or {}).items():
                    place = (zone, family, address)
                    found[place] = max(left, found.get(place, 0))
    return [
        {"zone": zone, "address": address, "seconds": found[zone, family, address]}
        for zone, family, address in sorted(found)
    ]


class GrantPlanner(Planner):
    """The address of *grant* in its zone for at least its time, in all *tables* that have it; else not in any."""

    def __init__(self, tables: Sequence[Nftables], grant: Grant, present: bool) -> None:
        super().__init__(f"grant of {grant.zone} to {grant.address}")
        self._tables = tables
        self._grant = grant
        self._present = present
        self._set = grant_set(grant.zone, grant.family)

    def wanted(self) -> State:
        """Return the grant as it shall be."""
        return {"seconds": str(self._grant.ttl)} if self._present else {}

    def found(self) -> State:
        """Return the grant as the kernel has it, where it has least; one with more time left is as good."""
        sets = [there for there in (item.timed(TABLE, self._set) for item in self._tables) if there is not None]
        left = [there.get(self._grant.address) for there in sets]
        times = [time for time in left if time is not None]
        if not times or (self._present and len(times) < len(left)):
            return {}
        least = min(times)
        return {"seconds": str(self._grant.ttl if self._present and least >= self._grant.ttl else least)}

    def refuse(self, plan: Plan) -> None:
        """Refuse where there is no table to grant in."""
        if not self._open():
            raise HostError(
                f"There is no table {TABLE} for the {plan.subject}", "Run hardened.librespot.site against it first"
            )

    def apply(self, plan: Plan) -> None:
        """Set the time anew, or end it."""
        target = f"inet {TABLE} {self._set}"
        address = self._grant.address
        # An element that is there keeps its time when it is added again, so it is taken out first, in one transaction.
        lines = [f"add element {target} {{ {address} timeout 1h }}", f"delete element {target} {{ {address} }}"]
        if plan.after:
            lines.append(f"add element {target} {{ {address} timeout {self._grant.ttl}s }}")
        for nftables in self._open():
            nftables.load("\n".join([*lines, ""]))

    def _open(self) -> list[Nftables]:
        return [item for item in self._tables if item.timed(TABLE, self._set) is not None]


class LongGrantsPlanner(Planner):
    """No grant lasts longer than its zone allows, as one that was made by hand may. *zones* are names to seconds."""

    def __init__(self, tables: Sequence[Nftables], zones: Mapping[str, int]) -> None:
        super().__init__("grants")
        self._tables = tables
        self._zones = zones

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return the addresses that are let in for longer."""
        return {
            f"{item['address']} in {item['zone']}": "let in for longer than the zone allows"
            for item in granted(self._tables, self._zones)
            if int(item["seconds"]) > self._zones[str(item["zone"])]
        }

    def apply(self, plan: Plan) -> None:
        """End them."""
        for entry in plan.before:
            address, _in, zone = entry.split()
            name = grant_set(zone, V6 if ":" in address else V4)
            for nftables in self._tables:
                if address in (nftables.timed(TABLE, name) or {}):
                    nftables.load(f"delete element inet {TABLE} {name} {{ {address} }}\n")
