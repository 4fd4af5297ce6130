# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows an audit on the controller, where the findings of all hosts come together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import Finding, summary
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import (
    as_json,
    as_table,
    not_audited,
    red,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_junit import LACKING, audit_junit
from ansible_collections.hardened.librespot.plugins.plugin_utils.written import resolved, written

_ARGUMENTS = {
    "results": {"type": "dict", "required": True},
    "show": {"type": "str", "choices": ["all", "problems", "nothing"], "default": "all"},
    "path": {"type": "path"},
    "junit": {"type": "path"},
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
        if asked["junit"] and LACKING:
            raise AnsibleActionFail(f"The controller's Python lacks a library: {LACKING}. pip install junitparser")
        try:
            paths_of(asked, ["path", "junit"])
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        hosts = {name: _findings(given) for name, given in sorted(asked["results"].items())}
        if asked["show"] != "nothing":
            Display().display(as_table(hosts, problems=asked["show"] == "problems"))
        result.update(changed=False, red=red(hosts))
        result["summary"] = summary([item for findings in hosts.values() for item in findings])
        for name, form in (("path", as_json), ("junit", audit_junit)):
            if asked[name]:
                self._write(result, name, resolved(asked[name]), form(hosts))
        if asked["fail"] and result["red"]:
            said = f"{result['red']} findings are red; the table says what to do about each"
            result.update(failed=True, msg="; ".join(filter(None, (result.get("msg"), said))))
        return result

    def _write(self, result: dict[str, Any], name: str, path: str, text: str) -> None:
        try:
            changed = written(path, text, self._task.check_mode)
        except LibrespotError as error:
            result.update(failed=True, msg="; ".join(filter(None, (result.get("msg"), str(error)))))
        else:
            result.update({"changed": changed or result["changed"], name: path})


def _findings(given: object) -> list[Finding]:
    if not isinstance(given, Mapping) or not isinstance(given.get("findings"), (list, tuple)):
        return [not_audited("the audit gave no findings: the host was not reached, or the module failed")]
    return [Finding(**item) for item in given["findings"]]
