# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the host measured, and does with what comes of it what belongs on the controller."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_options import CONTROLLER_ARGUMENTS
from ansible_collections.hardened.librespot.plugins.module_utils.render.profile_table import profiles_table
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

_MODULE = "hardened.librespot.resource_profile"


class ActionModule(ActionBase):
    """Runs the module, shows what it measured, and writes what is asked for."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module returns, and what was written here."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = {name: value for name, value in self._task.args.items() if name not in CONTROLLER_ARGUMENTS}
        result.update(Remote(self, task_vars or {}).run(_MODULE, args))
        if result.get("failed"):
            return result
        Display().display(profiles_table(result["profiles"]))
        return result
