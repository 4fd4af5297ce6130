# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that are shown when all tests have run."""

from __future__ import annotations

from collections.abc import Sequence

TABLES: dict[str, list[str]] = {}


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Keep a table for the end of the run."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    TABLES[title] = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]
    ]
