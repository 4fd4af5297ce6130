# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles that a host keeps of its instances: what they used, and the limits that follow from it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..host.files import DIRECTORY, Files
from ..model.errors import SpecificationError
from ..model.instance import Specification
from ..model.plan import Plan, State
from ..model.profile_record import profile_text, read_profile
from .base import Planner
from .file import DirectoryPlanner, FilePlanner

PLACE = "/var/lib/hardened-librespot"
PROFILES = f"{PLACE}/profiles"


def profile_path(name: str) -> str:
    """Return where the profile of the instance *name* is kept."""
    return f"{PROFILES}/{name}.json"


def taken(given: Sequence[Mapping[str, Any]], spec: Specification) -> list[Mapping[str, Any]]:
    """Return profiles that were *given* from elsewhere. Raises `SpecificationError` for what is none of *spec*."""
    names = [item.name for item in spec.present]
    for number, item in enumerate(given):
        try:
            found = read_profile(json.dumps(item), f"profiles[{number}]")
        except ValueError as error:
            raise SpecificationError(f"profiles[{number}]", item, f"is no profile: {error}", "Leave it out") from error
        if found.name not in names:
            raise SpecificationError(f"profiles[{number}].name", found.name, "is no instance", "Leave it out")
    return list(given)


class OutlivedProfilesPlanner(Planner):
    """No profile of the instances *gone*, or of any with *every*; nor a directory of ours that would hold nothing."""

    def __init__(self, files: Files, gone: Collection[str], every: bool) -> None:
        super().__init__(f"content of {PROFILES}")
        self._files = files
        self._gone = gone
        self._every = every

    def wanted(self) -> State:
        """Return nothing: none of them."""
        return {}

    def found(self) -> State:
        """Return those that are there, and the directories that would be left empty."""
        names = self._files.names(PROFILES)
        others = [name for name in names if self._every or name.rpartition(".json")[0] in self._gone]
        found = {f"{PROFILES}/{name}": "of an instance that is gone" for name in others}
        if len(others) == len(names) and (others or self._every):
            here = self._files.read(PROFILES, content=False)
            if here is not None and here.kind == DIRECTORY:
                found[PROFILES] = ""
                if self._files.names(PLACE) == [os.path.basename(PROFILES)]:
                    found[PLACE] = ""
        return found

    def apply(self, plan: Plan) -> None:
        """Remove them, the directories last."""
        for path in sorted(plan.before, reverse=True):
            self._files.remove(path)


def kept_profiles(files: Files, profiles: Sequence[Mapping[str, Any]]) -> list[Planner]:
    """Return what keeps *profiles*, each with the name of its instance. Everybody may read them."""
    return [
        DirectoryPlanner(files, PROFILES, along=PLACE),
        *(FilePlanner(files, profile_path(str(item["name"])), profile_text(item)) for item in profiles),
    ]
