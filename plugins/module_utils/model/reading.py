# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what a user wrote: small checks that name the path, the value and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import SpecificationError

LONGEST_S = 86400
"""The longest that anything may be waited for, in seconds."""
OLDEST_DAYS = 3650
"""The highest age that a user may ask for: what is older is not told apart from what has no end."""

_LONGEST_PATH = 4096


def mapping(
    value: Any, path: str, known: Sequence[str], hints: Mapping[str, str] | None = None, secret: bool = False
) -> Mapping[str, Any]:
    """Return *value* when it is a mapping of *known* keys. *hints* says for a wrong key what is meant by it."""
    if not isinstance(value, Mapping):
        raise SpecificationError(path, value, "is not a mapping", f"Write keys of: {', '.join(known)}", secret)
    for key in value:
        if key not in known:
            raise SpecificationError(
                f"{path}.{key}", value[key], "is not known", _meant(str(key), known, hints or {}), secret
            )
    return value


def _meant(key: str, known: Sequence[str], hints: Mapping[str, str]) -> str:
    if key in hints:
        return hints[key]
    close = difflib.get_close_matches(key, known, 1)
    return f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}"


def sequence(value: Any, path: str) -> list[Any]:
    """Return *value* as a list. Raises `SpecificationError` when it is none."""
    if not isinstance(value, (list, tuple)):
        raise SpecificationError(path, value, "is not a list", "Write a list")
    return list(value)


def integer(value: Any, path: str, minimum: int, maximum: int, unit: str = "") -> int:
    """Return a whole number in the range; text that is exactly one is accepted, as YAML and Jinja make it."""
    right = f"Write a whole number from {minimum} to {maximum}{' ' + unit if unit else ''}"
    if isinstance(value, str) and value.isascii() and value.isdigit():
        # Longer than any number in the range; Python refuses to read thousands of digits.
        value = int(value[:40])
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecificationError(path, value, "is not a whole number", right)
    if not minimum <= value <= maximum:
        raise SpecificationError(path, value, "is out of range", right)
    return value


def boolean(value: Any, path: str) -> bool:
    """Return *value* as a truth value, as YAML and Jinja write one. Raises `SpecificationError`."""
    if isinstance(value, str) and value.lower() in ("true", "yes", "on", "false", "no", "off"):
        return value.lower() in ("true", "yes", "on")
    if not isinstance(value, bool):
        raise SpecificationError(path, value, "is neither true nor false", "Write true or false")
    return value


def line(value: Any, path: str, most: int = 1024) -> str:
    """Return one line of text without control characters or direction marks."""
    if not isinstance(value, str) or not value.strip():
        raise SpecificationError(path, value, "is not a line of text", "Write some text")
    if len(value) > most:
        raise SpecificationError(path, value, "is too long", f"Write at most {most} characters")
    for character in value:
        if not character.isprintable():
            raise SpecificationError(
                path, value, f"has the character U+{ord(character):04X}, which is not printable", "Remove it"
            )
    return value


def absolute_path(value: Any, path: str) -> str:
    """Return a plain absolute path that may stand in a unit file without any quoting."""
    text = line(value, path, 512)
    plain = all(character.isalnum() or character in "/._-+@," for character in text) and text.isascii()
    parts = text.split("/")
    if not plain or not text.startswith("/") or ".." in parts or "." in parts or "" in parts[1:]:
        raise SpecificationError(
            path,
            value,
            "is not a plain absolute path",
            "Write /a/path of letters, digits and . _ - + @ , without '..', '//' or a '/' at the end",
        )
    return text


def path_of(value: str | None, option: str) -> str:
    """Return the path *value* of *option*. Raises `SpecificationError` for what would name another file than is read.

    A path with a NUL is none, and one with a line break or an escape sequence is told as something else.
    """
    if not value:
        raise SpecificationError(option, value, "is no path", "Write a path")
    return line(value, option, _LONGEST_PATH)


def paths_of(given: Mapping[str, str | None], names: Sequence[str], prefix: str = "") -> None:
    """Raise `SpecificationError` for options of these *names* that are *given*, and are no paths."""
    for name in names:
        if given.get(name):
            path_of(given[name], f"{prefix}{name}")
