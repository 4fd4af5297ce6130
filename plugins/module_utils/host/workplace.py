# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of one's own to work in: private, one user at a time, and what a killed run left is removed."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.errors import HostError
from .files import Files
from .lock import host_lock

Say = Callable[[str], None]
"""Tells the user what is being done."""

_UNFINISHED = "unfinished-"


@dataclass(frozen=True)
class Built:
    """A binary, how it was made or where it came from, and *files* that say more about it."""

    binary: bytes
    facts: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


class Workplace:
    """The directory *path*, made if it is not there. It must belong to the user who runs this."""

    def __init__(self, files: Files, path: str) -> None:
        self.path = path.rstrip("/")
        self._files = files

    @contextlib.contextmanager
    def occupied(self, what: str, patience: float) -> Iterator[None]:
        """Keep others out while *what* is done, waiting for them up to *patience* seconds."""
        self._make_with_parents()
        with host_lock(what, f"{self.path}/lock", patience):
            for name in self._files.names(self.path):
                if name.startswith(_UNFINISHED):
                    self._files.remove(f"{self.path}/{name}")
            yield

    @contextlib.contextmanager
    def scratch(self) -> Iterator[str]:
        """Give a new directory that is removed again, whatever happens."""
        path = f"{self.path}/{_UNFINISHED}{secrets.token_hex(8)}"
        self.directory(path)
        try:
            yield path
        finally:
            self._files.remove(path)

    def directory(self, path: str) -> None:
        """Make a private directory."""
        self._files.directory(path, 0o700, os.geteuid(), os.getegid())

    def write(self, path: str, content: bytes, mode: int = 0o600) -> None:
        """Write a file, and the directories between the workplace and it."""
        parts = path[len(self.path) + 1 :].split("/")[:-1]
        for count in range(1, len(parts) + 1):
            self.directory("/".join([self.path, *parts[:count]]))
        self._files.write(path, content, mode, os.geteuid(), os.getegid())

    def read(self, path: str) -> bytes:
        """Return the content of the file *path*. Raises `HostError` when it is not there."""
        entry = self._files.read(path)
        if entry is None:
            raise HostError(f"{path} does not exist", "Run again; what it was made from is built again then")
        return entry.content

    def _make_with_parents(self) -> None:
        parts = self.path.strip("/").split("/")
        for count in range(1, len(parts) + 1):
            path = "/" + "/".join(parts[:count])
            entry = self._files.read(path, content=False)
            if entry is None:
                self.directory(path)
            elif count == len(parts) and (entry.uid != os.geteuid() or entry.mode & 0o022):
                raise HostError(
                    f"{path} belongs to user {entry.uid} with mode {entry.mode:04o}: others could change what is built",
                    "Give it to the user who builds, with mode 0700, or choose another work_dir",
                )
