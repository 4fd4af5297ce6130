# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scans on the controller, where artifacts are, and where the engines and their databases need be only once."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.scan_options import SCAN_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.scanned import Scanned
from ansible_collections.hardened.librespot.plugins.module_utils.render.scan import as_table
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.forms import FORMS
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.forms import LACKING as FORMS_LACKING
from ansible_collections.hardened.librespot.plugins.plugin_utils.scanning import LACKING, scan
from ansible_collections.hardened.librespot.plugins.plugin_utils.written import resolved, written


class ActionModule(ActionBase):
    """It runs nothing on any host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Scan, show the table, write the files, and fail when something is open."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if LACKING or FORMS_LACKING:
            raise AnsibleActionFail(
                f"The controller's Python lacks a library: {LACKING or FORMS_LACKING}. "
                "pip install -r requirements.txt, which is in the collection"
            )
        action: Any = self  # Ansible's base class has no types
        # It writes the defaults of inner options into what it is given.
        _validation, asked = action.validate_argument_spec(deepcopy(SCAN_OPTIONS))
        try:
            scanned = scan(asked)
            if asked["show"] != "nothing":
                Display().display(as_table(scanned, problems=asked["show"] == "problems"))
            result.update(changed=self._write(asked["outputs"], scanned), **scanned.as_data())
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        if asked["fail"] and scanned.red:
            result.update(failed=True, msg=f"{scanned.red} advisories are open; the table says what to do about each")
        return result

    def _write(self, outputs: list[dict[str, str]], scanned: Scanned) -> bool:
        changed = [
            written(resolved(item["path"]), FORMS[item["format"]](scanned), self._task.check_mode) for item in outputs
        ]
        return any(changed)
