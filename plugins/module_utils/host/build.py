# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a build on this host, says how far it is, and keeps its result until it is fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from ..model.artifact import CRATE, digests, target
from ..model.cargo import tool_version
from ..model.errors import HostError
from ..model.lock import REFRESHED, lock_name
from ..model.recipes import crate_source, package_source, recipe
from .build_host import BuildHost
from .command import Commands
from .crate_build import CrateBuild
from .crates import Crates
from .facts import gather
from .files import Files
from .lock_refresh import LockRefresh
from .package import PackageExtraction
from .workplace import Built, Workplace

BINARY = "librespot"
RESULT = "result.json"
PROGRESS = "progress"

_NETWORK = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_NETWORK_PREFIXES = ("CARGO_HTTP_", "CARGO_NET_")


def way_out(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the way to registries and mirrors needs of a build host's *environment*, and nothing else of it."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in _NETWORK or name.startswith(_NETWORK_PREFIXES)
    }


class Builder:
    """One run of the module ``build``: its *params*, the variables of its *environment*, and its way to *download*."""

    def __init__(
        self,
        commands: Commands,
        files: Files,
        params: Mapping[str, Any],
        environment: Mapping[str, str],
        download: Callable[[str], bytes],
    ) -> None:
        self._commands = commands
        self._files = files
        self._params = params
        self._environment = environment
        self._download = download
        self._refreshes = params["method"] == CRATE and params["lock"] == REFRESHED
        self._name = lock_name(params["version"]) if self._refreshes else recipe(params).identifier
        self._workplace = Workplace(files, params["work_dir"])
        self._output = f"{self._workplace.path}/output/{self._name}"

    def run(self) -> dict[str, Any]:
        """Build, unless a run whose controller went away has done it, and return where the result is.

        With the lock file ``refreshed`` the result is that lock file, and nothing is built: what is then built with it
        is named after it.
        """
        host = BuildHost(self._commands, gather(self._commands, self._files))
        if self._params["method"] == CRATE and not self._refreshes:
            host.refuse_other(target(self._params))
        with self._workplace.occupied(f"the build of {self._name}", self._params["timeout"]):
            # The newest dependencies are asked for now, and not those that an earlier run got.
            kept = None if self._refreshes else self._kept()
            if kept is None:
                self._files.remove(self._output)
                self._keep(self._made(host))
                kept = self._kept()
        if kept is None:
            raise HostError(f"{self._output} was removed while it was written", "Keep others out of the work directory")
        return {"id": self._name, "directory": self._output, **kept}

    def _made(self, host: BuildHost) -> Built:
        if self._params["method"] != CRATE:
            return self._package()
        source = crate_source(self._params)
        self._say("looking at the toolchain")
        toolchain = host.toolchain(source.features, source.rust, self._params["install_missing"])
        network = way_out(self._environment)
        if self._refreshes:
            crates = Crates(self._commands, self._workplace, toolchain, network, self._say)
            rust = self._params["lock_rust"] or ".".join(map(str, tool_version(toolchain.versions["rustc"])))
            files = LockRefresh(self._workplace, crates, self._say).refresh(source, rust)
            return Built(b"", {"rust": rust, "crate_sha256": source.crate.sha256, **toolchain.versions}, files)
        lock = self._workplace.read(self._params["lock_file"]) if self._params["lock_file"] else b""
        if lock and hashlib.sha256(lock).hexdigest() != self._params["lock"]:
            raise HostError(f"{self._params['lock_file']} is not the lock file that was sent", "Run again")
        timeout = float(self._params["timeout"])
        build = CrateBuild(self._commands, self._workplace, toolchain, network, self._say, timeout)
        return build.build(source, lock)

    def _package(self) -> Built:
        extraction = PackageExtraction(self._commands, self._workplace, self._download, self._say)
        return extraction.extract(package_source(self._params))

    def _keep(self, built: Built) -> None:
        """Write the result; the file that makes it complete comes last."""
        contents = {**({BINARY: built.binary} if built.binary else {}), **built.files}
        for name, content in contents.items():
            self._workplace.write(f"{self._output}/{name}", content)
        result = {"files": digests(contents), "build": dict(built.facts)}
        self._workplace.write(f"{self._output}/{RESULT}", json.dumps(result).encode())

    def _kept(self) -> dict[str, Any] | None:
        """Return the result that stands complete in the output directory, if any."""
        result = self._files.read(f"{self._output}/{RESULT}")
        if result is None:
            return None
        said: dict[str, Any] = json.loads(result.content)
        entries = {name: self._files.read(f"{self._output}/{name}") for name in said["files"]}
        contents = {name: entry.content for name, entry in entries.items() if entry is not None}
        return said if digests(contents) == said["files"] else None

    def _say(self, what: str) -> None:
        self._workplace.write(f"{self._workplace.path}/{PROGRESS}/{self._name}", f"{what}\n".encode())
