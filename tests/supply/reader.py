# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reader of RustSec's database that shares nothing with the engines, to know what they should find."""

from __future__ import annotations

import json
import operator
import re
import struct
import tomllib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from semver import Version

_COMPARATOR = re.compile(r"\s*(>=|<=|>|<|=|\^|~)?\s*([0-9A-Za-z.+-]+)\s*")
_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}

Match = tuple[str, str, str]
"""Id of the advisory, package, version."""


@dataclass(frozen=True)
class Advisory:
    """One advisory, as its file says it."""

    id: str
    package: str
    date: date
    unaffected: tuple[str, ...]
    patched: tuple[str, ...]

    def about(self, version: str) -> bool:
        """Tell whether a package of *version* has it."""
        return not any(_meets(version, requirement) for requirement in (*self.patched, *self.unaffected))


def advisories(database: Path) -> Iterator[Advisory]:
    """Return all advisories on crates that were not withdrawn."""
    for file in sorted(database.glob("crates/*/*.md")):
        head = file.read_text(encoding="utf-8").split("```")[1].removeprefix("toml\n")
        said: dict[str, Any] = tomllib.loads(head)
        if "withdrawn" not in said["advisory"]:
            versions = said.get("versions", {})
            yield Advisory(
                said["advisory"]["id"],
                said["advisory"]["package"],
                date.fromisoformat(said["advisory"]["date"]),
                tuple(versions.get("unaffected", ())),
                tuple(versions.get("patched", ())),
            )


def matches(database: Path, packages: Iterable[tuple[str, str]]) -> set[Match]:
    """Return which advisories apply to *packages*, each a name and a version."""
    known: dict[str, list[Advisory]] = {}
    for advisory in advisories(database):
        known.setdefault(advisory.package, []).append(advisory)
    return {
        (advisory.id, name, version)
        for name, version in packages
        for advisory in known.get(name, ())
        if advisory.about(version)
    }


def locked(lock: Path) -> set[tuple[str, str]]:
    """Return the packages of a lock file that are from a registry."""
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return {(package["name"], package["version"]) for package in packages if "source" in package}


def _meets(version: str, requirement: str) -> bool:
    now = Version.parse(version)
    return all(_compare(now, *_parsed(part)) for part in requirement.split(","))


def _parsed(part: str) -> tuple[str, str]:
    found = _COMPARATOR.fullmatch(part)
    assert found, part
    return found.group(1) or "^", found.group(2)


def _compare(now: Version, sign: str, text: str) -> bool:
    bound = Version.parse(text, optional_minor_and_patch=True)
    if sign in _OPERATORS:
        return bool(_OPERATORS[sign](now, bound))
    if sign == "~":
        return now >= bound and (now.major, now.minor) == (bound.major, bound.minor)
    above = bound.bump_major() if bound.major else bound.bump_minor() if bound.minor else bound.bump_patch()
    return bound <= now < above


def embedded(program: bytes) -> set[tuple[str, str]]:
    """Return name and version of the crates that a program of 64 bits records, read without any library for ELF."""
    (sections,) = struct.unpack_from("<Q", program, 0x28)
    size, count, names = struct.unpack_from("<HHH", program, 0x3A)
    table = [struct.unpack_from("<IIQQQQ", program, sections + number * size) for number in range(count)]
    texts = table[names][4]
    for name, _type, _flags, _address, offset, length in table:
        start = texts + name
        if program[start : program.index(b"\0", start)] == b".dep-v0":
            packages = json.loads(zlib.decompress(program[offset : offset + length]))["packages"]
            return {(str(item["name"]), str(item["version"])) for item in packages}
    return set()
