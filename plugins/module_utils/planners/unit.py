# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A unit that is no instance: loaded as on disk, enabled and active, or gone."""

from __future__ import annotations

from ..host.files import Files
from ..host.systemd import Systemd
from ..model.plan import Plan, State
from ..render.unit import UNITS
from .base import HOST, Planner
from .overrides import listed, overrides, paths

_PROPERTIES = ("NeedDaemonReload", "FragmentPath", "UnitFileState", "ActiveState", "DropInPaths")


class UnitPlanner(Planner):
    """The unit *name*, whose file another planner writes or, after this one, removes.

    One that does not *stay* active is started along with others, and is only enabled here.
    """

    def __init__(
        self, systemd: Systemd, files: Files, name: str, present: bool = True, stay: bool = True, scope: str = HOST
    ) -> None:
        super().__init__(f"unit {name}", scope)
        self._systemd = systemd
        self._files = files
        self._name = name
        self.units = (name,)
        self._present = present
        self._stay = stay

    def wanted(self) -> State:
        """Return the unit as it shall be."""
        if not self._present:
            return {"state": "inactive", "boot": "disabled"}
        state = {"state": "active"} if self._stay else {}
        return {**state, "boot": "enabled", "loaded": "as on disk", "added to it": ""}

    def found(self) -> State:
        """Return what systemd says of it."""
        shown = self._systemd.show(self._name, _PROPERTIES)
        active = shown["ActiveState"]
        state = {
            "state": "inactive" if active == "failed" and not self._present else active,
            "boot": "enabled" if shown["UnitFileState"] == "enabled" else "disabled",
        }
        if not self._present:
            return state
        if not self._stay:
            del state["state"]
        loaded = bool(shown["FragmentPath"]) or self._files.read(f"{UNITS}/{self._name}", content=False) is None
        state["loaded"] = "as on disk" if loaded and shown["NeedDaemonReload"] == "no" else "not as on disk"
        return {**state, "added to it": listed(overrides(shown))}

    def apply(self, plan: Plan) -> None:
        """Reload, enable and start it, or stop and disable it."""
        if not self._present:
            self._systemd.stop([self._name])
            if plan.before["boot"] == "enabled":
                self._systemd.disable([self._name])
            return
        for path in paths(plan.before["added to it"]):
            self._files.remove(path)
        changed = any(plan.before[name] != plan.after[name] for name in ("loaded", "added to it"))
        if changed:
            self._systemd.daemon_reload()
        if plan.before["boot"] != plan.after["boot"]:
            self._systemd.enable([self._name])
        if not self._stay:
            return
        if changed or plan.before["state"] == "failed":
            self._systemd.restart([self._name])
        else:
            self._systemd.start([self._name])


class LoadedPlanner(Planner):
    """A unit that another one starts: systemd shall know it as it is on disk."""

    def __init__(self, systemd: Systemd, files: Files, name: str) -> None:
        super().__init__(f"unit {name}")
        self._systemd = systemd
        self._files = files
        self._name = name
        self.units = (name,)

    def wanted(self) -> State:
        """Return the unit as it shall be."""
        return {"loaded": "as on disk", "added to it": ""}

    def found(self) -> State:
        """Return what systemd says of it."""
        shown = self._systemd.show(self._name, _PROPERTIES)
        stale = shown["NeedDaemonReload"] != "no"
        added = listed(overrides(shown))
        return {"loaded": "not as on disk" if stale else "as on disk", "added to it": added}

    def apply(self, plan: Plan) -> None:
        """Remove what was added, and let systemd read it again."""
        for path in paths(plan.before["added to it"]):
            self._files.remove(path)
        if plan.changed:
            self._systemd.daemon_reload()
