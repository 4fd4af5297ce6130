# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a Quadlet, and what else has a say in the service that is made of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..host.command import Commands
from ..host.files import FILE, Files
from ..host.quadlet_generator import generated, generated_alone
from ..host.systemd import Systemd
from ..model.errors import HostError
from ..model.plan import Plan, State
from ..render.quadlet import QUADLETS, drop_ins
from ..render.unit import MARK
from .base import Planner
from .overrides import for_this_unit, listed

FILE_TEXT = "file"
_LOADED = "loaded"
_OVERRIDES = "overrides"
_MADE = "made of"
_ALONE = "its files alone"
_GENERATED = "/run/systemd/generator"
_MODE = 0o644


class QuadletFile:
    """A Quadlet of ours, and the service that Podman's generator makes of it, and of those at *along*."""

    def __init__(
        self, commands: Commands, systemd: Systemd, files: Files, path: str, unit: str, along: Sequence[str] = ()
    ) -> None:
        self._commands = commands
        self._systemd = systemd
        self._files = files
        self.path = path
        self.unit = unit
        self._along = along

    def wanted(self, text: str) -> State:
        """Return the Quadlet as it shall be."""
        return {FILE_TEXT: text, _LOADED: "as on disk", _MADE: _ALONE}

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
            _MADE: _ALONE if self._alone() else "more than its files",
            **({_OVERRIDES: listed(overrides)} if overrides else {}),
        }

    @property
    def text(self) -> str:
        """What stands there now; empty when nothing does."""
        return self._read(self.path)

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

    def _alone(self) -> bool:
        """Whether its service is the one that is made of it when nothing lies beside it, wherever that would be."""
        paths = (self.path, *self._along)
        texts = {path.rpartition("/")[2]: self._read(path) for path in paths}
        alone = generated_alone(self._commands, texts, QUADLETS).get(self.unit, "")
        # What systemd has now, and what it would have when it next reads all again, as at a boot.
        now, then = self._read(f"{_GENERATED}/{self.unit}"), generated(self._commands).get(self.unit, "")
        return bool(alone) and _lines(alone) == _lines(now) == _lines(then)

    def _read(self, path: str) -> str:
        entry = self._files.read(path)
        return entry.content.decode("utf-8", "replace") if entry else ""

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
        """Let systemd know *text*, and nothing beside it. Raises `HostError` when more of it is made than that."""
        self._files.write(self.path, text.encode(), _MODE)
        beside, removed = drop_ins(self.path), set[str]()
        while beside:
            for path in beside:
                self._files.remove(path)
            removed.update(beside)
            # Once it has read all again, it may know of more that lay in wait.
            self._systemd.daemon_reload()
            found = for_this_unit(self._systemd.show(self.unit, ["DropInPaths"])["DropInPaths"])
            beside = sorted({*found} - removed)
        if not self._alone():
            raise HostError(
                f"Of {self.path} Podman makes a service that is more than what is in it",
                f"See what is added: systemctl cat {self.unit}; it is in a directory such as container.d or "
                f"network.d of {QUADLETS} or /usr/share/containers/systemd, and not ours to remove",
            )

    def remove(self) -> None:
        """Let systemd forget it."""
        for path in (*drop_ins(self.path), self.path):
            self._files.remove(path)
        self._systemd.daemon_reload()
        self._systemd.forget_failures([self.unit])


def _lines(text: str) -> list[list[str]]:
    """Return the lines of a unit that say anything, the words of each sorted: Podman has options in no order."""
    return [sorted(line.split(" ")) for line in text.splitlines() if line and not line.startswith("#")]


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
