# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which one of several releases or images is active, and which one was before it."""

from __future__ import annotations

import posixpath

from ..host.files import LINK, Files
from ..model.layout import OF_RELEASES, Layout
from ..model.plan import Plan, State
from .base import Planner
from .release_tree import said


class Links:
    """What is active, and what was active before it, as they were when a run began; empty where there is none."""

    def __init__(self, files: Files, layout: Layout = OF_RELEASES) -> None:
        self._files = files
        self.layout = layout
        self.current = self._read(layout.current)
        self.previous = self.before(self.current)

    def before(self, identifier: str) -> str:
        """Return what was active before the thing *identifier*."""
        return self._read(self.layout.before_link(identifier)) if identifier else ""

    def before_when_active(self, identifier: str) -> str:
        """Return what was active before the thing *identifier* once it is: what is active now, if that is another."""
        return self.current if self.current not in ("", identifier) else self.before(identifier)

    def _read(self, path: str) -> str:
        entry = self._files.read(path)
        name = self.layout.linked(entry.target, path) if entry is not None and entry.kind == LINK else ""
        return name if name and self._files.read(self.layout.path(name), content=False) is not None else ""


class Active(Planner):
    """The link to the active release or image, called *subject*, and its own link to what was active before it.

    What was active before belongs to each, so that one change, that of the active one, changes both at once: a run that
    is killed at any moment forgets nothing.
    """

    def __init__(self, files: Files, identifier: str, links: Links, subject: str = "active release") -> None:
        super().__init__(subject)
        self._files = files
        self._identifier = identifier
        self._links = links
        self._layout = links.layout
        self._before = self._layout.before_link(identifier)
        self._places = [posixpath.dirname(path) for path in (self._layout.current, self._before)]

    def wanted(self) -> State:
        """Return both links. What was active is now what was active before."""
        current, previous = self._layout.current, self._links.before_when_active(self._identifier)
        state = {current: f"link to {self._layout.link_to(self._identifier, current)}"}
        if previous:
            state[self._before] = f"link to {self._layout.link_to(previous, self._before)}"
        return state

    def found(self) -> State:
        """Return what stands in the place of both links, and what a run that was killed has left beside them."""
        entries = {path: self._files.read(path, content=False) for path in (self._layout.current, self._before)}
        state = {path: said(entry) for path, entry in entries.items() if entry is not None}
        for path in self._places:
            if self._files.left_behind(path):
                state[f"{path}/"] = "a temporary link of a run that was killed"
        return state

    def apply(self, plan: Plan) -> None:
        """Change the active release last: until then the other link means nothing."""
        for path in self._places:
            self._files.sweep(path)
        for path in (self._before, self._layout.current):
            if path not in plan.after:
                self._files.remove(path)
            elif plan.before.get(path) != plan.after[path]:
                self._files.link(path, plan.after[path][len("link to ") :])
