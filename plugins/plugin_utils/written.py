# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that an action writes on the controller, for its user alone."""

from __future__ import annotations

import os

from ..module_utils.host.files import Files
from ..module_utils.planners.base import converge
from ..module_utils.planners.file import FilePlanner


def resolved(path: str) -> str:
    """Return *path* with the links in its directory followed: on the controller they are the user's own."""
    directory, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(directory), name)


def written(path: str, text: str, check: bool) -> bool:
    """Write *text* to *path*, which is resolved, unless *check*; tell whether it had to be, or would have."""
    planner = FilePlanner(Files(), path, text, 0o600, owner=(os.geteuid(), os.getegid()))
    return converge([planner], check)[0].changed
