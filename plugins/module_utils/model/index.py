# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a sparse index of crates, one JSON object a line (the Cargo Book, "Registry Index").

Whatever is not understood is refused: a row that is passed over could be the one that says that a version was yanked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import HostError, why
from .timestamp import seconds

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_NEWEST = 2
"""The newest version of the format of a row that is understood."""

LIAR = "Nothing was remembered. Ask again, and elsewhere: what an index says of a published version never changes"
CUT = "Nothing was remembered. Ask again: an answer that was cut off says nothing about what is missing"


@dataclass(frozen=True)
class Row:
    """What an index says of one version of a crate. *version* has its build metadata: rows can differ in that alone.

    *sha256* is of the ``.crate`` file, *rust* the oldest compiler as it is written, *published* a moment in RFC 3339;
    the last two are empty when the index does not say. *features* has those of the row's second list as well.
    """

    name: str
    version: str
    sha256: str
    yanked: bool
    rust: str
    published: str
    features: Mapping[str, tuple[str, ...]]
    dependencies: int


def path_of(name: str) -> str:
    """Return where an index has the rows of the crate *name*, relative to its root. Raises ValueError for no name."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"not the name of a crate: {name!r}")
    name = name.lower()
    if len(name) <= 2:
        return f"{len(name)}/{name}"
    return f"3/{name[0]}/{name}" if len(name) == 3 else f"{name[:2]}/{name[2:4]}/{name}"


def rows(lines: Iterable[bytes], name: str, source: str) -> dict[str, Row]:
    """Return the rows that *lines* are, which *source* served for the crate *name*, by version.

    Raises `HostError` for what is no row of that crate, was cut off, or contradicts another row.
    """
    found: dict[str, Row] = {}
    for line in filter(bytes.strip, lines):
        row = _row(_decoded(line, name, source), name, source)
        other = found.setdefault(row.version, row)
        if other != row:
            differs = f"checksums {other.sha256} and {row.sha256}" if other.sha256 != row.sha256 else "different facts"
            raise HostError(f"{source} has two rows for {name} {row.version} that contradict: {differs}", LIAR)
    if not found:
        raise HostError(f"{source} has no version of {name}", CUT)
    return found


def _decoded(line: bytes, name: str, source: str) -> Mapping[str, Any]:
    try:
        said = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        shown = line[:60].decode("utf-8", "replace")
        raise HostError(f"{source} has a row for {name} that is not JSON: {shown!r} ({why(error)})", CUT) from None
    if not isinstance(said, dict):
        raise HostError(f"{source} has a row for {name} that is no object: {line[:60]!r}", CUT)
    return said


def _row(said: Mapping[str, Any], name: str, source: str) -> Row:
    version = str(said.get("vers"))
    what = f"{source} has a row for {name} {version}"
    if said.get("name") != name:
        raise HostError(f"{source} was asked for {name} and says something of {said.get('name')!r}", LIAR)
    form = said.get("v", 1)
    if not isinstance(form, int) or not 1 <= form <= _NEWEST:
        raise HostError(f"{what} in version {form!r} of the format", f"Versions 1 to {_NEWEST} are understood")
    checksum = said.get("cksum")
    if not isinstance(checksum, str) or _SHA256.fullmatch(checksum) is None:
        raise HostError(f"{what} with the checksum {checksum!r}, which is no SHA-256", LIAR)
    yanked, dependencies = said.get("yanked"), said.get("deps")
    if not isinstance(yanked, bool) or not isinstance(dependencies, list):
        raise HostError(f"{what} that does not say whether it was yanked, or on what it depends", CUT)
    return Row(
        name,
        _text(said, "vers", what, required=True),
        checksum,
        yanked,
        _text(said, "rust_version", what),
        _moment(_text(said, "pubtime", what), what),
        {**_features(said.get("features"), what), **_features(said.get("features2"), what)},
        len(dependencies),
    )


def _text(said: Mapping[str, Any], key: str, what: str, required: bool = False) -> str:
    value = said.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not 0 < len(value) <= 100:
        raise HostError(f"{what} with {key} {value!r}", LIAR)
    return value


def _moment(text: str, what: str) -> str:
    try:
        if text:
            seconds(text)
    except ValueError as error:
        raise HostError(f"{what} with a wrong pubtime: {error}", LIAR) from None
    return text


def _features(said: Any, what: str) -> dict[str, tuple[str, ...]]:
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(
        isinstance(needs, list) and all(isinstance(item, str) for item in needs) for needs in said.values()
    ):
        raise HostError(f"{what} with features that are no lists of names", LIAR)
    return {str(name): tuple(needs) for name, needs in said.items()}
