# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's store of artifacts: one directory each, immutable, checked whenever it is used."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils.host.files import Files
from ..module_utils.host.workplace import Workplace
from ..module_utils.model.artifact import (
    BINARY,
    CHECKSUMS,
    FILES,
    LOCK,
    MANIFEST,
    SBOM,
    digests,
    encode_checksums,
    encode_manifest,
)
from ..module_utils.model.errors import HostError
from ..module_utils.model.image import ARCHIVE
from ..module_utils.render.dockerfile import FILES as CONTEXT

_LOOK_AGAIN = 1.0


def default_directory() -> str:
    """Return where the cache is when the user says nothing about it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("HARDENED_LIBRESPOT_CACHE") or os.path.join(base, "hardened-librespot")


@dataclass(frozen=True)
class Kind:
    """What artifacts can be: the *directory* of the store for them, the one file that each is about, those *beside*.

    *kept* are files that stay on the controller and that some have: the manifest has their digests, below these names.
    """

    directory: str
    payload: str
    mode: int
    beside: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All files that an artifact of this kind has in any case."""
        return (self.payload, *self.beside, MANIFEST, CHECKSUMS)


PROGRAM = Kind("artifacts", BINARY, 0o700, (SBOM,), ((LOCK, "lock"),))
IMAGE = Kind("container-images", ARCHIVE, 0o600, CONTEXT)


@dataclass(frozen=True)
class Artifact:
    """One artifact in the store, read and found whole. *digests* are the SHA-256 of its files."""

    path: str
    manifest: dict[str, Any]
    digests: dict[str, str]


class ArtifactCache:
    """The store in *directory* for artifacts of one *kind*."""

    def __init__(self, directory: str, kind: Kind = PROGRAM) -> None:
        self._files = Files()
        self._kind = kind
        self._directory = os.path.realpath(directory)
        self._workplace = Workplace(self._files, f"{self._directory}/{kind.directory}")

    def path(self, identifier: str) -> str:
        """Return where the artifact is, or will be."""
        return f"{self._workplace.path}/{identifier}"

    def get(self, identifier: str) -> Artifact | None:
        """Return the artifact, or None when it is not there or any byte of it has changed."""
        return read_artifact(self.path(identifier), self._files, self._kind)

    @contextlib.contextmanager
    def claimed(
        self, identifier: str, who: str, patience: float, waiting: Callable[[str, float], None]
    ) -> Iterator[None]:
        """Keep others from making the same artifact. *waiting* is told every second who holds it, and for how long.

        Raises `HostError` when the holder is not done after *patience* seconds.
        """
        os.makedirs(f"{self._directory}/locks", mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(f"{self._directory}/locks/{identifier}", flags, 0o600)
        try:
            start = time.monotonic()
            while not _locked(descriptor):
                holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace") or "another run"
                waited = time.monotonic() - start
                if waited > patience:
                    raise HostError(f"{holder} has been making {identifier} for {waited:.0f} s", "Look at that run")
                waiting(holder, waited)
                time.sleep(_LOOK_AGAIN)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, who.encode()[:200], 0)
            yield
        finally:
            os.close(descriptor)

    def publish(
        self, identifier: str, payload: bytes, manifest: dict[str, Any], beside: Mapping[str, bytes] | None = None
    ) -> Artifact:
        """Store an artifact in one step; one of that name that is there, a damaged one mostly, is replaced."""
        contents = {self._kind.payload: payload, **(beside or {}), MANIFEST: encode_manifest(manifest)}
        kept = {name for name, _entry in self._kind.kept}
        shared = {name: content for name, content in contents.items() if name not in kept}
        contents[CHECKSUMS] = shared[CHECKSUMS] = encode_checksums(digests(shared))
        with self._workplace.occupied("a new artifact", 60), self._workplace.scratch() as scratch:
            new = f"{scratch}/{identifier}"
            for name, content in contents.items():
                self._workplace.write(
                    f"{new}/{name}", content, self._kind.mode if name == self._kind.payload else 0o600
                )
            self._files.remove(self.path(identifier))
            self._files.rename(new, self.path(identifier))
        return Artifact(self.path(identifier), manifest, digests(shared))


def read_artifact(path: str, files: Files, kind: Kind = PROGRAM) -> Artifact | None:
    """Return the artifact of *kind* in the directory *path*, or None when it is not there or not whole."""
    entries = {name: files.read(f"{path}/{name}") for name in kind.files}
    contents = {name: entry.content for name, entry in entries.items() if entry is not None}
    if len(contents) != len(kind.files):
        return None
    found = digests(contents)
    if contents[CHECKSUMS] != encode_checksums({name: found[name] for name in kind.files if name != CHECKSUMS}):
        return None
    try:
        manifest = json.loads(contents[MANIFEST])
    except (ValueError, RecursionError):
        return None
    if not isinstance(manifest, dict):
        return None
    for name, entry_of in kind.kept:
        entry = files.read(f"{path}/{name}") if manifest.get(entry_of) else None
        said = digests({name: entry.content})[name] if entry is not None else ""
        if said != (manifest.get(entry_of) or {"sha256": ""})["sha256"]:
            return None
    return Artifact(path, manifest, found)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def pack(artifact: Artifact) -> bytes:
    """Return the artifact as one compressed archive; the same artifact is always the same bytes."""
    archive = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=archive, mode="wb", compresslevel=6, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in FILES:
            with open(f"{artifact.path}/{name}", "rb") as handle:
                content = handle.read()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
