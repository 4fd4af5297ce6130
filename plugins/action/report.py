# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows an audit on the controller, where the findings of all hosts come together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.model.counted import counted
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.report import AUDIT, KINDS, REVIEW, Report
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import as_json, as_table
from ansible_collections.hardened.librespot.plugins.plugin_utils.given import file_to_write
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_html import as_html
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_junit import LACKING, audit_junit
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_markdown import as_markdown, as_rationale
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_sarif import audit_sarif
from ansible_collections.hardened.librespot.plugins.plugin_utils.reviewing import assemble
from ansible_collections.hardened.librespot.plugins.plugin_utils.written import written

RED = "red"
WORSE = "worse"

_ARGUMENTS = {
    "results": {"type": "dict", "required": True},
    "show": {"type": "str", "choices": ["all", "problems", "nothing"], "default": "all"},
    "path": {"type": "path"},
    "html": {"type": "path"},
    "junit": {"type": "path"},
    "sarif": {"type": "path"},
    "markdown": {"type": "path"},
    "rationale": {"type": "path"},
    "previous": {"type": "path"},
    "environments": {"type": "dict", "default": {}},
    "differences": {"type": "dict", "default": {}},
    "sources": {"type": "dict", "default": {}},
    "profiles": {"type": "dict", "default": {}},
    "kind": {"type": "str", "choices": list(KINDS), "default": AUDIT},
    "review": {"type": "path"},
    "review_max_age": {"type": "int", "default": 90},
    "fail": {"type": "bool", "default": True},
    "fail_on": {"type": "str", "choices": [RED, WORSE], "default": RED},
}

FORMS: Mapping[str, Callable[[Report], str]] = {
    "html": as_html,
    "junit": audit_junit,
    "sarif": audit_sarif,
    "markdown": as_markdown,
    "rationale": as_rationale,
    # The last one, by which a review that was cut short is none.
    "path": as_json,
}
"""Option that names a file to what is written there."""


class ActionModule(ActionBase):
    """It runs nothing on any host."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Show the table, write the files, and fail when a finding is red."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        action: Any = self  # Ansible's base class has no types
        _validation, asked = action.validate_argument_spec(_ARGUMENTS)
        if asked["junit"] and LACKING:
            raise AnsibleActionFail(f"The controller's Python lacks a library: {LACKING}. pip install junitparser")
        try:
            _refuse(asked)
            report = assemble(asked, time.time())
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        if asked["show"] != "nothing":
            Display().display(as_table(report, problems=asked["show"] == "problems"))
        result.update(changed=False, red=report.red, summary=report.summary)
        result["fleet"] = [item.as_data() for item in report.fleet]
        if report.comparison is not None:
            result["comparison"] = report.comparison.counts
        for name, form in FORMS.items():
            if asked[name] and not (name == "path" and report.kind == REVIEW and result.get("failed")):
                self._write(result, name, asked[name], form(report))
        said = _failure(report, asked["fail_on"]) if asked["fail"] else ""
        if said:
            result.update(failed=True, msg="; ".join(filter(None, (result.get("msg"), said))))
        return result

    def _write(self, result: dict[str, Any], name: str, path: str, text: str) -> None:
        try:
            place = file_to_write(path, name)
            changed = written(place, text, self._task.check_mode)
        except LibrespotError as error:
            result.update(failed=True, msg="; ".join(filter(None, (result.get("msg"), str(error)))))
        else:
            result.update({"changed": changed or result["changed"], name: place})


def _refuse(asked: Mapping[str, Any]) -> None:
    """Raise `SpecificationError` for arguments that contradict each other, or are no paths."""
    paths_of(asked, [*FORMS, "previous", "review"])
    if asked["fail_on"] == WORSE and not asked["previous"]:
        raise SpecificationError("fail_on", WORSE, "needs an earlier report", "Name one as previous, or leave it out")
    seen: dict[str, str] = {}
    for name in FORMS:
        if asked[name] and asked[name] in seen:
            raise SpecificationError(name, asked[name], f"is {seen[asked[name]]} as well", "Give each its own file")
        if asked[name]:
            seen[asked[name]] = name


def _failure(report: Report, fail_on: str) -> str:
    """Return why the task fails; empty when it does not."""
    if fail_on == RED or report.comparison is None:
        if not report.red:
            return ""
        red = f"{counted(report.red, 'finding')} {'is' if report.red == 1 else 'are'} red"
        return f"{red}; the table says what to do about each"
    worse = len(report.comparison.regressions)
    if not worse:
        return ""
    return f"{counted(worse, 'finding')} got worse since the earlier report; the table says what to do about each"
