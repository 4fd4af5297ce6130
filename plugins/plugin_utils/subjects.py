# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is scanned: found out by looking at it, and read into an inventory."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..module_utils.host.files import Files
from ..module_utils.host.opened import opened
from ..module_utils.model.artifact import BINARY as PROGRAM
from ..module_utils.model.artifact import MANIFEST
from ..module_utils.model.errors import HostError
from ..module_utils.model.image import ARCHIVE
from ..module_utils.model.inventory import (
    ARTIFACT,
    BINARY,
    IMAGE,
    KINDS,
    LOCK,
    SBOM,
    Inventory,
    Package,
    SystemPackage,
)
from ..module_utils.model.scan_options import AUTO
from . import elf
from .bill import read_bill
from .cache import IMAGE as IMAGES
from .cache import Artifact, read_artifact
from .compiled import recorded_crates
from .lockfile import read_lock
from .saved_image import read_image

_ELF = b"\x7fELF"
_LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True)
class Subject:
    """What is scanned.

    *content* is what an engine is given: the text of a lock file, whose packages are from *registry*, a program
    in which its packages are recorded, or an SBOM; *form* says which. *sha256* is the digest of what stands at *path*.
    *system* are the packages of a distribution in it. *others* and *files* are what no engine looks at: components of
    its SBOM that are neither these nor crates, and what the SBOM does not name. *image* is its id in an engine, when
    it is one.
    """

    kind: str
    path: str
    sha256: str
    inventory: Inventory
    content: bytes
    form: str
    registry: str = ""
    system: tuple[SystemPackage, ...] = ()
    others: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    image: str = ""


def read_subject(path: str, kind: str = AUTO) -> Subject:
    """Return what stands at *path*. Raises `HostError` for what cannot be scanned: it is never taken for clean."""
    path = os.path.abspath(path)
    if not os.path.exists(path):
        raise HostError(f"{path} does not exist", "It is a path of the controller")
    if not os.path.isdir(path) and not os.path.isfile(path):
        raise HostError(f"{path} is neither a file nor a directory", f"Give one of: {', '.join(KINDS)}")
    found = _kind(path) if kind == AUTO else kind
    return _READERS[found](path)


def _kind(path: str) -> str:
    if os.path.isdir(path):
        if os.path.exists(f"{path}/{ARCHIVE}"):
            return IMAGE
        if os.path.exists(f"{path}/{MANIFEST}"):
            return ARTIFACT
        raise HostError(f"{path} is a directory without {MANIFEST}", "Give the directory of an artifact or an image")
    content = _content(path)
    if content.startswith(_ELF):
        return BINARY
    if tarfile.is_tarfile(path):
        return IMAGE
    if content.lstrip().startswith(b"{") and b"CycloneDX" in content:
        return SBOM
    if b"[[package]]" in content:
        return LOCK
    raise HostError(
        f"{path} is none of what can be scanned", f"Give one of: {', '.join(KINDS)}; say which as kind if it is one"
    )


def _content(path: str) -> bytes:
    try:
        with opened(path) as handle:
            content = handle.read(_LARGEST + 1)
    except OSError as error:
        raise HostError(f"{path} cannot be read: {error.strerror}", "It is a file of the controller") from error
    if len(content) > _LARGEST:
        raise HostError(f"{path} is larger than any release of librespot", "Look at the path")
    return content


def _lock(path: str) -> Subject:
    content = _content(path)
    try:
        inventory, registry = read_lock(content.decode(), path)
    except UnicodeDecodeError:
        raise HostError(f"{path} is not text, and so no lock file", "Give the Cargo.lock of librespot") from None
    return Subject(LOCK, path, _sha256(content), inventory, content, LOCK, registry)


def _binary(path: str) -> Subject:
    content = _content(path)
    return Subject(BINARY, path, _sha256(content), recorded(content, path), content, BINARY)


def _artifact(path: str) -> Subject:
    # The links on the way are the user's own; in the artifact there are none.
    artifact = read_artifact(os.path.realpath(path), Files())
    if artifact is None:
        raise HostError(f"{path} is no whole artifact: a file is missing or has changed", "Build it again")
    content = _whole(artifact, PROGRAM)
    return Subject(ARTIFACT, path, _sha256(content), recorded(content, path), content, BINARY)


def _whole(artifact: Artifact, name: str) -> bytes:
    """Return a file of an *artifact* that was found whole."""
    content = _content(f"{artifact.path}/{name}")
    if _sha256(content) != artifact.digests[name]:
        raise HostError(f"{artifact.path} changed while it was read", "Find out who changes it")
    return content


def _image(path: str) -> Subject:
    if os.path.isdir(path):
        artifact = read_artifact(os.path.realpath(path), Files(), IMAGES)
        if artifact is None:
            raise HostError(f"{path} is no whole image: a file is missing or has changed", "Make it again")
        content = _whole(artifact, ARCHIVE)
    else:
        content = _content(path)
    saved = read_image(content, path)
    system: tuple[SystemPackage, ...] = ()
    others: tuple[str, ...] = ()
    files: tuple[str, ...] = ("all of the image but librespot",)
    if saved.sbom:
        bill = read_bill(saved.sbom, f"the SBOM of {path}")
        unnamed = sorted(name for name, digest in saved.files.items() if digest not in bill.files)
        system, others = bill.system, bill.others
        files = tuple(f"{name}, which the SBOM does not name" for name in unnamed)
    inventory = recorded(saved.program, path)
    return Subject(
        IMAGE,
        path,
        _sha256(content),
        inventory,
        saved.program,
        BINARY,
        system=system,
        others=others,
        files=files,
        image=saved.identifier,
    )


def _sbom(path: str) -> Subject:
    content = _content(path)
    bill = read_bill(content, path)
    return Subject(SBOM, path, _sha256(content), bill.inventory, content, SBOM, system=bill.system, others=bill.others)


def recorded(program: bytes, what: str) -> Inventory:
    """Return the packages that cargo-auditable recorded in *program*.

    Raises `HostError` when there are none: engines then guess from the texts in it, and miss most.
    """
    crates = recorded_crates(elf.crates(program), what)
    if not crates:
        raise HostError(
            f"{what} does not say what it was made of, so it cannot be scanned",
            "Take a program that was built with cargo-auditable, as the module build does; that of Debian or raspotify "
            "is not. What cannot be scanned is not clean",
        )
    packages = tuple(
        Package(
            crate.name,
            crate.version,
            crate.dependencies,
            own=crate.root,
            foreign=crate.source if crate.source in elf.ELSEWHERE and not crate.root else "",
        )
        for crate in crates
    )
    return Inventory(packages, tuple(number for number, crate in enumerate(crates) if crate.root))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_READERS: Mapping[str, Callable[[str], Subject]] = {
    LOCK: _lock,
    BINARY: _binary,
    ARTIFACT: _artifact,
    IMAGE: _image,
    SBOM: _sbom,
}
