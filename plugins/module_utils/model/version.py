# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of librespot: three numbers, compared as numbers."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", re.ASCII)


def version_key(version: str) -> tuple[int, int, int]:
    """Return *version* in a form that sorts. Raises `ValueError` when it is not three numbers with dots."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"not a version: {version!r}")
    return int(match.group(1)), int(match.group(2)), int(match.group(3))


def before(version: str, other: str) -> bool:
    """Say whether *version* is older than *other*."""
    return version_key(version) < version_key(other)
