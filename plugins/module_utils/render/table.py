# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

_LONGEST = 72
_MOST = 12


def printable(text: str) -> str:
    """Return *text* for a terminal: text from elsewhere may hold anything, and it gets printable characters alone."""
    return "".join(character if character.isprintable() else "?" for character in text)


def short(text: str, longest: int = _LONGEST) -> str:
    """Return *text* as a cell."""
    plain = printable(text)
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def wrapped(text: str, longest: int = _LONGEST, most: int = _MOST) -> str:
    """Return *text* as a cell of several lines, at *most* so many."""
    lines = textwrap.wrap(printable(text), longest, break_on_hyphens=False)
    if len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1][: longest - 3]}..."]
    return "\n".join(lines)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table with a heading. A cell of several lines makes its row as high."""
    every = [[cell.split("\n") for cell in row] for row in (columns, *rows)]
    widths = [max(len(line) for row in every for line in row[column]) for column in range(len(columns))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
        for row in every
        for line in zip_longest(*row, fillvalue="")
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines
