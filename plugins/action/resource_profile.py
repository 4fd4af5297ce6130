# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the host measured, and does with what comes of it what belongs on the controller."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import is_name
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_options import CONTROLLER_ARGUMENTS
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.render.profile_svg import profile_svg
from ansible_collections.hardened.librespot.plugins.module_utils.render.profile_table import profiles_table
from ansible_collections.hardened.librespot.plugins.plugin_utils.given import directory_to_write
from ansible_collections.hardened.librespot.plugins.plugin_utils.inventory_file import located, updated
from ansible_collections.hardened.librespot.plugins.plugin_utils.profiled import observed, present, wanted_limits
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote
from ansible_collections.hardened.librespot.plugins.plugin_utils.written import written

Result = dict[str, Any]

_MODULE = "hardened.librespot.resource_profile"


class ActionModule(ActionBase):
    """Runs the module, shows what it measured, and writes what is asked for."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Return what the module returns, and what was written here."""
        result: Result = super().run(tmp, task_vars)
        variables = task_vars or {}
        given = self._task.args
        args = {name: value for name, value in given.items() if name not in CONTROLLER_ARGUMENTS}
        asked = self._asked({name: value for name, value in given.items() if name in CONTROLLER_ARGUMENTS})
        host = str(variables.get("inventory_hostname", "localhost"))
        try:
            # What is wrong here is said before the host is measured for minutes.
            paths_of(asked, ["inventory_file", "pictures"])
            pictures = directory_to_write(asked["pictures"], "pictures") if asked["pictures"] else ""
            if asked["write"]:
                nothing: dict[str, dict[str, Any]] = {item.name: {} for item in present(args)}
                self._write(asked, host, variables, nothing, None, check=True)
            if asked["prometheus"]:
                args["profiles"] = observed(asked["prometheus"], args, host, open_url)
            result.update(Remote(self, variables).run(_MODULE, args))
            if result.get("failed"):
                return result
            profiles = result["profiles"]
            table = checked_table(profiles, host)
            if asked["show"]:
                Display().display(table)
            if pictures:
                self._draw(pictures, host, profiles, result)
            if asked["write"]:
                wanted, seen = wanted_limits(args, profiles)
                self._written(self._write(asked, host, variables, wanted, seen, self._task.check_mode), result)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        return result

    def _asked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        action: Any = self  # Ansible's base class has no types
        complete = self._task.args
        try:
            self._task.args = dict(given)
            # It writes the defaults of inner options into what it is given.
            _validation, asked = action.validate_argument_spec(deepcopy(CONTROLLER_ARGUMENTS))
        finally:
            self._task.args = complete
        return dict(asked)

    def _write(
        self,
        asked: Mapping[str, Any],
        host: str,
        variables: Mapping[str, Any],
        wanted: Mapping[str, Any],
        seen: Mapping[str, Any] | None,
        check: bool,
    ) -> Any:
        places = [str(variables.get("inventory_dir") or ""), str(variables.get("playbook_dir") or "")]
        path = located(asked["inventory_file"], host, [place for place in places if place], wanted)
        return updated(path, host, wanted, seen, check)

    def _written(self, change: Any, result: Result) -> None:
        result["inventory_file"] = change.path
        if change.changed:
            result["changed"] = True
            result["changes"] = [*result.get("changes", []), f"{change.path}: limits"]
            if self._task.diff:
                result["diff"] = [*result.get("diff", []), {"prepared": change.diff}]

    def _draw(self, directory: str, host: str, profiles: Any, result: Result) -> None:
        check = self._task.check_mode
        if not check:
            os.makedirs(directory, 0o755, exist_ok=True)
        result["pictures"] = {}
        for item in profiles:
            # The host has given it, and it becomes the name of a file.
            if not is_name(str(item["name"])):
                continue
            path = os.path.join(directory, f"{host.replace(os.sep, '_')}-{item['name']}.svg")
            drawn = written(path, profile_svg(item), check)
            result["changed"] = result["changed"] or drawn
            result["pictures"][item["name"]] = path


def checked_table(profiles: Any, host: str) -> str:
    """Return the table of the *profiles* that *host* returned. Raises `HostError` when they are none.

    A host that was taken over says what it likes, and nothing is written of what cannot be read as a whole.
    """
    try:
        for item in profiles:
            profile_svg(item)
            dict(item["recommended"])
        return profiles_table(profiles)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise HostError(f"What {host} returned is no list of profiles", "Look at that host") from error
