# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted where, as this process sees it."""

from __future__ import annotations

import os
import re

_ESCAPED = re.compile(r"\\([0-7]{3})")


def mounted_below(path: str) -> list[str]:
    """Return the mount points at or below *path*, which may be a real path alone.

    Asked of the kernel's list, since a directory that is bound from the same file system has the same device.
    """
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as handle:
        points = [_ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), row.split()[4]) for row in handle]
    return sorted({point for point in points if point == real or point.startswith(f"{real}/")})
