# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host makes, and the way of it to the controller."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Mapping
from typing import Any

from ..module_utils.host.build import PROGRESS
from ..module_utils.model.errors import HostError
from .progress import Progress
from .remote import Remote

_LOOK_EVERY = 3.0


class Making:
    """One thing called *identifier* that a module makes on the host of *remote*, in ``work_dir`` of its *params*."""

    def __init__(self, remote: Remote, identifier: str, params: Mapping[str, Any], progress: Progress) -> None:
        self._remote = remote
        self._identifier = identifier
        self._params = params
        self._progress = progress

    def run(self, module: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return what *module* says at its end, showing meanwhile what it does. Raises `HostError` when it fails."""
        self._progress.show("starting on the build host")
        said = self._remote.background(module, args, self._params["timeout"], self._look, _LOOK_EVERY)
        if said.get("failed"):
            remedy = str(said.get("remedy", "Look at the build host"))
            # The message of a module of ours ends with it.
            raise HostError(str(said.get("msg", f"{module} failed")).removesuffix(f". {remedy}"), remedy)
        return said

    def take(self, path: str, sha256: str) -> bytes:
        """Return the file *path*, which left with the digest *sha256*, and remove its directory there."""
        directory, name = os.path.split(path)
        return self.take_all(directory, {name: sha256})[name]

    def take_all(self, directory: str, digests: Mapping[str, str]) -> dict[str, bytes]:
        """Return the files of a *directory*, which left with these *digests*, and remove it there."""
        contents = {}
        for name, sha256 in digests.items():
            contents[name] = self._remote.fetch(f"{directory}/{name}")
            arrived = hashlib.sha256(contents[name]).hexdigest()
            if arrived != sha256:
                raise HostError(
                    f"{directory}/{name} arrived from the build host with the digest {arrived}, it left with {sha256}",
                    "Nothing was kept. Run again; if it happens again, do not trust the way between the two",
                )
        self._remote.must("ansible.legacy.file", {"path": directory, "state": "absent"})
        return contents

    def _look(self) -> None:
        """Show the line in which the module says what it does."""
        where = f"{self._params['work_dir']}/{PROGRESS}/{self._identifier}"
        path = '"$HOME"' + shlex.quote(where[1:]) if where.startswith("~/") else shlex.quote(where)
        self._progress.show(self._remote.line(f"cat {path}"))
