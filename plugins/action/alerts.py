# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert_files import ALERTS_OPTIONS, KINDS
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.plugin_utils.alert_texts import texts
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

_MODULE = "hardened.librespot.alerts"


class ActionModule(ActionBase):
    """Writes the texts, for which hosts need no library, and lets the module bring them to where they belong."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module returns."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        action: Any = self  # Ansible's base class has no types
        args = {name: value for name, value in self._task.args.items() if name != "contents"}
        _validation, asked = action.validate_argument_spec(deepcopy(ALERTS_OPTIONS))
        if asked["state"] == "present":
            try:
                made = texts(asked)
            except LibrespotError as error:
                raise AnsibleActionFail(str(error)) from None
            args["contents"] = {kind: made[kind] for kind in KINDS if asked[kind]}
        result.update(Remote(self, task_vars or {}).run(_MODULE, args))
        return result
