# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where releases are on a host."""

from __future__ import annotations

ROOT = "/opt/librespot"
RELEASES = f"{ROOT}/releases"
CURRENT = f"{ROOT}/current"
BEFORE = f"{ROOT}/before"
"""Holds a link for each release, with its name, to the one that was active before it."""

_TARGET = "releases/"


def before_link(identifier: str) -> str:
    """Return the path of the link to what was active before the release *identifier*."""
    return f"{BEFORE}/{identifier}"


def link_to(identifier: str, path: str = CURRENT) -> str:
    """Return what the link at *path* holds to name the release *identifier*."""
    return f"{_up(path)}{_TARGET}{identifier}"


def linked(target: str, path: str = CURRENT) -> str:
    """Return the release that the link at *path* to *target* names; empty when it leads elsewhere."""
    start = f"{_up(path)}{_TARGET}"
    name = target[len(start) :] if target.startswith(start) else ""
    return "" if "/" in name or name.startswith(".") else name


def _up(path: str) -> str:
    return "" if path == CURRENT else "../"
