# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mends an advisory: whether cargo may take a fixed version by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..module_utils.model.vulnerability import NO_FIX, REFRESH, UPGRADE

try:
    from semver import Version
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where semver is not installed."""

_LOWEST = re.compile(r"(?:>=|\^|=)\s*(\d+(?:\.\d+){0,2}[0-9A-Za-z.+-]*)|>\s*(\d+(?:\.\d+){0,2}[0-9A-Za-z.+-]*)")


def fix(version: str, fixed_in: Iterable[str]) -> str:
    """Return what mends a package of *version*, fixed in versions that cargo's requirements *fixed_in* describe.

    A lock file can be refreshed to what is newer and compatible. That a package in between asks for less than is
    compatible, which is rare, only the refresh itself shows.
    """
    requirements = list(fixed_in)
    now = Version.parse(version)
    for requirement in requirements:
        for at_least, above in _LOWEST.findall(requirement):
            lowest = Version.parse(at_least or above, optional_minor_and_patch=True)
            if lowest > now and _series(lowest) == _series(now):
                return REFRESH
    return UPGRADE if requirements else NO_FIX


def _series(version: Version) -> tuple[int, ...]:
    """Return the numbers that are the same in all versions which cargo takes for compatible."""
    if version.major:
        return (version.major,)
    return (0, version.minor) if version.minor else (0, 0, version.patch)
