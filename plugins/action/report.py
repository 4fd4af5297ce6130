# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows an audit on the controller, where the findings of all hosts come together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import Finding, summary
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.file import FilePlanner
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import (
    as_json,
    as_table,
    not_audited,
    red,
)

_ARGUMENTS = {
    "results": {"type": "dict", "required": True},
    "show": {"type": "str", "choices": ["all", "problems", "nothing"], "default": "all"},
    "path": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """It runs nothing on any host."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Show the table, write the file, and fail when a finding is red."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        action: Any = self  # Ansible's base class has no types
        _validation, asked = action.validate_argument_spec(_ARGUMENTS)
        hosts = {name: _findings(given) for name, given in sorted(asked["results"].items())}
        if asked["show"] != "nothing":
            Display().display(as_table(hosts, problems=asked["show"] == "problems"))
        result.update(changed=False, red=red(hosts))
        result["summary"] = summary([item for findings in hosts.values() for item in findings])
        if asked["path"]:
            try:
                result.update(self._write(_resolved(asked["path"]), as_json(hosts)))
            except LibrespotError as error:
                result.update(failed=True, msg=str(error))
        if asked["fail"] and result["red"]:
            said = f"{result['red']} findings are red; the table says what to do about each"
            result.update(failed=True, msg="; ".join(filter(None, (result.get("msg"), said))))
        return result

    def _write(self, path: str, text: str) -> dict[str, Any]:
        planner = FilePlanner(Files(), path, text, 0o600, owner=(os.geteuid(), os.getegid()))
        plan = converge([planner], self._task.check_mode)[0]
        return {"changed": plan.changed, "path": path}


def _findings(given: object) -> list[Finding]:
    if not isinstance(given, Mapping) or not isinstance(given.get("findings"), (list, tuple)):
        return [not_audited("the audit gave no findings: the host was not reached, or the module failed")]
    return [Finding(**item) for item in given["findings"]]


def _resolved(path: str) -> str:
    """Return *path* with the links in its directory followed: on the controller they are the user's own."""
    directory, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(directory), name)
