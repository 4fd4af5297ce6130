# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks up releases on the controller, where what was seen before is remembered, and what runs on the task's host."""

from __future__ import annotations

import os
from copy import deepcopy
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.host.build import way_out
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.release_info_options import (
    FEEDS,
    RELEASE_INFO_OPTIONS,
    RELEASES,
    RUNNING,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import day
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import default_directory
from ansible_collections.hardened.librespot.plugins.plugin_utils.feeds import LACKING as FEEDS_LACKING
from ansible_collections.hardened.librespot.plugins.plugin_utils.feeds import look as look_at_feed
from ansible_collections.hardened.librespot.plugins.plugin_utils.http import Client
from ansible_collections.hardened.librespot.plugins.plugin_utils.memory import Memory
from ansible_collections.hardened.librespot.plugins.plugin_utils.ordering import newest_first
from ansible_collections.hardened.librespot.plugins.plugin_utils.registry import registry
from ansible_collections.hardened.librespot.plugins.plugin_utils.release_look import ReleaseLook
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote
from ansible_collections.hardened.librespot.plugins.plugin_utils.scanning import LACKING

_PLACE = "releases-seen"


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
            result.update(changed=False, **_checked(params))
            if RUNNING in params["gather"]:
                said = Remote(self, task_vars or {}).must("hardened.librespot.release_info", {"gather": [RUNNING]})
                result.update(running=said["running"], active=said["active"])
            result["running_versions"] = _versions(result["running"], params["also_running"])
            result.update(_looked(params, result["running_versions"], self._task.check_mode))
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from error
        return result


def _checked(params: dict[str, Any]) -> dict[str, Any]:
    """Return what is said when nothing is gathered. Raises `SpecificationError` for numbers that are none."""
    for name in ("fresh_for", "stale_for"):
        if params[name] < 0:
            raise SpecificationError(name, params[name], "is less than nothing", "Write 0 or more")
    if params["timeout"] < 1:
        raise SpecificationError(
            "timeout", params["timeout"], "is no time", "Write the seconds that an answer may take"
        )
    return {"running": [], "active": {"id": "", "version": ""}, "feeds": [], "new_entries": []}


def _versions(running: list[dict[str, Any]], also: list[str]) -> list[str]:
    found = {item["version"] for item in running if item["version"]} | {str(item) for item in also}
    return newest_first(found, "what runs")


def _looked(params: dict[str, Any], running: list[str], check: bool) -> dict[str, Any]:
    """Look at the index and the feeds. One look at a time: the next one starts from what this one saw."""
    wanted = set(params["gather"])
    if not wanted & {RELEASES, FEEDS}:
        return {}
    now = datetime.now(timezone.utc)
    today = day(params["today"], "today") if params["today"] else now.date()
    client = Client(open_url, params["timeout"])
    base = os.path.realpath(params["cache_dir"] or default_directory())
    workplace = Workplace(Files(), f"{base}/{_PLACE}")
    said: dict[str, Any] = {}
    with workplace.occupied("a look at releases", float(params["timeout"])):
        memory = Memory(workplace)
        if RELEASES in wanted:
            source = registry(params["index"], client, Commands(), workplace, way_out(os.environ))
            said.update(ReleaseLook(source, memory, workplace, params, now, today).result(running))
        if FEEDS in wanted:
            said.update(_feeds(params["feeds"], memory, client, now))
        if params["remember"] and not check:
            memory.save()
    return said


def _feeds(given: list[dict[str, str]], memory: Memory, client: Client, now: datetime) -> dict[str, Any]:
    looks = [
        look_at_feed(item, memory.feed(item["url"]), client, now.strftime("%Y-%m-%dT%H:%M:%SZ"), f"feeds[{number}]")
        for number, item in enumerate(given)
    ]
    for look in looks:
        memory.fed(look.url, look.state)
    return {
        "feeds": [look.as_data() for look in looks],
        "new_entries": [entry.as_data() for look in looks for entry in look.new],
    }
