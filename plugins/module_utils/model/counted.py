# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A number with its noun, as people read it."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return *number* with *noun*, which is given as one and takes an s for more."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
