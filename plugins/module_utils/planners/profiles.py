# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles that a host keeps of its instances: what they used, and the limits that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..host.files import Files
from ..model.profile_record import profile_text
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, HuskPlanner

STATE = "/var/lib/hardened-librespot"
PROFILES = f"{STATE}/profiles"


def profile_path(name: str) -> str:
    """Return where the profile of the instance *name* is kept."""
    return f"{PROFILES}/{name}.json"


def profile_planners(files: Files, profiles: Sequence[Mapping[str, Any]]) -> list[Planner]:
    """Return what keeps *profiles*, each with the name of its instance. Everybody may read them."""
    return [
        DirectoryPlanner(files, PROFILES, along=STATE),
        *(FilePlanner(files, profile_path(str(item["name"])), profile_text(item)) for item in profiles),
    ]


def no_profile_planners(files: Files, names: Sequence[str]) -> list[Planner]:
    """Return what removes the profiles of the instances of these *names*, and the directories with the last one."""
    paths = [profile_path(name) for name in names]
    return [
        *(FilePlanner(files, path, None, scope=name) for path, name in zip(paths, names)),
        HuskPlanner(files, PROFILES, paths),
        HuskPlanner(files, STATE, paths, [PROFILES]),
    ]
