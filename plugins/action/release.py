# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import Artifact, pack, read_artifact
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

_MODULE = "hardened.librespot.release"
_SET_HERE = ("checksums", "binary", "src")
_NEEDS = ("architecture", "glibc", "libraries")
"""What a host needs to know of the program before it gets it."""


class ActionModule(ActionBase):
    """Runs the module, and uploads the artifact only when it says that the host does not have it."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module returns. When nothing changes, it is asked once."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = {name: value for name, value in self._task.args.items() if name not in _SET_HERE}
        try:
            paths_of(args, ["artifact"])
            artifact = self._artifact(args)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        if artifact is not None:
            args["checksums"] = artifact.digests
            args["binary"] = {name: artifact.manifest["binary"][name] for name in _NEEDS}
        content = partial(pack, artifact) if artifact is not None else None
        result.update(Remote(self, task_vars or {}).run_with(_MODULE, args, content, "artifact.tar.gz"))
        return result

    def _artifact(self, args: dict[str, Any]) -> Artifact | None:
        """Return the artifact on the controller. It may be missing in check mode, where it was not built."""
        if args.get("state", "present") != "present" or not args.get("id"):
            return None
        path = os.path.realpath(os.path.expanduser(str(args.get("artifact") or "")))
        artifact = read_artifact(path, Files()) if args.get("artifact") else None
        if artifact is None and not self._task.check_mode:
            raise HostError(
                f"{args.get('artifact') or 'artifact'}: no whole artifact is there",
                "Give the path that the module build returns; run it again if its cache was changed",
            )
        if artifact is not None and artifact.manifest["id"] != args["id"]:
            raise HostError(
                f"{path} holds {artifact.manifest['id']}, not {args['id']}", "Give the id and path of one build"
            )
        return artifact
