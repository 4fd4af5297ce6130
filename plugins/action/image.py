# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARCHIVE
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import IMAGE, Artifact, read_artifact
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

_MODULE = "hardened.librespot.image"
_SET_HERE = ("manifest", "src")


class ActionModule(ActionBase):
    """Runs the module, and uploads the image only when it says that the engine does not have it."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module returns. When nothing changes, it is asked once."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = {name: value for name, value in self._task.args.items() if name not in _SET_HERE}
        try:
            paths_of(args, ["path"])
            image = self._image(args)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        if image is not None:
            args["manifest"] = image.manifest
        content = Path(image.path, ARCHIVE).read_bytes if image is not None else None
        result.update(Remote(self, task_vars or {}).run_with(_MODULE, args, content, ARCHIVE))
        return result

    def _image(self, args: dict[str, Any]) -> Artifact | None:
        """Return the image on the controller. It may be missing in check mode, where it was not made."""
        if args.get("state", "present") != "present":
            return None
        given = str(args.get("path") or "")
        image = read_artifact(os.path.realpath(os.path.expanduser(given)), Files(), IMAGE) if given else None
        if image is None and not self._task.check_mode:
            raise HostError(
                f"{given or 'path'}: no whole image is there",
                "Give the path that the module image_build returns; run it again if its cache was changed",
            )
        return image
