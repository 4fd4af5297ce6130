# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import BINARY, SBOM
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import image_identifier
from ansible_collections.hardened.librespot.plugins.module_utils.model.image_options import (
    ALWAYS,
    IMAGE_BUILD_OPTIONS,
    NEVER,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import (
    LONGEST_S,
    OLDEST_DAYS,
    integer,
    paths_of,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.probe import SOURCE
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import (
    IMAGE,
    Artifact,
    ArtifactCache,
    default_directory,
    read_artifact,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.compared import Compared
from ansible_collections.hardened.librespot.plugins.plugin_utils.composing import LACKING, compose
from ansible_collections.hardened.librespot.plugins.plugin_utils.making import Making
from ansible_collections.hardened.librespot.plugins.plugin_utils.progress import Progress
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

_MODULE = "hardened.librespot.image_build"


class ActionModule(ActionBase):
    """Gets an image into the controller's cache, by the build host if it is not there yet."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return where the image is. Nothing is asked of the build host when the cache has it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if LACKING:
            raise AnsibleActionFail(
                f"The controller's Python lacks a library: {LACKING}. pip install cyclonedx-python-lib"
            )
        params = _validated(self)
        variables = task_vars or {}
        try:
            paths_of(params, ["artifact", "cache_dir", "work_dir"])
            integer(params["timeout"], "timeout", 1, LONGEST_S, "seconds")
            integer(params["fresh_for"], "fresh_for", 0, OLDEST_DAYS * 24 * 60, "minutes")
            if not params["artifact"]:
                raise HostError(
                    "artifact: there is none",
                    "Set librespot_container_artifact, or run librespot_install in the same play",
                )
            artifact = read_artifact(os.path.realpath(params["artifact"]), Files())
            if artifact is None:
                return {**result, **self._nothing_built(params["artifact"])}
            identifier = image_identifier(artifact.manifest, SOURCE)
            cache = ArtifactCache(params["cache_dir"] or default_directory(), IMAGE)
            before = cache.get(identifier)
            remote = Remote(self, variables)
            compared = Compared(cache.path(identifier))
            # What is made again in any case is so however new it is.
            fresh = before is not None and params["refresh"] != ALWAYS and compared.within(params["fresh_for"])
            outdated = self._outdated(remote, before, artifact, params) if before and not fresh else []
            # In check mode it is not known what would be made.
            after = None if outdated else before
            if (after is None or params["refresh"] == ALWAYS) and not self._task.check_mode:
                who = f"the run for {variables.get('inventory_hostname', 'localhost')} (process {os.getpid()})"
                after = self._made(remote, cache, before, identifier, artifact, params, who)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        names = [item["name"] for item in outdated]
        expected = {"image": identifier, **{item["name"]: item["to"] or "none" for item in outdated}}
        plan = Plan("the controller's cache", _shown(before, names), _shown(after, names) if after else expected)
        # What would be made is not what is there.
        path = "" if outdated and after is None else cache.path(identifier)
        result.update(changed=plan.changed, id=identifier, path=path, outdated=outdated)
        if after and (after is not before or (params["refresh"] != NEVER and not fresh)):
            compared.now(self._task.check_mode)
        if compared.day:
            result["compared"] = compared.day
        if self._task.diff:
            result["diff"] = [plan.diff()] if plan.changed else []
        if after is not None:
            result.update({name: after.manifest[name] for name in ("image", "sbom")}, manifest=after.manifest)
        return result

    def _outdated(
        self, remote: Remote, image: Artifact, artifact: Artifact, params: dict[str, Any]
    ) -> list[dict[str, str]]:
        """Return the packages of the *image* of which the build host's distribution has newer ones, if that is asked.

        An image that is made again in any case is compared in check mode alone, to say what would come of it.
        """
        if params["refresh"] == NEVER or (params["refresh"] == ALWAYS and not self._task.check_mode):
            return []
        compare = {name: image.manifest[name] for name in ("distribution", "release", "packages")}
        said = remote.run(_MODULE, {**params, "manifest": artifact.manifest, "compare": compare})
        if said.get("failed"):
            raise HostError(str(said.get("msg", "the image was not compared")), str(said.get("remedy", "")))
        return list(said["outdated"])

    def _nothing_built(self, path: str) -> dict[str, Any]:
        if not self._task.check_mode:
            raise HostError(f"{path}: no whole artifact is there", "Give the path that the module build returns")
        return {"changed": True, "id": "", "path": "", "outdated": []}

    @staticmethod
    def _made(
        remote: Remote,
        cache: ArtifactCache,
        before: Artifact | None,
        identifier: str,
        artifact: Artifact,
        params: dict[str, Any],
        who: str,
    ) -> Artifact:
        """Return the image of *artifact* in the place of *before*, made for *who* or, while it waited, for another."""
        progress = Progress(Display(), f"image of librespot {artifact.manifest['version']}")
        with cache.claimed(identifier, who, params["timeout"], progress.waiting):
            there = cache.get(identifier)
            if there is not None and there != before:
                return there
            making = Making(remote, identifier, params, progress)
            content, bill = (_read(artifact, name) for name in (BINARY, SBOM))
            program = remote.upload(content, "librespot")
            said = making.run(_MODULE, {**params, "manifest": artifact.manifest, "program": program})
            layer = making.take(said["layer"], said["sha256"])
            made = compose(identifier, artifact.manifest, content, bill, said["contents"], layer)
            image = cache.publish(identifier, made.archive, made.manifest, made.context)
            progress.show("done")
            return image


def _read(artifact: Artifact, name: str) -> bytes:
    with open(f"{artifact.path}/{name}", "rb") as handle:
        return handle.read()


def _validated(action: Any) -> dict[str, Any]:
    # As a path, it would be expanded here, and it is one of the build host.
    options = {**IMAGE_BUILD_OPTIONS, "work_dir": {**IMAGE_BUILD_OPTIONS["work_dir"], "type": "str"}}
    _result, params = action.validate_argument_spec(options)
    return dict(params)


def _shown(image: Artifact | None, names: Sequence[str]) -> dict[str, str]:
    """Return the id of an image, with the versions of its packages of these *names*."""
    if image is None:
        return {}
    versions = {item["name"]: item["version"] for item in image.manifest["packages"] if item["name"] in names}
    return {"image": image.manifest["image"], **versions}
