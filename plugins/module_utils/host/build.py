# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a build on this host, says how far it is, and keeps its result until it is fetched."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..model.artifact import CRATE, digests
from ..model.errors import HostError
from ..model.recipes import crate_source, package_source, recipe
from .build_host import BuildHost
from .command import Commands
from .crate_build import CrateBuild
from .facts import gather
from .files import Files
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
        self._recipe = recipe(params)
        self._workplace = Workplace(files, params["work_dir"])
        self._output = f"{self._workplace.path}/output/{self._recipe.identifier}"

    def run(self) -> dict[str, Any]:
        """Build, unless a run whose controller went away has done it, and return where the result is."""
        host = BuildHost(self._commands, gather(self._commands, self._files))
        if self._recipe.method == CRATE:
            host.refuse_other(self._recipe.target)
        with self._workplace.occupied(f"the build of {self._recipe.identifier}", self._params["timeout"]):
            kept = self._kept()
            if kept is None:
                self._files.remove(self._output)
                self._keep(self._crate(host) if self._recipe.method == CRATE else self._package())
                kept = self._kept()
        if kept is None:
            raise HostError(f"{self._output} was removed while it was written", "Keep others out of the work directory")
        return {"id": self._recipe.identifier, "binary": f"{self._output}/{BINARY}", **kept}

    def _crate(self, host: BuildHost) -> Built:
        source = crate_source(self._params)
        self._say("looking at the toolchain")
        toolchain = host.toolchain(source.features, source.rust, self._params["install_missing"])
        timeout = float(self._params["timeout"])
        network = way_out(self._environment)
        return CrateBuild(self._commands, self._workplace, toolchain, network, self._say, timeout).build(source)

    def _package(self) -> Built:
        extraction = PackageExtraction(self._commands, self._workplace, self._download, self._say)
        return extraction.extract(package_source(self._params))

    def _keep(self, built: Built) -> None:
        """Write the result; the file that makes it complete comes last."""
        self._workplace.write(f"{self._output}/{BINARY}", built.binary)
        result = {"sha256": digests({BINARY: built.binary})[BINARY], "build": dict(built.facts)}
        self._workplace.write(f"{self._output}/{RESULT}", json.dumps(result).encode())

    def _kept(self) -> dict[str, Any] | None:
        """Return the result that stands complete in the output directory, if any."""
        result = self._files.read(f"{self._output}/{RESULT}")
        binary = self._files.read(f"{self._output}/{BINARY}")
        if result is None or binary is None:
            return None
        said: dict[str, Any] = json.loads(result.content)
        return said if digests({BINARY: binary.content})[BINARY] == said["sha256"] else None

    def _say(self, what: str) -> None:
        self._workplace.write(f"{self._workplace.path}/{PROGRESS}/{self._recipe.identifier}", f"{what}\n".encode())
