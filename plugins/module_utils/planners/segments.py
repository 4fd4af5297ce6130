# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the segments of a host's instances are made of, in the order in which it is put there."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable

from ..host import lease
from ..host.nftables import Nftables
from ..model.instance import Instance, Specification
from ..model.segment import Segment, card
from ..render.segment import LEASE, UDHCPC, segment_files, segment_table
from ..render.unit import UNITS, dhcp_unit, resolvers_path, segment_unit
from .account import AccountPlanner
from .base import Planner
from .file import DirectoryPlanner, FilePlanner
from .loader import loader_planners
from .package import ProgramPlanner
from .registry import Host
from .segment import NETNS, LinkPlanner, SegmentTablePlanner, no_lease_planners
from .unit import UnitPlanner


def segment_planners(host: Host, spec: Specification) -> list[Planner]:
    """Return what makes the segments of all present instances that have one."""
    planners = shared_planners(host, spec)
    for item in spec.present:
        if item.segment:
            planners += segment_of(host, spec, item, item.segment)
    return planners


def shared_planners(host: Host, spec: Specification) -> list[Planner]:
    """Return what the segments of *spec* need of the host, if it has any."""
    segments = [item.segment for item in spec.present if item.segment]
    return [
        *(loader_planners(host) if segments else []),
        *(_client(host) if any(segment.dhcp for segment in segments) else []),
    ]


def segment_of(
    host: Host, spec: Specification, item: Instance, segment: Segment, holder: Callable[[], str] | None = None
) -> list[Planner]:
    """Return what makes the *segment* of one instance, after what all share.

    For a container, *holder* says which network is its holder's.
    """
    files, zones = host.files, [spec.zones[name] for name in item.access]
    entry = files.read("/etc/machine-id")
    address = card(entry.content.decode().strip() if entry else "", item.name)
    texts = segment_files(item, segment, zones, address, host.facts.udev)
    unit = segment_unit(item.name)
    nftables = Nftables(host.commands, item.namespace)
    users = [item.user] if host.accounts.find(item.user) else []
    return [
        # The rules of the table name it.
        AccountPlanner(host.accounts, item),
        DirectoryPlanner(files, NETNS, scope=item.name),
        DirectoryPlanner(files, os.path.dirname(resolvers_path(item.namespace)), scope=item.name),
        *(FilePlanner(files, path, text, _mode(path), item.name) for path, text in texts.items()),
        *([] if segment.dhcp else no_lease_planners(host.systemd, files, item)),
        UnitPlanner(host.systemd, files, unit, stay=False, scope=item.name),
        LinkPlanner(host.commands, host.systemd, item, segment, "" if segment.vlan else address, holder),
        *([UnitPlanner(host.systemd, files, dhcp_unit(item.name), scope=item.name)] if segment.dhcp else []),
        SegmentTablePlanner(nftables, segment_table(item, zones, segment), users, item.name),
    ]


def _client(host: Host) -> list[Planner]:
    return [
        ProgramPlanner(host.commands, UDHCPC, "udhcpc"),
        FilePlanner(host.files, LEASE, "#!/usr/bin/python3 -I\n" + inspect.getsource(lease), 0o755),
    ]


def _mode(path: str) -> int:
    return 0o644 if path.startswith((UNITS, NETNS)) else 0o600
