# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in an image that was saved as one archive: librespot, and what is around it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from ..module_utils.model.errors import HostError, why
from ..module_utils.model.image import SBOM

_LARGEST = 256 * 1024 * 1024
_NAME = "librespot"
_REMEDY = "Give what docker save or podman save writes, or the archive or directory that image_build returns"


@dataclass(frozen=True)
class Saved:
    """The *program* of librespot in an image, and its SBOM, if it has one.

    *identifier* is what an engine calls the image, *files* are the SHA-256 of its other files by their paths.
    """

    program: bytes
    sbom: bytes
    identifier: str
    files: dict[str, str]


def read_image(archive: bytes, what: str) -> Saved:
    """Return what is in the *archive* of an image, called *what* in errors.

    Raises `HostError` for what is no image, and for one that does not have exactly one program called librespot.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as outer:
            (named,) = json.loads(_file(outer, "manifest.json"))
            identifier = f"sha256:{_sha256(_file(outer, str(named['Config'])))}"
            layers = [_file(outer, str(name)) for name in named["Layers"]]
        digests: dict[str, str] = {}
        files = dict(file for layer in layers for file in _files(layer, digests))
    except (tarfile.TarError, EOFError, OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise HostError(f"{what} is no image that can be read: {why(error)}", _REMEDY) from error
    programs = [path for path in files if path.rpartition("/")[2] == _NAME]
    if len(programs) != 1:
        raise HostError(
            f"{what} holds {len(programs)} programs called librespot: {', '.join(programs) or 'none'}",
            "What is not found cannot be scanned",
        )
    digests.pop(SBOM, "")
    return Saved(files[programs[0]], files.get(SBOM, b""), identifier, digests)


def _file(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        handle = archive.extractfile(name)
    except KeyError:
        raise ValueError(f"it has no {name!a}") from None
    if handle is None:
        raise ValueError(f"{name} is no file")
    content = handle.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"{name} is larger than any image of librespot")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _files(layer: bytes, digests: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield each file of a *layer* that matters, by its path; a later layer's takes the place of an earlier one's.

    The SHA-256 of every file is put into *digests*. One that a later layer takes away stays in it.
    """
    with tarfile.open(fileobj=io.BytesIO(layer), mode="r:*") as tar:
        for member in tar:
            path = f"/{member.name.removeprefix('./').lstrip('/')}"
            # A hard link is another name of a file that is there.
            handle = tar.extractfile(member) if member.isreg() else None
            content = handle.read(_LARGEST) if handle else b""
            if handle:
                digests[path] = _sha256(content)
            if path == SBOM or (path.endswith(f"/{_NAME}") and content.startswith(b"\x7fELF")):
                yield path, content
