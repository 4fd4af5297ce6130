# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.host.download import Downloader
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Built
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import ARTIFACT, Recipe
from ansible_collections.hardened.librespot.plugins.module_utils.model.build_options import BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import recipe
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import Artifact, ArtifactCache, default_directory
from ansible_collections.hardened.librespot.plugins.plugin_utils.elf import LACKING
from ansible_collections.hardened.librespot.plugins.plugin_utils.making import Making
from ansible_collections.hardened.librespot.plugins.plugin_utils.manifest import manifest
from ansible_collections.hardened.librespot.plugins.plugin_utils.progress import Progress
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote
from ansible_collections.hardened.librespot.plugins.plugin_utils.supplied import supplied


class ActionModule(ActionBase):
    """Gets an artifact into the controller's cache, by the build host if it is not there yet."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return where the artifact is. Nothing is asked of the build host when the cache has it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if LACKING:
            raise AnsibleActionFail(f"The controller's Python lacks a library: {LACKING}. pip install pyelftools")
        params = _validated(self)
        variables = task_vars or {}
        try:
            wanted = recipe(params)
            cache = ArtifactCache(params["cache_dir"] or default_directory())
            artifact = cache.get(wanted.identifier)
            plan = _plan(wanted, artifact)
            if artifact is None and not self._task.check_mode:
                who = f"the run for {variables.get('inventory_hostname', 'localhost')} (process {os.getpid()})"
                artifact = _Getting(Remote(self, variables), cache, wanted, params).artifact(who)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(changed=plan.changed, id=wanted.identifier, path=cache.path(wanted.identifier))
        if self._task.diff:
            result["diff"] = [plan.diff()] if plan.changed else []
        if artifact is not None:
            result.update(manifest=artifact.manifest, sha256=artifact.manifest["binary"]["sha256"])
        return result


def _validated(action: Any) -> dict[str, Any]:
    # As a path, it would be expanded here, and it is one of the build host.
    options = {**BUILD_OPTIONS, "work_dir": {**BUILD_OPTIONS["work_dir"], "type": "str"}}
    _result, params = action.validate_argument_spec(options)
    return dict(params)


def _plan(wanted: Recipe, artifact: Artifact | None) -> Plan:
    there = {"artifact": wanted.identifier}
    return Plan("the controller's cache", {} if artifact is None else there, there)


class _Getting:
    """The way of one artifact into *cache*."""

    def __init__(self, remote: Remote, cache: ArtifactCache, wanted: Recipe, params: dict[str, Any]) -> None:
        self._remote = remote
        self._cache = cache
        self._wanted = wanted
        self._params = params
        self._progress = Progress(Display(), f"librespot {wanted.target.version}")

    def artifact(self, who: str) -> Artifact:
        """Return the artifact, made for *who* or, while it waited, for another."""
        identifier = self._wanted.identifier
        with self._cache.claimed(identifier, who, self._params["timeout"], self._progress.waiting):
            artifact = self._cache.get(identifier)
            if artifact is None:
                built = self._supplied() if self._wanted.method == ARTIFACT else self._built()
                described = manifest(self._wanted, built.binary, built.facts)
                artifact = self._cache.publish(identifier, built.binary, described)
                self._progress.show("done")
            return artifact

    def _supplied(self) -> Built:
        """Take the user's own binary; the build host has no part in it."""
        sha256 = str(dict(self._wanted.inputs)["sha256"])
        return supplied(self._params["url"], sha256, Downloader(open_url))

    def _built(self) -> Built:
        """Let the build host build, and take what it built."""
        making = Making(self._remote, self._wanted.identifier, self._params, self._progress)
        said = making.run("hardened.librespot.build", self._params)
        return Built(making.take(said["binary"], said["sha256"]), said["build"])
