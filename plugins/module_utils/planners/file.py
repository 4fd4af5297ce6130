# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed files and directories."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection

from ..host.files import DIRECTORY, FILE, LINK, Entry, Files, called
from ..model.errors import HostError
from ..model.plan import Plan, State
from .base import HOST, Planner

CONTENT = "content"
MODE = "mode"
OWNER = "owner"
KIND = "kind"
BESIDE = "beside it"


def _state(entry: Entry | None) -> dict[str, str]:
    if entry is None:
        return {}
    state = {KIND: entry.kind}
    if entry.kind == LINK:
        return {**state, "target": entry.target}
    state.update({MODE: f"{entry.mode:04o}", OWNER: f"{entry.uid}:{entry.gid}"})
    if entry.kind == FILE:
        try:
            state[CONTENT] = entry.content.decode("utf-8")
        except UnicodeDecodeError:
            state[CONTENT] = f"(not text, sha256 {hashlib.sha256(entry.content).hexdigest()})"
    return state


class FilePlanner(Planner):
    """One file, of root unless *owner* (user and group id) says otherwise; with *content* None its absence."""

    def __init__(
        self,
        files: Files,
        path: str,
        content: str | bytes | None,
        mode: int = 0o644,
        scope: str = HOST,
        secret: bool = False,
        owner: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(path, scope)
        self.secret = (CONTENT,) if secret else ()
        self._files = files
        self._content = content.encode() if isinstance(content, str) else content
        self._mode = mode
        self._owner = owner
        self._directory = os.path.dirname(path)

    def wanted(self) -> State:
        """Return the file as it shall be."""
        if self._content is None:
            return {}
        return _state(Entry(FILE, self._mode, *self._owner, self._content))

    def found(self) -> State:
        """Return what stands there, and whether a run that was killed while it wrote has left anything beside it."""
        state = _state(self._files.read(self.subject))
        if self._files.left_behind(self._directory):
            state[BESIDE] = "a temporary file of a run that was killed"
        return state

    def refuse(self, plan: Plan) -> None:
        """Refuse to replace anything else than a file."""
        if self._content is not None:
            _refuse_other(plan, FILE)

    def apply(self, plan: Plan) -> None:
        """Make, mend or remove it."""
        self._files.sweep(self._directory)
        if self._content is None:
            self._files.remove(self.subject)
        elif plan.before.get(KIND) == FILE and plan.before[CONTENT] == plan.after[CONTENT]:
            self._files.own(self.subject, self._mode, *self._owner)
        else:
            self._files.write(self.subject, self._content, self._mode, *self._owner)


class HollowPlanner(Planner):
    """A directory in which only directories, links and empty files may be: the mount points of others.

    What the host itself has mounted there is not ours to empty.
    """

    def __init__(self, files: Files, path: str) -> None:
        super().__init__(f"content of {path}")
        self._files = files
        self._path = path

    def wanted(self) -> State:
        """Return nothing: no file in it holds anything."""
        return {}

    def found(self) -> State:
        """Return the files in it that hold something."""
        return dict.fromkeys(self._full(self._path), "not empty")

    def _full(self, directory: str) -> list[str]:
        found = []
        for name in self._files.names(directory):
            path = f"{directory}/{name}"
            entry = self._files.read(path)
            if entry is not None and entry.kind == DIRECTORY:
                found += self._full(path)
            elif entry is not None and (entry.content or entry.kind not in (FILE, LINK)):
                found.append(path)
        return found

    def refuse(self, plan: Plan) -> None:
        """Refuse to empty what is mounted there."""
        if plan.changed:
            self._files.refuse_mounts(self._path)

    def apply(self, plan: Plan) -> None:
        """Remove them."""
        for path in plan.before:
            self._files.remove(path)


class OnlyPlanner(Planner):
    """A directory of ours in which nothing else may be than *names*; it need not be there."""

    def __init__(self, files: Files, path: str, names: Collection[str], scope: str = HOST) -> None:
        super().__init__(f"content of {path}", scope)
        self._files = files
        self._path = path
        self._names = names

    def wanted(self) -> State:
        """Return nothing: no other names."""
        return {}

    def found(self) -> State:
        """Return the other names in it."""
        return {name: "not ours" for name in self._files.names(self._path) if name not in self._names}

    def apply(self, plan: Plan) -> None:
        """Remove them."""
        for name in plan.before:
            self._files.remove(f"{self._path}/{name}")


class HuskPlanner(Planner):
    """A directory that goes when nothing is left in it but *gone*, paths that other planners remove, and *husks*.

    *husks* are directories below it of which the same is true. What someone else has put there stays, with the
    directories that hold it.
    """

    def __init__(self, files: Files, path: str, gone: Collection[str], husks: Collection[str] = ()) -> None:
        super().__init__(path)
        self._files = files
        self._gone = gone
        self._husks = husks

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return the directory when it can go."""
        entry = self._files.read(self.subject, content=False)
        return {KIND: DIRECTORY} if entry and entry.kind == DIRECTORY and self._ends_empty(self.subject) else {}

    def apply(self, plan: Plan) -> None:
        """Remove it."""
        self._files.remove(plan.subject)

    def _ends_empty(self, directory: str) -> bool:
        paths = [f"{directory}/{name}" for name in self._files.names(directory)]
        return all(path in self._gone or (path in self._husks and self._ends_empty(path)) for path in paths)


class DirectoryPlanner(Planner):
    """One directory of root's, or with *mode* None its absence; it is removed with all it holds.

    *along* is the directory above it where that is another's to describe, and is made along with it when it is missing.
    """

    def __init__(self, files: Files, path: str, mode: int | None = 0o755, scope: str = HOST, along: str = "") -> None:
        super().__init__(path, scope)
        self._files = files
        self._mode = mode
        self._along = along

    def wanted(self) -> State:
        """Return the directory as it shall be."""
        return {} if self._mode is None else _state(Entry(DIRECTORY, self._mode, 0, 0))

    def found(self) -> State:
        """Return what stands there."""
        return _state(self._files.read(self.subject))

    def refuse(self, plan: Plan) -> None:
        """Refuse to take anything else for a directory, and to remove what is mounted in it."""
        if self._mode is not None:
            _refuse_other(plan, DIRECTORY)
        else:
            self._files.refuse_mounts(plan.subject)

    def apply(self, plan: Plan) -> None:
        """Make, mend or remove it."""
        if self._mode is None:
            self._files.remove(plan.subject)
        else:
            if self._along and self._files.read(self._along, content=False) is None:
                self._files.directory(self._along, 0o755)
            self._files.directory(plan.subject, self._mode)


def _refuse_other(plan: Plan, kind: str) -> None:
    found = plan.before.get(KIND, kind)
    if found != kind:
        raise HostError(
            f"{plan.subject}: {called(found)} stands where a {kind} of ours belongs",
            "Find out who put it there, remove it and run again; links are never followed",
        )
