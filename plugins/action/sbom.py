# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes SBOMs on the controller, where artifacts are, or brings them there from hosts."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import (
    HostError,
    LibrespotError,
    SpecificationError,
    missing,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.sbom_options import (
    ARTIFACT,
    CYCLONEDX,
    HOST,
    SBOM_OPTIONS,
    SPDX,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.file import FilePlanner
from ansible_collections.hardened.librespot.plugins.plugin_utils import spdx
from ansible_collections.hardened.librespot.plugins.plugin_utils.assembling import LACKING
from ansible_collections.hardened.librespot.plugins.plugin_utils.bills import Bill, bill_of, bill_on_host
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import default_directory
from ansible_collections.hardened.librespot.plugins.plugin_utils.filed import Filing
from ansible_collections.hardened.librespot.plugins.plugin_utils.given import directory_to_write, file_to_write
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

_MODULE = "hardened.librespot.sbom"
_SUFFIXES = {CYCLONEDX: ".cdx.json", SPDX: ".spdx.json"}


class ActionModule(ActionBase):
    """It asks a host only for what is deployed there, and writes on the controller alone."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the files, each compared with its program before."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        action: Any = self  # Ansible's base class has no types
        _validation, asked = action.validate_argument_spec(SBOM_OPTIONS)
        lacking = LACKING or (spdx.LACKING if asked["format"] == SPDX else "")
        if lacking:
            raise AnsibleActionFail(
                f"The controller's Python lacks a library: {lacking}. pip install -r requirements.txt"
            )
        try:
            bills = self._bills(asked, task_vars or {})
            # All of them are made before any is written.
            texts = {path: _text(bill, asked["format"]) for path, bill in bills.items()}
            plans = self._plans(asked, task_vars or {}, bills, texts)
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        result["changed"] = any(plan.changed for plan in plans)
        if self._task.diff:
            result["diff"] = [plan.diff() for plan in plans if plan.changed]
        result["sboms"] = [
            {"path": path, "artifact": bill.artifact, "sha256": bill.sha256, "crates": bill.crates}
            for path, bill in bills.items()
        ]
        return result

    def _bills(self, asked: dict[str, Any], variables: dict[str, Any]) -> dict[str, Bill]:
        """Return the SBOMs by the path that each is written to."""
        if asked["source"] != HOST:
            if not asked["path"]:
                raise missing("path", "Give what the SBOM is of, or take source: host", "is required with source: path")
            paths_of(asked, ["path", "lock"])
            dest = file_to_write(asked["dest"], "dest")
            return {dest: bill_of(asked["path"], asked["lock"])}
        host, directory = _host(variables), directory_to_write(asked["dest"], "dest")
        paths_of(asked, ["cache_dir"])
        remote = Remote(self, variables)
        said = remote.must(_MODULE, asked)
        cache = _cache(asked)
        bills = [bill_on_host(item, host, cache, remote.slurp) for item in said["deployed"]]
        if not bills and not self._task.check_mode:
            raise HostError(
                f"Nothing of librespot is deployed on {host}",
                "It has no active release, and no container of librespot runs; to see containers takes root",
            )
        names = [bill.stem if asked["per"] == ARTIFACT else host for bill in bills]
        if len(set(names)) != len(bills):
            # The same program may be in images with other libraries.
            names = [f"{host}-{bill.artifact}-{bill.digest[:12]}" for bill in bills]
        return {f"{directory}/{name}{_SUFFIXES[asked['format']]}": bill for name, bill in zip(names, bills)}

    def _plans(
        self, asked: dict[str, Any], variables: dict[str, Any], bills: dict[str, Bill], texts: dict[str, str]
    ) -> list[Plan]:
        """Write *texts*, each to its path. Hosts share the files that are called after an artifact."""
        if asked["source"] != HOST or asked["per"] != ARTIFACT:
            return [self._written(path, text) for path, text in texts.items()]
        made: Any = constants  # at run time
        filing = Filing(made.DEFAULT_LOCAL_TMP, _cache(asked), self._task.check_mode)
        with filing.filed(_host(variables), bills, texts) as paths:
            return [self._written(path, texts[path]) for path in paths]

    def _written(self, path: str, text: str) -> Plan:
        if not self._task.check_mode:
            _make(os.path.dirname(path))
        planner = FilePlanner(Files(), path, text, 0o600, owner=(os.geteuid(), os.getegid()))
        return converge([planner], self._task.check_mode)[0]


def _make(directory: str) -> None:
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError as error:
        right = "Name a directory that this user can make, or write to"
        raise SpecificationError("dest", directory, f"cannot be made: {error.strerror}", right) from error


def _host(variables: dict[str, Any]) -> str:
    return str(variables.get("inventory_hostname", "localhost"))


def _cache(asked: dict[str, Any]) -> str:
    return os.path.realpath(asked["cache_dir"] or default_directory())


def _text(bill: Bill, form: str) -> str:
    return spdx.as_spdx(json.loads(bill.content)) if form == SPDX else bill.content.decode()
