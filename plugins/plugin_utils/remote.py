# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an action plugin does on the host of its task. Ansible's own methods have no types; these have."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils.model.errors import HostError

_GRACE_S = 60
_ASK_EVERY = 5
"""Looks between two questions whether a module in the background has ended."""


class Remote:
    """The host of *action*'s task. *action* is an ``ActionBase``, *variables* are those of the task."""

    def __init__(self, action: Any, variables: Mapping[str, Any]) -> None:
        self._action = action
        self._variables = variables

    def run(self, module: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return what *module* returns, failed or not."""
        said: dict[str, Any] = self._action._execute_module(module, dict(args), task_vars=self._variables)
        return said

    def must(self, module: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return what *module* returns. Raises `HostError` when it failed."""
        said = self.run(module, args)
        if said.get("failed"):
            raise HostError(f"{module} failed: {said.get('msg')}", "Look at that host")
        return said

    def run_with(
        self, module: str, args: Mapping[str, Any], content: Callable[[], bytes] | None, name: str
    ) -> dict[str, Any]:
        """Return what *module* returns; *content* is uploaded as its ``src`` *name* when it says that it is missing."""
        said = self.run(module, args)
        if said.get("missing") and content is not None:
            said = self.run(module, {**args, "src": self.upload(content(), name)})
        return said

    def background(
        self, module: str, args: Mapping[str, Any], timeout: int, look: Callable[[], None], every: float
    ) -> dict[str, Any]:
        """Run *module* apart from the connection, call *look* each *every* seconds, and return what it returned."""
        task = self._action._task
        # The module ends by itself after *timeout*, with what it started; only a module that hangs is killed.
        task.async_val = timeout + _GRACE_S
        try:
            started = self._action._execute_module(module, dict(args), task_vars=self._variables, wrap_async=True)
        finally:
            task.async_val = 0
        if not started.get("ansible_job_id"):
            raise HostError(f"{module} did not start: {started.get('msg', started)}", "Look at that host")
        directory = self._action.get_shell_option("async_dir", default="~/.ansible_async")
        job = {"jid": started["ansible_job_id"], "_async_dir": directory}
        ended: dict[str, Any] = {}
        looks = 0
        while not (ended.get("finished") or ended.get("failed")):
            time.sleep(every)
            look()
            if looks % _ASK_EVERY == 0:
                ended = self.run("ansible.legacy.async_status", {**job, "mode": "status"})
            looks += 1
        self.run("ansible.legacy.async_status", {**job, "mode": "cleanup"})
        return ended

    def line(self, command: str) -> str:
        """Return what a shell command prints, without the blanks around it; empty when it fails."""
        said = self._action._low_level_execute_command(command, sudoable=True)
        return str(said.get("stdout", "")).strip() if said.get("rc") == 0 else ""

    def fetch(self, path: str) -> bytes:
        """Return the content of the file *path*."""
        connection = self._action._connection
        if connection.become:
            # Only the user that the task becomes may be able to read it.
            return self.slurp(path)
        with tempfile.TemporaryDirectory() as directory:
            connection.fetch_file(path, f"{directory}/file")
            with open(f"{directory}/file", "rb") as handle:
                return handle.read()

    def slurp(self, path: str) -> bytes:
        """Return the content of the file *path*, read on the host: what copies takes links of ``/proc`` amiss."""
        return base64.b64decode(self.must("ansible.legacy.slurp", {"src": path})["content"])

    def upload(self, content: bytes, name: str) -> str:
        """Put *content* into the task's own temporary directory as *name*, and return its path there."""
        shell = self._action._connection._shell
        directory = shell.tmpdir or self._action._make_tmp_path()
        path: str = shell.join_path(directory, name)
        with tempfile.NamedTemporaryFile() as local:
            local.write(content)
            local.flush()
            self._action._transfer_file(local.name, path)
        self._action._fixup_perms2((directory, path))
        return path
