# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where releases are on a host."""

from __future__ import annotations

ROOT = "/opt/librespot"
RELEASES = f"{ROOT}/releases"
CURRENT = f"{ROOT}/current"
PREVIOUS = f"{ROOT}/previous"

_TARGET = "releases/"


def link_to(identifier: str) -> str:
    """Return what a link in `ROOT` holds to name the release *identifier*."""
    return f"{_TARGET}{identifier}"


def linked(target: str) -> str:
    """Return the release that a link to *target* names; empty when it leads elsewhere."""
    name = target[len(_TARGET) :] if target.startswith(_TARGET) else ""
    return "" if "/" in name or name.startswith(".") else name
