# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.host.build import BINARY
from ansible_collections.hardened.librespot.plugins.module_utils.host.download import Downloader
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Built
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import ARTIFACT, Recipe
from ansible_collections.hardened.librespot.plugins.module_utils.model.build_options import BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.lock import REFRESHED, lock_name
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import LONGEST_S, integer, paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import recipe, unknown_identifier
from ansible_collections.hardened.librespot.plugins.plugin_utils.assembling import LACKING, assemble
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import Artifact, ArtifactCache, default_directory
from ansible_collections.hardened.librespot.plugins.plugin_utils.lock_pins import LockPins
from ansible_collections.hardened.librespot.plugins.plugin_utils.locking import Chosen, Got, Locking
from ansible_collections.hardened.librespot.plugins.plugin_utils.making import Making
from ansible_collections.hardened.librespot.plugins.plugin_utils.progress import Progress
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote
from ansible_collections.hardened.librespot.plugins.plugin_utils.supplied import supplied

_MODULE = "hardened.librespot.build"
_SET_HERE = ("lock_file",)


class ActionModule(ActionBase):
    """Gets an artifact into the controller's cache, by the build host if it is not there yet."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return where the artifact is. Nothing is asked of the build host when the cache has it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if LACKING:
            raise AnsibleActionFail(
                f"The controller's Python lacks a library: {LACKING}. pip install -r requirements.txt"
            )
        params = _validated(self)
        variables = task_vars or {}
        try:
            paths_of(params, ["cache_dir", "work_dir"])
            integer(params["timeout"], "timeout", 1, LONGEST_S, "seconds")
            who = f"the run for {variables.get('inventory_hostname', 'localhost')} (process {os.getpid()})"
            cache = ArtifactCache(params["cache_dir"] or default_directory())
            getting = _Getting(Remote(self, variables), cache, params, who)
            with contextlib.ExitStack() as held:
                chosen = getting.lock(held, ask=not self._task.check_mode)
                if not chosen.known:
                    return {**result, **_unknown(params, cache, chosen, diff=self._task.diff)}
                wanted = recipe({**params, "lock": chosen.lock})
                artifact = cache.get(wanted.identifier)
                plan = _plan(wanted, artifact)
                if artifact is None and not self._task.check_mode:
                    artifact = getting.artifact(wanted, chosen)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        plans = [item for item in (chosen.plan, plan) if item.changed]
        result.update(changed=bool(plans), id=wanted.identifier, path=cache.path(wanted.identifier))
        if self._task.diff:
            result["diff"] = [item.diff() for item in plans]
        result["lock"] = dict(chosen.said)
        if artifact is not None:
            result.update(manifest=artifact.manifest, sha256=artifact.manifest["binary"]["sha256"])
            result["lock"] = {**artifact.manifest.get("lock", {}), **chosen.said}
        return result


def _validated(action: Any) -> dict[str, Any]:
    # As a path, it would be expanded here, and it is one of the build host.
    options = {**BUILD_OPTIONS, "work_dir": {**BUILD_OPTIONS["work_dir"], "type": "str"}}
    _result, params = action.validate_argument_spec(options)
    return {**params, **dict.fromkeys(_SET_HERE, "")}


def _plan(wanted: Recipe, artifact: Artifact | None) -> Plan:
    there = {"artifact": wanted.identifier}
    return Plan("the controller's cache", {} if artifact is None else there, there)


def _unknown(params: dict[str, Any], cache: ArtifactCache, chosen: Chosen, diff: bool) -> dict[str, Any]:
    """Return what check mode can say while there is no lock file: which artifact it is follows from that."""
    identifier = unknown_identifier(params)
    said = {"changed": True, "id": identifier, "path": cache.path(identifier), "lock": dict(chosen.said)}
    return {**said, "diff": [chosen.plan.diff()]} if diff else said


class _Getting:
    """The way of one artifact, and of its lock file, into *cache*, for *who*."""

    def __init__(self, remote: Remote, cache: ArtifactCache, params: dict[str, Any], who: str) -> None:
        self._remote = remote
        self._cache = cache
        self._params = params
        self._who = who
        self._progress = Progress(Display(), f"librespot {params['version']}")

    def lock(self, held: contextlib.ExitStack, ask: bool) -> Chosen:
        """Return the lock file; a new one is got when there has to be one and the build host may be asked.

        A new one is pinned when *held* ends well. Until then other runs that want one wait for it.
        """
        pins = LockPins(self._params["cache_dir"] or default_directory())
        locking = Locking(self._params, pins)
        chosen = locking.chosen()
        if chosen.known or not ask:
            return chosen
        name = lock_name(self._params["version"])
        began = pins.get(self._params["version"])
        patience = self._params["timeout"]
        with contextlib.ExitStack() as mine:
            mine.enter_context(self._cache.claimed(name, self._who, patience, self._progress.waiting))
            # Another run may have got it meanwhile; when it did, that is new enough.
            there = pins.get(self._params["version"])
            if there is not None and there != began:
                return locking.pinned(there)
            chosen = locking.refreshed(self._asked)
            held.enter_context(mine.pop_all())
        held.enter_context(locking.proved(chosen))
        return chosen

    def _asked(self) -> Got:
        making = Making(self._remote, lock_name(self._params["version"]), self._params, self._progress)
        said = making.run(_MODULE, {**self._params, "lock": REFRESHED})
        return making.take_all(said["directory"], said["files"]), said["build"]

    def artifact(self, wanted: Recipe, chosen: Chosen) -> Artifact:
        """Return the artifact, made or, while it waited, made for another."""
        identifier = wanted.identifier
        with self._cache.claimed(identifier, self._who, self._params["timeout"], self._progress.waiting):
            artifact = self._cache.get(identifier)
            if artifact is None:
                built = self._supplied(wanted) if wanted.method == ARTIFACT else self._built(wanted, chosen)
                made = assemble(wanted, built)
                artifact = self._cache.publish(identifier, built.binary, made.manifest, made.beside)
                self._progress.show("done")
            return artifact

    def _supplied(self, wanted: Recipe) -> Built:
        """Take the user's own binary; the build host has no part in it."""
        sha256 = str(dict(wanted.inputs)["sha256"])
        return supplied(self._params["url"], sha256, Downloader(open_url))

    def _built(self, wanted: Recipe, chosen: Chosen) -> Built:
        """Let the build host build, and take what it built."""
        making = Making(self._remote, wanted.identifier, self._params, self._progress)
        args = {**self._params, "lock": chosen.lock}
        if chosen.content:
            args["lock_file"] = self._remote.upload(chosen.content, "Cargo.lock")
        said = making.run(_MODULE, args)
        files = making.take_all(said["directory"], said["files"])
        return Built(files.pop(BINARY), said["build"], files)
