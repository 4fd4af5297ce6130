# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the firewall is made of on a host, in the order in which it is put there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..host import firewall, namespaces
from ..host.nftables import NFT, Nftables
from ..model.grants import record
from ..model.instance import CONTAINER, Instance, Specification, bridge_of
from ..model.layout import IMAGES, ROOT
from ..model.openings import openings
from ..model.zones import Zone
from ..render.firewall import TABLE, Surroundings, table
from ..render.firewall_units import AGAIN, CLOCK, GRANTS_FILE, LOADER, RESOLVERS_WATCH, TABLE_FILE, firewall_units
from ..render.segment import table_path
from ..render.unit import FIREWALL, SETTINGS, UNITS
from .account import AccountPlanner
from .base import Planner
from .drop_ins import no_drop_ins
from .file import FilePlanner, HuskPlanner
from .grant import LongGrantsPlanner, doors
from .loader import loader_planners
from .openings import opening_planners
from .registry import Host, runs, undeclared
from .table import TablePlanner
from .unit import UnitPlanner


def forgotten(host: Host, spec: Specification) -> dict[str, int]:
    """Return the instances that are on the host and not in *spec*, with their users' ids."""
    found = {name: host.accounts.find(f"librespot-{name}") for name in undeclared(host, spec)}
    return {name: account.uid for name, account in found.items() if account is not None}


def firewall_planners(host: Host, spec: Specification, removed: bool = False) -> list[Planner]:
    """Return what puts the table of *spec* in force, now and at every boot; of no instance, what removes it.

    What runs and is not in *spec* is sealed off, not let go: it would be open to everyone without its rules. When the
    table shall be *removed*, nothing is.
    """
    left = {} if removed else forgotten(host, spec)
    if not spec.present and not left:
        return _absent(host)
    files = host.files
    # What has a segment of its own has its table there.
    here = [item for item in spec.present if not item.segment]
    used = _used(spec, here)
    everywhere = _used(spec, spec.present)
    windows = any(zone.hours or zone.days for zone in everywhere)
    file, in_force = _table_planners(host, spec, left)
    units = firewall_units(windows)
    return [
        *loader_planners(host),
        # Rules name them.
        *(AccountPlanner(host.accounts, item) for item in spec.present),
        file,
        FilePlanner(files, GRANTS_FILE, record(everywhere), 0o600),
        in_force,
        LongGrantsPlanner(doors(host.commands), {zone.name: zone.max_ttl for zone in everywhere if zone.grants}),
        *(planner for name in left for planner in _sealed_segment(host, name, left[name])),
        *_clock(host, windows),
        *(FilePlanner(files, path, text) for path, text in units.items()),
        *no_drop_ins(host, units),
        *(
            UnitPlanner(host.systemd, files, name)
            for name in (FIREWALL, RESOLVERS_WATCH, *([CLOCK] if windows else []))
        ),
        UnitPlanner(host.systemd, files, AGAIN, stay=False),
        # Only now, when the table judges who comes that way.
        *opening_planners(host, openings(here, used)),
    ]


def unsealing_planners(host: Host, spec: Specification) -> list[Planner]:
    """Return what lets the table in force forget what was sealed off in it and a run of containers has then removed.

    Till then it stays closed, also when that run is killed. What runs as a service is not removed, and stays sealed.
    """
    left = forgotten(host, spec)
    kept = {name: user for name, user in left.items() if runs(host, name)}
    if not spec.present or kept == left or Nftables(host.commands).table(TABLE) is None:
        return []
    return list(_table_planners(host, spec, kept))


def _table_planners(host: Host, spec: Specification, left: Mapping[str, int]) -> tuple[FilePlanner, TablePlanner]:
    """Return the file of the table of *spec* for every boot, and the table, with the users *left* sealed off."""
    here = [item for item in spec.present if not item.segment]
    used, sealed = _used(spec, here), tuple(left.values())
    # What is in a container now may have run as a service until now.
    away = [item.user for item in spec.present if not item.on_host]
    # Name servers are not in the file: they are read anew whenever it is loaded.
    known, direct = host.routers()
    around = Surroundings(routers=known, direct=direct)
    # Nor does it lead to a container any more that has moved from its bridge, but to its trials.
    moved = [item.name for item in spec.present if item.deployment == CONTAINER and not item.bridge]
    bridges = [bridge_of(name) for name in (*left, *moved)]
    kept = table(here, used, around, sealed, away, bridges)
    v4, v6 = map(tuple, firewall.resolvers())
    wanted = table(here, used, replace(around, resolvers_v4=v4, resolvers_v6=v6), sealed, away, bridges)
    users = [item.user for item in spec.present if host.accounts.find(item.user)]
    return (
        FilePlanner(host.files, TABLE_FILE, kept.transaction(), 0o600),
        TablePlanner(Nftables(host.commands), wanted, users),
    )


def _sealed_segment(host: Host, name: str, user: int) -> list[Planner]:
    """Return what seals off an instance that nobody describes any more inside its segment, if it is in one."""
    namespace = f"librespot-{name}"
    if not namespaces.exists(namespace):
        return []
    closed = table([], [], Surroundings(), [user])
    return [
        FilePlanner(host.files, table_path(name), closed.transaction(), 0o600, name),
        TablePlanner(Nftables(host.commands, namespace), closed, scope=name),
    ]


def _used(spec: Specification, instances: Sequence[Instance]) -> list[Zone]:
    return [zone for name, zone in spec.zones.items() if any(name in item.access for item in instances)]


def _clock(host: Host, windows: bool) -> list[Planner]:
    return [] if windows else [UnitPlanner(host.systemd, host.files, CLOCK, present=False)]


def _absent(host: Host) -> list[Planner]:
    files = host.files
    return [
        *opening_planners(host, []),
        *(UnitPlanner(host.systemd, files, name, present=False) for name in (CLOCK, RESOLVERS_WATCH, AGAIN, FIREWALL)),
        *no_drop_ins(host, firewall_units(windows=True)),
        *(FilePlanner(files, path, None) for path in firewall_units(windows=False)),
        *([TablePlanner(Nftables(host.commands), None)] if os.path.exists(NFT) else []),
        FilePlanner(files, TABLE_FILE, None),
        FilePlanner(files, GRANTS_FILE, None),
        # When a timer last ran, systemd keeps.
        FilePlanner(files, f"/var/lib/systemd/timers/stamp-{CLOCK}", None),
        FilePlanner(files, LOADER, None),
        # Users that were made for the table alone.
        *(AccountPlanner(host.accounts, Instance(name, "", present=False)) for name in _unused(host)),
        HuskPlanner(files, SETTINGS, [TABLE_FILE, GRANTS_FILE]),
        HuskPlanner(files, os.path.dirname(LOADER), [LOADER]),
        HuskPlanner(files, ROOT, [LOADER], [os.path.dirname(LOADER)]),
    ]


def _unused(host: Host) -> list[str]:
    """Return the instances of which nothing but the user is on the host; containers of ours run as theirs."""
    if host.files.read(IMAGES, content=False) is not None:
        return []
    kept = (f"{UNITS}/librespot-{{}}.service", f"{UNITS}/librespot-{{}}-bind.service", f"{SETTINGS}/{{}}.env")
    return [
        name
        for name in sorted(host.accounts.ours())
        if not any(host.files.read(path.format(name), content=False) for path in kept)
    ]
