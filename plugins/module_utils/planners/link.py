# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A link of ours in a directory of someone else's."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..host.files import LINK, Files, called
from ..model.errors import HostError
from ..model.plan import Plan, State
from .base import HOST, Planner
from .file import KIND

TARGET = "target"
BESIDE = "beside it"


class LinkPlanner(Planner):
    """The link at *path* to *target*; with *present* False its absence, while one that leads elsewhere stays."""

    def __init__(self, files: Files, path: str, target: str, present: bool = True, scope: str = HOST) -> None:
        super().__init__(path, scope)
        self._files = files
        self._target = target
        self._present = present
        self._directory = os.path.dirname(path)

    def wanted(self) -> State:
        """Return the link as it shall be."""
        return {KIND: LINK, TARGET: self._target} if self._present else {}

    def found(self) -> State:
        """Return what stands there, and what a run that was killed has left beside it."""
        entry = self._files.read(self.subject, content=False)
        if not self._present and entry is not None and (entry.kind, entry.target) != (LINK, self._target):
            entry = None
        state = {} if entry is None else {KIND: entry.kind}
        if entry is not None and entry.kind == LINK:
            state[TARGET] = entry.target
        if self._files.left_behind(self._directory):
            state[BESIDE] = "a temporary link of a run that was killed"
        return state

    def refuse(self, plan: Plan) -> None:
        """Refuse to replace what is no link, and to write where nothing can be written."""
        kind = plan.before.get(KIND, LINK)
        if kind != LINK:
            raise HostError(
                f"{self.subject}: {called(kind)} stands where a link of ours belongs",
                "Find out who put it there, remove it and run again",
            )
        if os.path.isdir(self._directory) and not os.access(self._directory, os.W_OK):
            raise HostError(
                f"{self._directory} cannot be written: its file system is read-only",
                f"Mount it for writing: mount -o remount,rw, or name another directory than {self._directory}",
            )

    def apply(self, plan: Plan) -> None:
        """Make, turn or remove it."""
        self._files.sweep(self._directory)
        if not plan.after:
            self._files.remove(self.subject)
        else:
            self._files.link(self.subject, self._target)


def refuse_links(planners: Iterable[Planner]) -> None:
    """Raise `HostError` for a link among *planners* that cannot be made or removed, before any of them is applied.

    Links come last, and those of the run before go first: to fail at one would leave a host with neither.
    """
    for planner in planners:
        if isinstance(planner, LinkPlanner):
            plan = planner.plan()
            if plan.changed:
                planner.refuse(plan)
