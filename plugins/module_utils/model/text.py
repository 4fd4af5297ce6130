# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that has to arrive at the program exactly as it was written."""

from __future__ import annotations

import unicodedata
from typing import Any

from .errors import SpecificationError

# Direction marks reorder what a reader sees, so that a name or a log line shows something else than it holds.
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAKING = ("Cc", "Zl", "Zp")
# systemd does not start a unit whose environment file holds one of these.
_NONCHARACTERS = frozenset(
    [*range(0xFDD0, 0xFDF0), *(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF))]
)


def literal(value: Any, path: str, most_bytes: int, secret: bool = False) -> str:
    """Return *value* unchanged when it is text that every later stage carries literally.

    A whole number is taken as its digits, since YAML makes one of a name such as 2024. *most_bytes* counts UTF-8.
    Raises `SpecificationError` otherwise, without the value when *secret*.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise SpecificationError(path, value, "is not text", "Write text, in quotes if need be", secret)
    if not text:
        raise SpecificationError(path, value, "is empty", "Write some text, or remove the key", secret)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise SpecificationError(
            path, value, f"is {size} bytes long in UTF-8", f"Write at most {most_bytes} bytes", secret
        )
    for character in text:
        problem = _problem(character)
        if problem is not None:
            raise SpecificationError(path, value, f"has the {problem} U+{ord(character):04X}", "Remove it", secret)
    return text


def _problem(character: str) -> str | None:
    if unicodedata.category(character) in _LINE_BREAKING:
        return "control character"
    if unicodedata.category(character) == "Cs":
        return "lone surrogate"
    if character in _DIRECTION_MARKS:
        return "direction mark"
    if ord(character) in _NONCHARACTERS:
        return "noncharacter"
    return None
