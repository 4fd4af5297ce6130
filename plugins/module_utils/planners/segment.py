# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network segment of an instance: its one interface, and its removal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from ..host import namespaces
from ..host.command import Commands
from ..host.files import Files
from ..host.systemd import Systemd
from ..model.errors import HostError
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..model.segment import SEGMENT_INTERFACE, Segment
from ..render.segment import addresses_path, table_path
from ..render.unit import UNITS, dhcp_unit, resolvers_path, segment_unit
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .table import TablePlanner
from .unit import UnitPlanner

NETNS = "/etc/netns"
_NETWORK = "network"
_OF_HOLDER = "the holder's"


def no_segment_planners(systemd: Systemd, files: Files, item: Instance) -> list[Planner]:
    """Return what removes the segment of an instance that has none any more, if there is anything of it."""
    namespace = f"librespot-{item.name}"
    unit, directory = segment_unit(item.name), os.path.dirname(resolvers_path(namespace))
    if files.read(f"{UNITS}/{unit}", content=False) is None and files.read(directory, content=False) is None:
        return []
    return [
        *no_lease_planners(systemd, files, item),
        UnitPlanner(systemd, files, unit, present=False, scope=item.name),
        *(
            FilePlanner(files, path, None, scope=item.name)
            for path in (table_path(item.name), addresses_path(item.name), f"{UNITS}/{unit}")
        ),
        DirectoryPlanner(files, directory, None, item.name),
        HuskPlanner(files, NETNS, [directory]),
    ]


def no_lease_planners(systemd: Systemd, files: Files, item: Instance) -> list[Planner]:
    """Return what removes the DHCP client of an instance that needs none, if there is one."""
    unit = dhcp_unit(item.name)
    if files.read(f"{UNITS}/{unit}", content=False) is None:
        return []
    return [
        UnitPlanner(systemd, files, unit, present=False, scope=item.name),
        FilePlanner(files, f"{UNITS}/{unit}", None, scope=item.name),
    ]


class LinkPlanner(Planner):
    """The interface of a segment, the only one in its namespace. *address* is its hardware address where we set it.

    For a container, *holder* says what the kernel calls the network of the one that holds the segment.
    """

    def __init__(
        self,
        commands: Commands,
        systemd: Systemd,
        item: Instance,
        segment: Segment,
        address: str,
        holder: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(f"network of {item.namespace}", item.name)
        self._commands = commands
        self._systemd = systemd
        self._item = item
        self._segment = segment
        self._address = address
        self._holder = holder

    def wanted(self) -> State:
        """Return the interface as it shall be."""
        state = {
            "interfaces": SEGMENT_INTERFACE,
            "kind": self._segment.link,
            "state": "up",
        }
        if self._holder:
            state[_NETWORK] = _OF_HOLDER
        if not self._segment.dhcp:
            state["addresses"] = " ".join(sorted(self._segment.addresses))
            state["gateways"] = " ".join(sorted(self._segment.gateways))
        return {**state, "card": self._address} if self._address else state

    def found(self) -> State:
        """Return what is in the namespace; nothing when there is none."""
        if not namespaces.exists(self._item.namespace):
            return {}
        links = {item["ifname"]: item for item in self._inside("-details", "address", "show") if item}
        links.pop("lo", None)
        link = links.get(SEGMENT_INTERFACE, {})
        state = {
            "interfaces": " ".join(sorted(links)),
            "kind": self._kind(link),
            "state": "up" if "UP" in link.get("flags", ()) else "down",
        }
        if self._holder:
            held = self._holder() == namespaces.inode(self._item.namespace)
            state[_NETWORK] = _OF_HOLDER if held else "another"
        if not self._segment.dhcp:
            routes = [*self._inside("-4", "route", "show", "default"), *self._inside("-6", "route", "show", "default")]
            state["addresses"] = " ".join(sorted(_static(link)))
            # What a router of IPv6 announces comes and goes.
            state["gateways"] = " ".join(
                sorted(item.get("gateway", "?") for item in routes if item.get("protocol") != "ra")
            )
        return {**state, "card": link.get("address", "")} if self._address else state

    def _kind(self, link: dict[str, Any]) -> str:
        """Return what the interface is, and of which interface of the host."""
        info = link.get("linkinfo", {})
        tag = int(info.get("info_data", {}).get("id", 0)) if info.get("info_kind") == "vlan" else 0
        if not info.get("info_kind"):
            return "none"
        text = self._commands.run(["ip", "-json", "link", "show"]).stdout
        parents = [item["ifname"] for item in json.loads(text) if item.get("ifindex") == link.get("link_index")]
        parent = parents[0] if parents else "nothing"
        known = info["info_kind"] in ("vlan", "macvlan")
        return Segment(parent, tag).link if known else f"{info['info_kind']} of {parent}"

    def _inside(self, *words: str) -> list[dict[str, Any]]:
        # Not by the option -netns, for which ip(8) mounts file systems: an audit on a schedule may not.
        with namespaces.inside(self._item.namespace):
            text = self._commands.run(["ip", "-json", *words]).stdout.strip()
        found: list[dict[str, Any]] = json.loads(text) if text else []
        return found

    def apply(self, plan: Plan) -> None:
        """Make it anew; the instance in it stops for that and starts again."""
        if plan.changed:
            self._systemd.restart([segment_unit(self._item.name)])
        left = self.plan()
        if left.changed:
            differences = "; ".join(f"{item.attribute} is {item.before}" for item in left.differences())
            raise HostError(
                f"The segment of {self._item.name} was made anew and is not as described: {differences}",
                f"Read the reason on the host: journalctl --unit {segment_unit(self._item.name)} --lines 50",
            )


def _static(link: dict[str, Any]) -> list[str]:
    """Return the addresses that were given to an interface; not those that it gave itself."""
    return [
        f"{item['local']}/{item['prefixlen']}"
        for item in link.get("addr_info", ())
        if item.get("scope") != "link" and not item.get("dynamic") and "local" in item
    ]


class SegmentTablePlanner(TablePlanner):
    """The table inside a segment. While there is no segment there is nothing to do for it: it comes with that."""

    def plan(self) -> Plan:
        """Look at the table, if there is a place for one."""
        return super().plan() if self.reachable else Plan(self.subject, self.wanted(), self.wanted())
