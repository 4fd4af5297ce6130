# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A local copy of the RustSec database: where it is, how old it is, and whether it is whole.

It comes from a directory, an archive, or a git repository, local or at an address; the last two are kept in the cache.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ..module_utils.host.archive import plain_files
from ..module_utils.host.command import Commands
from ..module_utils.host.files import Files
from ..module_utils.host.opened import opened
from ..module_utils.host.workplace import Workplace
from ..module_utils.model.errors import HostError, SpecificationError

OFFICIAL = "https://github.com/RustSec/advisory-db.git"

_DATE = re.compile(r'^date = "(\d{4}-\d\d-\d\d)"', re.MULTILINE)
_ID = re.compile(r"\b(?:RUSTSEC|CVE|GHSA|TEMP)-[0-9A-Za-z-]+")
_FENCE = "\n```"
_DIGEST = ".digest"
_PATIENCE_S = 600
_REMEDY = "Give a whole copy of the RustSec database: a directory, an archive of it, or the address of a git repository"


@dataclass(frozen=True)
class Advisories:
    """The database in the directory *path*. *updated* is the newest day that anything in it tells of."""

    path: str
    updated: date
    count: int
    identifiers: frozenset[str]
    digest: str

    def as_data(self) -> dict[str, Any]:
        """Return what a report says of it, as plain data."""
        return {"updated": self.updated.isoformat(), "advisories": self.count, "digest": f"sha256:{self.digest}"}


class AdvisoryStore:
    """Gets databases into *directory*. *network* are variables that the network of the controller asks for."""

    def __init__(self, directory: str, commands: Commands, network: Mapping[str, str]) -> None:
        self._commands = commands
        self._network = network
        self._workplace = Workplace(Files(), f"{os.path.realpath(directory)}/advisories")

    def get(self, source: str, today: date, oldest: timedelta, path: str) -> Advisories:
        """Return the database at *source* as of *today*; *path* is the option that names it, for errors.

        Raises `HostError` when it is missing or damaged, `SpecificationError` when it is older than *oldest*.
        """
        if "://" in source or source.endswith(".git"):
            found = _read(self._cloned(source), source, today)
        elif os.path.isdir(source):
            found = _read(source, source, today)
        else:
            found = _read(self._unpacked(source), source, today)
        refuse_old(source, found.updated, today, oldest, path)
        return found

    def _unpacked(self, archive: str) -> str:
        try:
            with opened(archive) as packed:
                content = packed.read()
        except OSError as error:
            raise HostError(f"{archive} cannot be read: {error.strerror}", _REMEDY) from error
        path = f"{self._workplace.path}/{hashlib.sha256(content).hexdigest()}"
        if not _as_unpacked(path):
            with self._workplace.occupied("an advisory database", _PATIENCE_S), self._workplace.scratch() as scratch:
                for name, text in plain_files(content, archive):
                    # Not synced one by one, which takes long: what is not as its digest says is unpacked again.
                    os.makedirs(os.path.dirname(f"{scratch}/{name}"), mode=0o700, exist_ok=True)
                    with open(f"{scratch}/{name}", "wb") as handle:
                        handle.write(text)
                top = _top(scratch, archive)
                self._workplace.write(f"{path}{_DIGEST}", _digest(top).encode())
                shutil.rmtree(path, ignore_errors=True)
                shutil.move(top, path)
        return path

    def _cloned(self, url: str) -> str:
        path = f"{self._workplace.path}/{hashlib.sha256(url.encode()).hexdigest()}"
        remedy = "Look at the address, the network and the proxy; a local copy can be given as database"
        git = ["git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"]
        with self._workplace.occupied("an advisory database", _PATIENCE_S), self._workplace.scratch() as scratch:
            # A new clone each time: it is small, and one that was cut off leaves nothing behind.
            argv = [*git, "clone", "--quiet", "--depth=1", "--", url, f"{scratch}/database"]
            self._commands.run(argv, timeout=_PATIENCE_S, env={**self._network, "HOME": scratch}, remedy=remedy)
            shutil.rmtree(path, ignore_errors=True)
            shutil.move(f"{scratch}/database", path)
        return path


def refuse_old(source: str, updated: date, today: date, oldest: timedelta, path: str) -> None:
    """Raise `SpecificationError` when a database of the day *updated* is older than *oldest*."""
    if today - updated > oldest:
        raise SpecificationError(
            path,
            source,
            f"is a database of {updated}, {(today - updated).days} days old",
            f"Get a newer one: what is {oldest.days} days old knows nothing of what was found since",
        )


def _as_unpacked(path: str) -> bool:
    """Tell whether the database in the cache is what it was when it was unpacked."""
    try:
        with open(f"{path}{_DIGEST}", encoding="ascii") as handle:
            return handle.read() == _digest(path)
    except OSError:
        return False


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    for file, content in _files(path):
        digest.update(f"{file}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each advisory in the database at *path*."""
    place = glob.escape(path)
    for file in sorted(glob.glob(f"{place}/crates/*/*.md") + glob.glob(f"{place}/rust/*/*.md")):
        with open(file, "rb") as handle:
            yield os.path.relpath(file, path), handle.read()


def _top(scratch: str, archive: str) -> str:
    """Return the one directory of an unpacked archive that has the database in it."""
    found = [scratch, *glob.glob(f"{glob.escape(scratch)}/*")]
    top = next((path for path in found if os.path.isdir(f"{path}/crates")), None)
    if top is None:
        raise HostError(f"{archive} holds no directory crates", _REMEDY)
    return top


def _read(path: str, source: str, today: date) -> Advisories:
    newest, count = date.min, 0
    identifiers: set[str] = set()
    for _file, content in _files(path):
        head = content.decode("utf-8", "replace").partition(_FENCE)[0]
        identifiers.update(_ID.findall(head))
        # A day that is yet to come would make the database look new for ever.
        newest = max([newest, *(day for day in _days(head) if day <= today)])
        count += 1
    if newest == date.min:
        raise HostError(f"{source} holds no advisories", _REMEDY)
    return Advisories(path, newest, count, frozenset(identifiers), _digest(path))


def _days(head: str) -> Iterator[date]:
    for text in _DATE.findall(head):
        with contextlib.suppress(ValueError):
            yield date.fromisoformat(text)
