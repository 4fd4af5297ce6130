# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A grant in the kernel's table."""

from __future__ import annotations

from collections.abc import Mapping

from ..host.nftables import Nftables
from ..model.errors import HostError
from ..model.grants import Grant
from ..model.networks import V4, V6
from ..model.plan import Plan, State
from ..render.firewall import TABLE, grant_set
from .base import Planner


def granted(nftables: Nftables, zones: Mapping[str, int]) -> list[dict[str, str | int]]:
    """Return the grants that are in force: zone, address, and the seconds that are left of each."""
    return [
        {"zone": zone, "address": address, "seconds": left}
        for zone in sorted(zones)
        for family in (V4, V6)
        for address, left in sorted((nftables.timed(TABLE, grant_set(zone, family)) or {}).items())
    ]


class GrantPlanner(Planner):
    """The address of *grant* in its zone for at least its time; when not *present*, not in it at all."""

    def __init__(self, nftables: Nftables, grant: Grant, present: bool) -> None:
        super().__init__(f"grant of {grant.zone} to {grant.address}")
        self._nftables = nftables
        self._grant = grant
        self._present = present

    def wanted(self) -> State:
        """Return the grant as it shall be."""
        return {"seconds": str(self._grant.ttl)} if self._present else {}

    def found(self) -> State:
        """Return the grant as the kernel has it; one with more time left is as good."""
        there = self._nftables.timed(TABLE, grant_set(self._grant.zone, self._grant.family)) or {}
        left = there.get(self._grant.address)
        if left is None:
            return {}
        return {"seconds": str(self._grant.ttl if self._present and left >= self._grant.ttl else left)}

    def refuse(self, plan: Plan) -> None:
        """Refuse where there is no table to grant in."""
        if self._nftables.timed(TABLE, grant_set(self._grant.zone, self._grant.family)) is None:
            raise HostError(
                f"There is no table {TABLE} for the {plan.subject}", "Run playbooks/site.yml against it first"
            )

    def apply(self, plan: Plan) -> None:
        """Set the time anew, or end it."""
        target = f"inet {TABLE} {grant_set(self._grant.zone, self._grant.family)}"
        address = self._grant.address
        # An element that is there keeps its time when it is added again, so it is taken out first, in one transaction.
        lines = [f"add element {target} {{ {address} timeout 1h }}", f"delete element {target} {{ {address} }}"]
        if plan.after:
            lines.append(f"add element {target} {{ {address} timeout {self._grant.ttl}s }}")
        self._nftables.load("\n".join([*lines, ""]))


class LongGrantsPlanner(Planner):
    """No grant lasts longer than its zone allows, as one that was made by hand may. *zones* are names to seconds."""

    def __init__(self, nftables: Nftables, zones: Mapping[str, int]) -> None:
        super().__init__("grants")
        self._nftables = nftables
        self._zones = zones

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return the addresses that are let in for longer."""
        return {
            f"{item['address']} in {item['zone']}": "let in for longer than the zone allows"
            for item in granted(self._nftables, self._zones)
            if int(item["seconds"]) > self._zones[str(item["zone"])]
        }

    def apply(self, plan: Plan) -> None:
        """End them."""
        for entry in plan.before:
            address, _in, zone = entry.split()
            name = grant_set(zone, V6 if ":" in address else V4)
            self._nftables.load(f"delete element inet {TABLE} {name} {{ {address} }}\n")
