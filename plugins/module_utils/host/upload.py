# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An artifact as it came to this host, verified before any of it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model.artifact import BINARY, FILES, MANIFEST, glibc_key
from ..model.errors import HostError
from ..model.facts import Facts
from .archive import plain_files
from .command import Commands
from .files import Files

_NOBODY = 65534


@dataclass(frozen=True)
class Upload:
    """The *contents* of an artifact by file, each with the digest that the controller gave for it."""

    contents: Mapping[str, bytes]

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the artifact says about itself, which the controller's digest vouches for."""
        manifest: Mapping[str, Any] = json.loads(self.contents[MANIFEST])
        return manifest


def read_upload(files: Files, path: str, checksums: Mapping[str, str]) -> Upload:
    """Return the artifact in the tar archive *path*. Raises `HostError` unless every file is what *checksums* say."""
    entry = files.read(path)
    if entry is None:
        raise HostError(f"{path} does not exist", "Leave src to the action plugin, which uploads it")
    contents = dict(plain_files(entry.content, "the uploaded artifact"))
    if sorted(contents) != sorted(FILES):
        raise HostError(f"The uploaded artifact holds {sorted(contents)}, not {sorted(FILES)}", _REMEDY)
    for name in FILES:
        digest = hashlib.sha256(contents[name]).hexdigest()
        if digest != checksums[name]:
            raise HostError(f"{name} arrived with the digest {digest}, the controller has {checksums[name]}", _REMEDY)
    return Upload(contents)


_REMEDY = "Nothing was changed. Run again; if it happens again, do not trust the way from the controller to this host"


def refuse_foreign(binary: Mapping[str, Any], facts: Facts) -> None:
    """Raise `HostError` when the program *binary*, as a manifest describes it, cannot run on a host with *facts*."""
    if binary["architecture"] != facts.architecture:
        raise HostError(
            f"The artifact is for {binary['architecture']}, this host is {facts.architecture}",
            "Build one for this architecture",
        )
    if binary["glibc"] and (not facts.glibc or glibc_key(facts.glibc) < glibc_key(binary["glibc"])):
        raise HostError(
            f"The artifact needs glibc {binary['glibc']}, this host has {facts.glibc or 'another C library'}",
            "Build on a release as old as this host's, with its glibc as the baseline",
        )


def refuse_broken(commands: Commands, directory: str, version: str) -> None:
    """Start the program in *directory* as nobody. Raises `HostError` unless it is the release *version*."""
    remedy = "Nothing was activated. Look at what the program says on this host"
    said = commands.run([f"{directory}/{BINARY}", "--version"], timeout=30, user=_NOBODY, group=_NOBODY, remedy=remedy)
    if said.stdout.split()[:2] != ["librespot", version]:
        raise HostError(f"The program says that it is {said.stdout.strip()!r}, not librespot {version}", remedy)
