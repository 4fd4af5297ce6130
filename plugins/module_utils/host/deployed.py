# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of librespot that are deployed on this host, each with the SBOM that lies beside it."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..model.artifact import BINARY, SBOM
from ..model.image import PROGRAM
from ..model.image import SBOM as IN_IMAGE
from ..model.layout import CURRENT, OF_RELEASES, RELEASES
from .container_files import read_inside
from .files import LINK, Files
from .proc import pids

RELEASE = "release"
CONTAINER = "container"
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Deployed:
    """A program at *path* of this host with its SHA-256, and the text of its *sbom*, empty when there is none.

    *name* is the release, or the number of the process that runs in the container.
    """

    kind: str
    name: str
    path: str
    sha256: str
    sbom: str

    def as_data(self) -> dict[str, Any]:
        """Return it in the form of a module's result."""
        return asdict(self)


def deployed(files: Files) -> list[Deployed]:
    """Return the active release, and what runs in containers; of containers of one image, one."""
    found = [*_release(files), *_containers()]
    return list({(item.sha256, item.sbom): item for item in reversed(found)}.values())[::-1]


def _release(files: Files) -> Iterator[Deployed]:
    entry = files.read(CURRENT)
    name = OF_RELEASES.linked(entry.target, CURRENT) if entry is not None and entry.kind == LINK else ""
    program = files.read(f"{RELEASES}/{name}/{BINARY}") if name else None
    if program is not None:
        sbom = files.read(f"{RELEASES}/{name}/{SBOM}")
        text = sbom.content.decode("utf-8", "replace") if sbom is not None else ""
        sha256 = hashlib.sha256(program.content).hexdigest()
        yield Deployed(RELEASE, name, f"{RELEASES}/{name}/{BINARY}", sha256, text)


def _containers() -> Iterator[Deployed]:
    for pid in pids():
        # A process may end while it is looked at; another user's are not seen by one who is not root.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if os.readlink(f"/proc/{pid}/exe") == PROGRAM and not _same_root(pid):
                with open(f"/proc/{pid}/exe", "rb") as handle:
                    sha256 = hashlib.sha256(handle.read()).hexdigest()
                yield Deployed(CONTAINER, str(pid), f"/proc/{pid}/exe", sha256, _inside(pid, IN_IMAGE))


def _same_root(pid: int) -> bool:
    theirs, ours = os.stat(f"/proc/{pid}/root"), os.stat("/")
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


def _inside(pid: int, path: str) -> str:
    content = read_inside(pid, path, _LARGEST)
    return content.decode("utf-8", "replace") if content is not None else ""
