# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ties instances to their interfaces, without the instances: for units that are not ours."""

from __future__ import annotations

import inspect
import os

from ..host import bpf, liveness
from ..model.instance import Instance, Specification
from ..model.layout import ROOT
from ..model.networks import V4, V6
from ..render.firewall_units import LOADER
from ..render.unit import (
    BIND_LOADER,
    LIVENESS,
    SETTINGS,
    UNITS,
    announced_path,
    bind_service,
    bind_unit,
    pin_path,
    programs_path,
)
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .pins import NoPinsPlanner
from .registry import Host, bind_planners, binds, ours, runs


def binding_planners(host: Host, spec: Specification) -> list[Planner]:
    """Return the programs of each instance, their loader, and the unit that pins them at boot."""
    files = host.files
    planners: list[Planner] = []
    if spec.present:
        planners += [
            DirectoryPlanner(files, SETTINGS, 0o700),
            DirectoryPlanner(files, os.path.dirname(BIND_LOADER), along=ROOT),
            FilePlanner(files, BIND_LOADER, inspect.getsource(bpf)),
            FilePlanner(files, LIVENESS, inspect.getsource(liveness)),
        ]
    for item in spec.instances:
        planners += _bound(host, item) if item.present else _unbound(host, item)
    return planners


def unbinding_planners(host: Host) -> list[Planner]:
    """Return what removes all that `binding_planners` made for units that are not ours."""
    files = host.files
    foreign = [name for name in binds(host) if not runs(host, name)]
    planners = [item for name in foreign for item in _unbound(host, Instance(name, "", present=False))]
    if ours(host).instances or files.read(LOADER, content=False):
        return planners
    gone = [BIND_LOADER, LIVENESS, *(programs_path(name) for name in foreign)]
    libexec = os.path.dirname(BIND_LOADER)
    return [
        *planners,
        FilePlanner(files, BIND_LOADER, None),
        FilePlanner(files, LIVENESS, None),
        *(HuskPlanner(files, path, gone, [libexec]) for path in (SETTINGS, libexec, ROOT)),
    ]


def pins(item: Instance) -> list[str]:
    """Return the places of the programs of *item*."""
    return [pin_path(item.name, family) for family in (V4, V6)]


def _bound(host: Host, item: Instance) -> list[Planner]:
    unit = f"{UNITS}/{bind_unit(item.name)}"
    return [FilePlanner(host.files, unit, bind_service(item, host.facts), scope=item.name), *bind_planners(host, item)]


def _unbound(host: Host, item: Instance) -> list[Planner]:
    paths = (f"{UNITS}/{bind_unit(item.name)}", programs_path(item.name), announced_path(item.name))
    return [
        NoPinsPlanner(host.files, item.name, pins(item)),
        *(FilePlanner(host.files, path, None, scope=item.name) for path in paths),
    ]
