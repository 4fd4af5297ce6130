# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive of an ecosystem's advisories, as OSV publishes it."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ...module_utils.host.opened import opened
from ...module_utils.model.errors import HostError, why
from ..advisories import refuse_old

_UNREADABLE = (
    zipfile.BadZipFile,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    # A damaged member; JSON that is too deep, or a member that is encrypted; and a compression that Python has not.
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
)
"""What an archive raises that is none, or that holds something else. NotImplementedError is a RuntimeError as well."""

_LARGEST = 1024 * 1024 * 1024
_OF_A_DISTRIBUTION = re.compile(r"^(?:DEBIAN|UBUNTU)-(?=CVE-)")


class OsvDatabase:
    """The archive at *path*, which *option* names, as of *today*; *remedy* says what it should be.

    Raises `HostError` when it is none or holds nothing, `SpecificationError` when it is older than *oldest*. Those of
    distributions have tens of thousands of entries, some of them large: they are read one by one.
    """

    def __init__(self, path: str, option: str, today: date, oldest: timedelta, remedy: str) -> None:
        self._path = path
        self._remedy = remedy
        self.content = self._read()
        self.count = 0
        self.updated = date.min
        identifiers: set[str] = set()
        ecosystems: Counter[str] = Counter()
        self._about: dict[str, list[str]] = {}
        """The members of the archive about each package."""
        try:
            for member, entry in self._entries():
                self.count += 1
                identifiers.update(known_as(entry))
                modified = date.fromisoformat(str(entry["modified"])[:10])
                self.updated = max(self.updated, modified if modified <= today else date.min)
                packages = [part["package"] for part in entry["affected"]]
                ecosystems.update(str(package["ecosystem"]) for package in packages)
                for name in {str(package["name"]) for package in packages}:
                    self._about.setdefault(name, []).append(member)
        except _UNREADABLE as error:
            raise HostError(f"{path} is no database of OSV: {why(error)}", remedy) from error
        if not self.count:
            raise HostError(f"{path} holds no advisories", remedy)
        refuse_old(path, self.updated, today, oldest, option)
        self.identifiers = frozenset(identifiers)
        self.releases = frozenset(ecosystems)
        self.ecosystem = ecosystems.most_common(1)[0][0].partition(":")[0]

    def about(self, names: Collection[str]) -> Iterator[dict[str, Any]]:
        """Yield the entries about packages with one of these *names*."""
        members = {member for name in names for member in self._about.get(name, ())}
        return (entry for _member, entry in self._entries(members))

    def as_data(self) -> dict[str, Any]:
        """Return what a report says of it, as plain data."""
        digest = hashlib.sha256(self.content).hexdigest()
        return {"updated": self.updated.isoformat(), "advisories": self.count, "digest": f"sha256:{digest}"}

    def _read(self) -> bytes:
        try:
            with opened(self._path) as handle:
                content = handle.read(_LARGEST + 1)
        except OSError as error:
            raise HostError(f"{self._path} is no database of OSV: {error.strerror}", self._remedy) from error
        if len(content) > _LARGEST:
            raise HostError(f"{self._path} is larger than any database of OSV", self._remedy)
        return content

    def _entries(self, members: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the entries that were not withdrawn and are about a package, with their names in the archive."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            for member in archive.namelist() if members is None else sorted(members):
                if member.endswith(".json"):
                    entry = json.loads(archive.read(member))
                    affected = [part for part in entry["affected"] if "package" in part]
                    if affected and not entry.get("withdrawn"):
                        yield member, {**entry, "affected": affected}


def known_as(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the id of an advisory, and all names that it has elsewhere.

    One of a distribution on several vulnerabilities has not theirs: who has looked at one has not at the others.
    """
    upstream = [str(name) for name in entry.get("upstream") or ()]
    alone = len(vulnerabilities(entry)) == 1
    return (str(entry["id"]), *map(str, entry.get("aliases") or ()), *(upstream if alone else ()))


def vulnerability(entry: Mapping[str, Any]) -> str:
    """Return the vulnerability that an entry of a distribution is about alone, by its name anywhere; or nothing."""
    identifier = str(entry["id"])
    name = _OF_A_DISTRIBUTION.sub("", identifier)
    return name if name != identifier else ""


def vulnerabilities(entry: Mapping[str, Any]) -> set[str]:
    """Return the vulnerabilities that an advisory of a distribution was made from, by their names anywhere."""
    return {_OF_A_DISTRIBUTION.sub("", str(name)) for name in entry.get("upstream") or ()}
