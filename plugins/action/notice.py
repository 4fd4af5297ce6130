# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells what a check found, by mail and webhooks of the controller, each thing once."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice import (
    Look,
    read_entries,
    read_items,
    read_releases,
    read_running,
    read_scans,
    read_sources,
    running_sources,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice_options import NOTICE_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import integer
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import day
from ansible_collections.hardened.librespot.plugins.module_utils.notify.channels import channels
from ansible_collections.hardened.librespot.plugins.plugin_utils.noticing import (
    Noticing,
    Paths,
    Told,
    paths,
    told_itself,
)

CLEAN = "clean"
FINDINGS = "findings"
INCOMPLETE = "incomplete"


class ActionModule(ActionBase):
    """It runs nothing on any host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Tell what is new; fail when a channel did not take it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        action: Any = self  # Ansible's base class has no types
        # It writes the defaults of inner options into what it is given.
        _validation, asked = action.validate_argument_spec(deepcopy(NOTICE_OPTIONS))
        try:
            look, where = _look(asked), paths(asked)
            if asked["failed_run"]:
                if told_itself(where, asked["failed_run"]):
                    return {**result, "changed": False, "told": {}, "undelivered": [], "items": []}
                where = Paths(where.state, "", "")
            noticing = _noticing(asked, where)
            told = noticing.expected(look) if self._task.check_mode else noticing.tell(look)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        result.update(_returned(look, told))
        result["warnings"] = list(told.warnings)
        problems = [*(item.error for item in told.record.undelivered), *told.unwritten]
        if asked["fail"] and problems:
            result.update(failed=True, msg="; ".join(problems))
        return result


def _look(asked: dict[str, Any]) -> Look:
    running = read_running(asked["running"], "running")
    items = (
        *read_items(asked["items"], "items"),
        *read_scans(asked["scans"], "scans", running),
        *read_releases(asked["releases"], "releases"),
        *read_entries(asked["entries"], "entries"),
    )
    sources = (*read_sources(asked["sources"], "sources"), *running_sources(asked["running"], "running"))
    return Look(sources, items)


def _noticing(asked: dict[str, Any], where: Paths) -> Noticing:
    timeout = integer(asked["timeout"], "timeout", 1, 600, "seconds")
    today = day(asked["today"], "today") if asked["today"] else datetime.now(timezone.utc).date()
    return Noticing(
        where,
        channels(asked["mail"], asked["webhooks"], timeout),
        today,
        integer(asked["remind_after"], "remind_after", 0, 366, "days"),
        integer(asked["retries"], "retries", 0, 10),
    )


def _returned(look: Look, told: Told) -> dict[str, Any]:
    return {
        "changed": any(told.items.values()),
        "told": {name: [item.as_data() for item in items] for name, items in told.items.items()},
        "undelivered": [{"channel": item.channel, "why": item.error} for item in told.record.undelivered],
        "unwritten": list(told.unwritten),
        "complete": look.complete,
        "verdict": _verdict(look, told),
        "items": [item.as_data() for item in look.all_items],
    }


def _verdict(look: Look, told: Told) -> str:
    if not look.complete or told.record.undelivered or told.unwritten:
        return INCOMPLETE
    return FINDINGS if look.all_items else CLEAN
