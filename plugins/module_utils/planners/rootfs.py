# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every file that the process in a container sees, compared with the manifest of its image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..host.files import DIRECTORY, FILE, LINK, Entry, Files
from ..host.proc import Process
from .image import manifest_path

_OF_THE_ENGINE = {"/.dockerenv": (FILE, "", 0), "/etc/mtab": (LINK, "/proc/mounts", 0)}
"""What the engine puts into every root, an empty file and a link: kind, target and size."""


def manifest_of(files: Files, image: str) -> dict[str, Any]:
    """Return the manifest of the image with this id, as it is kept on the host; empty when there is none."""
    entry = files.read(manifest_path(image))
    return dict(json.loads(entry.content)) if entry else {}


def wrong_files(main: Process, manifest: Mapping[str, Any]) -> list[str]:
    """Return the files that *manifest* does not account for, those that are missing, and those that were changed.

    What is mounted from elsewhere is not looked at.
    """
    listed = {item["path"]: item for item in manifest.get("files", ())}
    elsewhere = {mount.path for mount in main.mounts} - {"/"}
    seen = dict(_walk(Files(f"/proc/{main.pid}/root"), "", elsewhere))
    both = sorted(set(seen) & set(listed))
    return [
        *(f"{path} is not of the image" for path in sorted(set(seen) - set(listed))),
        *(f"{path} is missing" for path in sorted(set(listed) - set(seen))),
        *(f"{path} was changed" for path in both if _content(seen[path]) != _listed(listed[path])),
        *(
            f"{path} has the mode {seen[path].mode:04o}"
            for path in both
            if seen[path].kind == FILE and f"{seen[path].mode:04o}" != listed[path]["mode"]
        ),
    ]


def _listed(item: Mapping[str, Any]) -> str:
    return str(item.get("sha256") or item["target"])


def _content(entry: Entry) -> str:
    """Return the digest of a file, the target of a link, and of anything else what it is."""
    if entry.kind == FILE:
        return hashlib.sha256(entry.content).hexdigest()
    return entry.target if entry.kind == LINK else entry.kind


def _walk(tree: Files, directory: str, elsewhere: set[str]) -> Iterator[tuple[str, Entry]]:
    """Yield all but directories by their paths; others mount on empty ones."""
    for name in tree.names(directory or "/"):
        path = f"{directory}/{name}"
        entry = None if path in elsewhere else tree.read(path)
        if entry is None:
            continue
        if entry.kind == DIRECTORY:
            yield from _walk(tree, path, elsewhere)
        elif _OF_THE_ENGINE.get(path) != (entry.kind, entry.target, len(entry.content)):
            yield path, entry
