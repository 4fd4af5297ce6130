# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives from elsewhere: only plain files below one directory are taken out of them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

from ..model.errors import HostError

_LARGEST_FILE = 64 * 1024 * 1024
_LARGEST_SUM = 256 * 1024 * 1024
"""Bytes of all files together: a small archive can hold very much of the same."""
_MOST_FILES = 10_000


def plain_files(archive: bytes, what: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each file in the tar *archive* (compressed or not), called *what* in errors.

    Raises `HostError` for anything but files and directories (a link would lead elsewhere), for a path that leaves the
    archive's root, and for more or larger files than any release of librespot has.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
            size = 0
            for count, member in enumerate(tar):
                name = _inside(member.name, what)
                size += member.size
                if count >= _MOST_FILES or member.size > _LARGEST_FILE or size > _LARGEST_SUM:
                    raise HostError(f"{what} holds more than could be librespot ({name})", _REMEDY)
                if member.isdir():
                    continue
                if not member.isreg():
                    raise HostError(f"{what} holds {name}, which is neither a file nor a directory", _REMEDY)
                handle = tar.extractfile(member)
                if handle is not None:
                    yield name, handle.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise HostError(f"{what} is not a readable archive: {error}", _REMEDY) from error


def one_file(archive: bytes, name: str, what: str) -> bytes:
    """Return the file *name* of the tar *archive*, and leave all else in it alone.

    Raises `HostError` when it is not there, is there twice, or is anything but a plain file.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
            found = [member for member in tar if member.name.removeprefix("./") == name]
            handle = tar.extractfile(found[0]) if len(found) == 1 and found[0].isreg() else None
            if handle is None or found[0].size > _LARGEST_FILE:
                raise HostError(f"{what} does not hold {name} as one plain file", _REMEDY)
            return handle.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise HostError(f"{what} is not a readable archive: {error}", _REMEDY) from error


_REMEDY = "Nothing was taken from it; look at where it came from"


def _inside(name: str, what: str) -> str:
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise HostError(f"{what} holds the path {name!r}, which leaves its directory", _REMEDY)
    return "/".join(parts)
