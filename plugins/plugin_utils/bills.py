# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SBOMs of what stands on the controller or is deployed on a host, each compared with its program."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..module_utils.host.deployed import RELEASE
from ..module_utils.host.files import Files
from ..module_utils.host.opened import opened
from ..module_utils.model.artifact import BINARY, SBOM, identifier
from ..module_utils.model.errors import HostError, SpecificationError, shown
from ..module_utils.model.image import ARCHIVE
from .cache import IMAGE, ArtifactCache, read_artifact
from .compiled import Crate
from .lockfile import locked
from .matching import crates_of, refuse_other
from .saved_image import read_image
from .sbom import program_sbom

_ELF = b"\x7fELF"
_PART = r"[0-9A-Za-z.]{1,30}"
_VERSION = re.compile(rf"\d{{1,4}}\.\d{{1,4}}\.\d{{1,4}}(?:-{_PART})?(?:\+{_PART})?", re.ASCII)
"""A version that is never the identifier of an artifact, which has more dashes."""


@dataclass(frozen=True)
class Bill:
    """An SBOM. *artifact* is what it is about, *sha256* the digest of the program, *crates* how many it names.

    *identified* says whether the artifact is one by its identifier, and not only a version. *made* says of what a host
    gave that the controller has made the artifact, and that its SBOM is the same.
    """

    content: bytes
    artifact: str
    sha256: str
    crates: int
    identified: bool
    made: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of the SBOM itself."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def stem(self) -> str:
        """What a file is called after it: of one version there are many images, each with other libraries."""
        return self.artifact if self.identified else f"{self.artifact}-{self.digest[:12]}"


def bill_of(path: str, lock: str | None = None) -> Bill:
    """Return the SBOM of what stands at *path*, completed from *lock* when it has none of its own.

    Raises `HostError` when it is about something else, or nothing is known.
    """
    path = os.path.realpath(path)
    if lock is None:
        if os.path.exists(f"{path}/{ARCHIVE}"):
            image = read_artifact(path, Files(), IMAGE)
            if image is None:
                raise HostError(f"{path} is no whole image: a file is missing or has changed", "Make it again")
            return _of_image(f"{path}/{ARCHIVE}", str(image.manifest["artifact"]))
        if os.path.isdir(path):
            return _of_artifact(path)
    content = _read(path)
    if content.startswith(_ELF):
        return _of_program(content, path, lock)
    if lock is not None:
        raise HostError(f"{path} is no program, so a lock file has no part in it", "Leave out lock")
    return _of_image(path, "")


def _of_artifact(path: str) -> Bill:
    artifact = read_artifact(path, Files())
    if artifact is None:
        raise HostError(f"{path} is no whole artifact: a file is missing or has changed", "Build it again")
    return compared(_read(f"{path}/{SBOM}"), _read(f"{path}/{BINARY}"), artifact.manifest["id"], path)


def _of_image(path: str, artifact: str) -> Bill:
    saved = read_image(_read(path), path)
    if not saved.sbom:
        raise HostError(f"{path} has no SBOM in it", "Take an image that image_build made")
    return compared(saved.sbom, saved.program, artifact, path)


def _of_program(content: bytes, path: str, lock: str | None) -> Bill:
    crates = crates_of(content, path)
    version = next(crate.version for crate in crates if crate.root)
    if lock is not None:
        crates = _with_checksums(crates, lock, path)
    sha256 = hashlib.sha256(content).hexdigest()
    described = {"version": version, "inputs": {"method": "program"}, "binary": {"sha256": sha256}}
    return compared(program_sbom(described, crates), content, "", path)


def _with_checksums(crates: list[Crate], lock: str, path: str) -> list[Crate]:
    try:
        text = _read(lock).decode()
    except UnicodeDecodeError:
        raise HostError(f"{lock} is not text, and so no lock file", "Give the Cargo.lock of librespot") from None
    known = {(item.name, item.version): item.checksum for item in locked(text, lock)}
    missing = [f"{crate.name} {crate.version}" for crate in crates if (crate.name, crate.version) not in known]
    if missing:
        raise HostError(
            f"{lock} does not have {', '.join(missing[:5])}, which is in {path}", "Give the one that it was built with"
        )
    return [replace(crate, checksum=known[crate.name, crate.version]) for crate in crates]


def compared(sbom: bytes, program: bytes, artifact: str, what: str) -> Bill:
    """Return an *sbom* of which it is sure that it is about *program*. Raises `HostError` when it is not."""
    count = refuse_other(sbom, program, what)
    sha256 = hashlib.sha256(program).hexdigest()
    return Bill(sbom, artifact or _version(sbom, what), sha256, count, bool(artifact))


def _version(sbom: bytes, what: str) -> str:
    """Return the version that an SBOM is about. It becomes a part of the names of files."""
    try:
        said = json.loads(sbom)["metadata"]["component"]["version"]
    except (ValueError, LookupError, TypeError, RecursionError):
        said = None
    if not isinstance(said, str) or _VERSION.fullmatch(said) is None:
        raise HostError(
            f"The SBOM of {what} does not say which version it is about, but {shown(said)}",
            "Nothing was written. Look at where it came from; a converge puts that of this collection back",
        )
    return said


def _release(name: str, what: str) -> str:
    try:
        return identifier(name, "the release")
    except SpecificationError as error:
        raise HostError(
            f"{what} is not a release of this collection: {error.message}",
            "Nothing was written. Look at that host; a converge puts its release back",
        ) from None


def bill_on_host(item: Mapping[str, Any], host: str, cache: str, fetch: Callable[[str], bytes]) -> Bill:
    """Return the SBOM of what is deployed on *host*, an *item* as `Deployed.as_data` returns it.

    When the *cache* does not have the same program, *fetch* gets it. Raises `HostError` for an SBOM that is not about
    it, or another one than the artifact has that is in the *cache*.
    """
    what = f"{item['path']} on {host}"
    if not item["sbom"]:
        raise HostError(f"{what} has no SBOM beside it", "A converge of librespot_install puts it there")
    release = _release(str(item["name"]), what) if item["kind"] == RELEASE else ""
    made = ArtifactCache(cache).get(release) if release else None
    same = made is not None and made.digests[BINARY] == item["sha256"]
    program = _read(f"{made.path}/{BINARY}") if made is not None and same else fetch(str(item["path"]))
    if hashlib.sha256(program).hexdigest() != item["sha256"]:
        raise HostError(f"{what} changed while it was fetched", "Run again")
    bill = compared(str(item["sbom"]).encode(), program, release, what)
    # That it names the right crates leaves what it says of them: whence they are, their licences and checksums.
    if made is not None and _read(f"{made.path}/{SBOM}") != bill.content:
        raise HostError(
            f"{host} says that it has {release}, and its SBOM is not the one in the controller's cache",
            "Nothing was written. Look at that host; a converge puts its release back",
        )
    return replace(bill, made=made is not None)


def _read(path: str) -> bytes:
    try:
        with opened(path) as handle:
            return handle.read()
    except OSError as error:
        raise HostError(f"{path} cannot be read: {error.strerror}", "It is a path of the controller") from error
