# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at releases as the action makes them, without the time that a play takes to begin."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.urls import open_url

from ansible_collections.hardened.librespot.plugins.module_utils.model.release_info_options import RELEASE_INFO_OPTIONS
from ansible_collections.hardened.librespot.plugins.plugin_utils.looking import looked, refuse, versions
from ansible_collections.hardened.librespot.plugins.plugin_utils.memory import FILE

NO_ADVISORIES = {"advisories": {"newest": 0}, "policy": {"gate": "none"}}


class Looker:
    """Looks with a cache of its own, below *directory*, and the same *arguments* each time."""

    def __init__(self, directory: Path, **arguments: Any) -> None:
        self._arguments = {"cache_dir": str(directory), **arguments}
        self.seen = directory / "releases-seen" / FILE

    def look(self, check: bool = False, **arguments: Any) -> dict[str, Any]:
        """Return what the action would."""
        given = {**self._arguments, **arguments}
        validated = ArgumentSpecValidator(deepcopy(RELEASE_INFO_OPTIONS)).validate(deepcopy(given))
        assert not validated.error_messages, validated.error_messages
        params = validated.validated_parameters
        refuse(params)
        running = versions([], params["also_running"])
        return {**looked(params, running, open_url, check), "running_versions": running}

    def remembered(self) -> str:
        """Return all that is remembered."""
        return self.seen.read_text(encoding="utf-8") if self.seen.exists() else ""
