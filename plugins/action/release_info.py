# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks up releases on the controller, where what was seen before is remembered, and what runs on the task's host."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import identifier
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.release_info_options import (
    RELEASE_INFO_OPTIONS,
    RUNNING,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.feeds import LACKING as FEEDS_LACKING
from ansible_collections.hardened.librespot.plugins.plugin_utils.looking import looked, refuse, versions
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote
from ansible_collections.hardened.librespot.plugins.plugin_utils.scanning import LACKING


class ActionModule(ActionBase):
    """It changes nothing but what the controller remembers of what it was shown."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Look, and remember what was seen when the whole look ended well."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if LACKING or FEEDS_LACKING:
            raise AnsibleActionFail(
                f"The controller's Python lacks a library: {LACKING or FEEDS_LACKING}. "
                "pip install -r requirements.txt, which is in the collection"
            )
        action: Any = self  # Ansible's base class has no types
        # It writes the defaults of inner options into what it is given.
        _validation, params = action.validate_argument_spec(deepcopy(RELEASE_INFO_OPTIONS))
        try:
            refuse(params)
            result.update(
                changed=False, running=[], active={"id": "", "version": ""}, feeds=[], new_entries=[], feeds_seen={}
            )
            if RUNNING in params["gather"]:
                said = Remote(self, task_vars or {}).must("hardened.librespot.release_info", {"gather": [RUNNING]})
                refuse_names(said)
                result.update(running=said["running"], active=said["active"])
            result["running_versions"] = versions(result["running"], params["also_running"])
            result.update(looked(params, result["running_versions"], open_url, self._task.check_mode))
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        return result


def refuse_names(said: Mapping[str, Any]) -> None:
    """Raise `LibrespotError` when a release that a host *said* it has is named as none can be.

    The names become those of files on the controller, and who has broken into the host chooses what it says.
    """
    try:
        named = {f"running[{number}].release": item["release"] for number, item in enumerate(said["running"])}
        named["active.id"] = said["active"]["id"]
    except (LookupError, TypeError) as error:
        raise HostError("What the host says it runs is not what the module returns", "Look at that host") from error
    for path, name in named.items():
        if name != "":
            identifier(str(name), path)
