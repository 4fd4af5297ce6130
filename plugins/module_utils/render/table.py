# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 72


def printable(text: str) -> str:
    """Return *text* for a terminal: text from elsewhere may hold anything, and it gets printable characters alone."""
    return "".join(character if character.isprintable() else "?" for character in text)


def short(text: str, longest: int = _LONGEST) -> str:
    """Return *text* as a cell."""
    plain = printable(text)
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table with a heading."""
    every = [columns, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in every]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines
