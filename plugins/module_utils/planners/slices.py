# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slices of containers: loaded as on disk, and in force; or gone."""

from __future__ import annotations

import os
from collections.abc import Collection

from ..host.cgroup import SLICES, io_weight, swap_limit
from ..host.files import Files
from ..host.systemd import Systemd
from ..model.container import slice_name
from ..model.limits import Limits, size_text
from ..model.plan import Plan, State
from ..render.slice import container_slice, slice_path
from ..render.unit import SLICE, UNITS, slice_unit
from .base import HOST, Planner
from .drop_ins import no_drop_ins
from .file import FilePlanner
from .registry import Host

_GROUPS = f"{SLICES}/{SLICE}"
_FILE = f"{UNITS}/{SLICE}"


def shared_slice(host: Host) -> list[Planner]:
    """Return the slice of all instances, above those of containers: whatever is added to it holds for all of them."""
    return [FilePlanner(host.files, _FILE, slice_unit()), *no_drop_ins(host, [_FILE])]


def slice_planners(host: Host, name: str, limits: Limits, scope: str) -> list[Planner]:
    """Return what holds the container *name* of the instance *scope* to *limits*."""
    path = slice_path(name)
    return [
        FilePlanner(host.files, path, container_slice(name, limits), scope=scope),
        *no_drop_ins(host, [path], scope),
        SlicePlanner(host.systemd, slice_name(name), limits, scope),
    ]


class SlicePlanner(Planner):
    """The slice *name*, whose file another planner writes. It is made with the first that runs in it."""

    def __init__(self, systemd: Systemd, name: str, limits: Limits, scope: str) -> None:
        super().__init__(f"unit {name}", scope)
        self._systemd = systemd
        self._name = name
        self.units = (name,)
        self._limits = limits

    def wanted(self) -> State:
        """Return what systemd, and the kernel, shall have."""
        return {
            "loaded": "as on disk",
            "swap": size_text(self._limits.swap),
            "io weight": str(self._limits.io_weight),
        }

    def found(self) -> State:
        """Return what they have; before anything runs in it, and where the kernel has no such limit, what is wanted."""
        stale = self._systemd.show(self._name, ["NeedDaemonReload"])["NeedDaemonReload"] != "no"
        found = {**self.wanted(), "loaded": "not as on disk" if stale else "as on disk"}
        directory = f"{_GROUPS}/{self._name}"
        if os.path.exists(f"{directory}/memory.swap.max"):
            swap = swap_limit(directory)
            found["swap"] = "not limited" if swap is None else size_text(swap)
        weight = io_weight(directory)
        return found if weight is None else {**found, "io weight": str(weight)}

    def apply(self, plan: Plan) -> None:
        """Let systemd read it again, and write what the kernel has of it."""
        if plan.changed:
            self._systemd.daemon_reload()


def no_slice_planners(host: Host, name: str, scope: str) -> list[Planner]:
    """Return what removes the slice of the container *name*, with whatever was added to it."""
    return [*no_drop_ins(host, [slice_path(name)], scope), NoSlicePlanner(host.systemd, host.files, name, scope)]


class NoSlicePlanner(Planner):
    """The slice of the container *name*, which goes: after the container, and with its file."""

    def __init__(self, systemd: Systemd, files: Files, name: str, scope: str) -> None:
        super().__init__(f"unit {slice_name(name)}", scope)
        self._systemd = systemd
        self._files = files
        self._unit = slice_name(name)
        self._path = slice_path(name)

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return whether it is on disk, or has a control group."""
        places = {
            "file": self._files.read(self._path, content=False),
            "group": os.path.isdir(f"{_GROUPS}/{self._unit}"),
        }
        return {name: "there" for name, there in places.items() if there}

    def apply(self, plan: Plan) -> None:
        """Stop and remove it."""
        if plan.before:
            self._files.remove(self._path)
            self._systemd.stop([self._unit])
            self._systemd.daemon_reload()


class EmptySlicePlanner(Planner):
    """The slice of all instances, which goes when only the groups of what is *gone* are in it: slices, or services."""

    def __init__(self, systemd: Systemd, files: Files, gone: Collection[str]) -> None:
        super().__init__(f"unit {SLICE}", HOST)
        self._systemd = systemd
        self._files = files
        self._gone = set(gone)

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return that it is there, and nothing else is in it; what systemd-run starts there is over at once."""
        group = os.path.isdir(_GROUPS)
        inside = {item.name for item in os.scandir(_GROUPS) if item.is_dir()} if group else set()
        if {name for name in inside if not name.startswith("run-")} - self._gone:
            return {}
        places = {"file": self._files.read(_FILE, content=False), "group": group}
        return {name: "there" for name, there in places.items() if there}

    def apply(self, plan: Plan) -> None:
        """Stop and remove it."""
        if plan.before:
            self._files.remove(_FILE)
            self._systemd.stop([SLICE])
            self._systemd.daemon_reload()
