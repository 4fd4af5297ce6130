# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of a release on a host: immutable, with exactly the bytes that the controller has."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping

from ..host.files import DIRECTORY, FILE, LINK, Entry, Files
from ..host.upload import Upload
from ..model.artifact import BINARY, FILES
from ..model.errors import HostError
from ..model.layout import BEFORE, RELEASES, ROOT
from ..model.plan import Plan, State
from .base import Planner

Owner = tuple[int, int]
ROOT_OWNER: Owner = (0, 0)

UNFINISHED = ".new-"
REPLACED = ".old-"
_PLACES = (ROOT, RELEASES, BEFORE)
_DIRECTORIES = ("", "bin")
_OPEN, _READABLE, _CLOSED = 0o755, 0o444, 0o555
_UNKNOWN = "as the artifact has it, which is not built yet"


def said(entry: Entry | None) -> str:
    """Return what stands at a path, as one attribute of a state."""
    if entry is None:
        return "absent"
    owner = f"{entry.mode:04o} {entry.uid}:{entry.gid}"
    if entry.kind == FILE:
        return f"sha256 {hashlib.sha256(entry.content).hexdigest()} {owner}"
    return f"link to {entry.target}" if entry.kind == LINK else f"{entry.kind} {owner}"


class Place(Planner):
    """The directories that hold all releases."""

    def __init__(self, files: Files, owner: Owner = ROOT_OWNER) -> None:
        super().__init__("place of the releases")
        self._files = files
        self._owner = owner

    def wanted(self) -> State:
        """Return the directories: readable by all, writable by their owner alone."""
        return dict.fromkeys(_PLACES, f"{DIRECTORY} {_OPEN:04o} {self._owner[0]}:{self._owner[1]}")

    def found(self) -> State:
        """Return what stands there."""
        entries = {path: self._files.read(path, content=False) for path in _PLACES}
        return {path: said(entry) for path, entry in entries.items() if entry is not None}

    def apply(self, plan: Plan) -> None:
        """Make what differs; of the directories that are there, only mode and owner change."""
        for path in _PLACES:
            if plan.before.get(path) != plan.after[path]:
                self._files.directory(path, _OPEN, *self._owner)


class Tree(Planner):
    """The directory of one release, with exactly the files of its artifact.

    *checksums* come from the controller; empty, they are not known yet and any difference from nothing is a change.
    *upload* is what to install from; *probe* is called with the directory before it gets its name, and raises to
    refuse it.
    """

    def __init__(
        self,
        files: Files,
        identifier: str,
        checksums: Mapping[str, str],
        upload: Upload | None,
        probe: Callable[[str], None],
        owner: Owner = ROOT_OWNER,
    ) -> None:
        super().__init__(f"release {identifier}")
        self._files = files
        self._path = f"{RELEASES}/{identifier}"
        self._checksums = checksums
        self._upload = upload
        self._probe = probe
        self._owner = owner

    def wanted(self) -> State:
        """Return every path of the release with its digest, mode and owner."""
        owner = f"{self._owner[0]}:{self._owner[1]}"
        state = {self._inside(name): f"{DIRECTORY} {_CLOSED:04o} {owner}" for name in _DIRECTORIES}
        for name in FILES:
            mode = _CLOSED if name == BINARY else _READABLE
            known = name in self._checksums
            state[self._inside(name)] = f"sha256 {self._checksums[name]} {mode:04o} {owner}" if known else _UNKNOWN
        return state

    def found(self) -> State:
        """Return what stands at these paths, and at any other that the release should not have."""
        paths: list[str] = []
        for name in _DIRECTORIES:
            directory = self._inside(name)
            paths += [directory, *(f"{directory}/{entry}" for entry in self._files.names(directory))]
        entries = {path: self._files.read(path) for path in dict.fromkeys(paths)}
        state = {path: said(entry) for path, entry in entries.items() if entry is not None}
        # Whoever runs a file with capabilities has them; no artifact brings any.
        state.update({f"capabilities of {path}": "some" for path in state if self._files.capable(path)})
        return state

    def apply(self, plan: Plan) -> None:
        """Write the release beside its place, try it there, and give it its name in one step."""
        if self._upload is None:
            raise HostError(f"{plan.subject} is not as the artifact has it", "Give the artifact as src")
        new = f"{RELEASES}/{UNFINISHED}{secrets.token_hex(8)}"
        try:
            self._write(new, self._upload)
            self._probe(new)
            self._put_in_place(new)
        except BaseException:
            self._files.remove(new)
            raise

    def _write(self, new: str, upload: Upload) -> None:
        for name in _DIRECTORIES:
            self._files.directory(f"{new}/{name}".rstrip("/"), 0o755, *self._owner)
        for name, content in upload.contents.items():
            self._files.write(f"{new}/{name}", content, _CLOSED if name == BINARY else _READABLE, *self._owner)
        for name in reversed(_DIRECTORIES):
            self._files.own(f"{new}/{name}".rstrip("/"), _CLOSED, *self._owner)

    def _put_in_place(self, new: str) -> None:
        """Give *new* its name. A damaged release of that name steps aside first: a directory cannot be replaced."""
        aside = f"{RELEASES}/{REPLACED}{secrets.token_hex(8)}"
        damaged = self._files.read(self._path, content=False) is not None
        if damaged:
            self._files.rename(self._path, aside)
        self._files.rename(new, self._path)
        if damaged:
            self._files.remove(aside)

    def _inside(self, name: str) -> str:
        return f"{self._path}/{name}".rstrip("/")
