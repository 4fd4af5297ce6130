# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a Quadlet, and what else has a say in the service that is made of it."""

from __future__ import annotations

from ..host.files import FILE, Files
from ..host.systemd import Systemd
from ..model.errors import HostError
from ..model.plan import Plan, State
from ..render.quadlet import QUADLETS, drop_ins
from ..render.unit import MARK
from .base import Planner
from .service import for_this_unit

FILE_TEXT = "file"
_LOADED = "loaded"
_OVERRIDES = "overrides"
_GENERATED = "/run/systemd/generator"
_MODE = 0o644


class QuadletFile:
    """A Quadlet of ours, and the service that Podman's generator makes of it."""

    def __init__(self, systemd: Systemd, files: Files, path: str, unit: str) -> None:
        self._systemd = systemd
        self._files = files
        self.path = path
        self.unit = unit

    def wanted(self, text: str) -> State:
        """Return the Quadlet as it shall be."""
        return {FILE_TEXT: text, _LOADED: "as on disk"}

    def found(self) -> State:
        """Return what stands there, and what else has a say in what systemd starts; nothing when there is none."""
        written = self._written()
        if not written:
            return {}
        shown = self._systemd.show(self.unit, ["NeedDaemonReload", "SourcePath", "DropInPaths"])
        right = (shown["NeedDaemonReload"], shown["SourcePath"]) == ("no", self.path)
        overrides = self._overrides(shown["DropInPaths"])
        return {
            FILE_TEXT: written,
            _LOADED: "as on disk" if right else "not as on disk",
            **({_OVERRIDES: " ".join(overrides)} if overrides else {}),
        }

    @property
    def text(self) -> str:
        """What stands there now; empty when nothing does."""
        entry = self._files.read(self.path)
        return entry.content.decode("utf-8", "replace") if entry else ""

    @property
    def ours(self) -> bool:
        """Whether a Quadlet of ours is there."""
        return self.text.startswith(MARK)

    def _written(self) -> str:
        """Return what stands there, and whose it is when it is not only root's to write."""
        entry = self._files.read(self.path)
        if entry is None:
            return ""
        text = entry.content.decode("utf-8", "replace")
        right = (entry.kind, entry.mode, entry.uid, entry.gid) == (FILE, _MODE, 0, 0)
        return text if right else f"{text}({entry.kind}, mode {entry.mode:04o}, owner {entry.uid}:{entry.gid})"

    def _overrides(self, shown: str) -> list[str]:
        there = [path for path in drop_ins(self.path) if self._files.read(path, content=False)]
        return sorted({*for_this_unit(shown), *there})

    def refuse(self, plan: Plan) -> None:
        """Refuse to replace what is not ours, and to write what something else of that name would hide."""
        if plan.before.get(FILE_TEXT) and not plan.before[FILE_TEXT].startswith(MARK):
            raise HostError(
                f"{self.path} exists and is not ours", "Give the instance another name, or remove that file"
            )
        shadow = self._systemd.show(self.unit, ["FragmentPath"]).get("FragmentPath", "")
        entry = self._files.read(shadow) if shadow and not shadow.startswith(_GENERATED) else None
        # What ran the instance as a service is removed by the same run.
        if entry is not None and not entry.content.startswith(MARK.encode()):
            raise HostError(
                f"{shadow} is in the place of the service of {self.path}",
                f"Remove it, or: systemctl unmask {self.unit}",
            )

    def write(self, text: str) -> None:
        """Let systemd know *text*, and nothing beside it."""
        for path in self.found().get(_OVERRIDES, "").split():
            self._files.remove(path)
        self._files.write(self.path, text.encode(), _MODE)
        self._systemd.daemon_reload()

    def remove(self) -> None:
        """Let systemd forget it."""
        for path in (*drop_ins(self.path), self.path):
            self._files.remove(path)
        self._systemd.daemon_reload()
        self._systemd.forget_failures([self.unit])


class SweptPlanner(Planner):
    """What a run that was killed has left among the Quadlets of the host, which are not ours alone."""

    def __init__(self, files: Files) -> None:
        super().__init__(f"files of a killed run in {QUADLETS}")
        self._files = files

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return whether there are any."""
        return {"there": "yes"} if self._files.left_behind(QUADLETS) else {}

    def apply(self, plan: Plan) -> None:
        """Remove them."""
        if plan.changed:
            self._files.sweep(QUADLETS)
