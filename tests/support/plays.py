# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of ansible-playbook against a throwaway host."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hosts import BUILDER, CONNECTION, Host, lab

_RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)
_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Run:
    """How a run ended, and all that it printed."""

    status: int
    output: str

    def recap(self, host: Host) -> dict[str, int]:
        """Return the counts of the last line that Ansible prints about *host*."""
        for name, *counts in _RECAP.findall(self.output):
            if name == host.name:
                return dict(zip(("ok", "changed", "unreachable", "failed"), map(int, counts), strict=True))
        raise AssertionError(f"no recap of {host.name}:\n{self.output}")

    def changes(self) -> list[str]:
        """Return what a run with ``--diff`` has changed, or one with ``--check`` too would change, in sorted order."""
        return sorted(re.findall(r"^--- before: (.+)$", self.output, re.MULTILINE))


class Controller:
    """Plays against *host*, from inventories and variables in *directory*."""

    def __init__(self, host: Host, directory: Path, **environment: str) -> None:
        self.host = host
        self.directory = directory
        self._environment = environment

    def begin(
        self, playbook: Path, variables: Mapping[str, Any], options: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[str]:
        """Start a run in a process group of its own."""
        inventory = self._kept("inventory", _inventory(self.host))
        extra = self._kept("variables", variables)
        settings = {"ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1", **self._environment, **environment}
        return subprocess.Popen(
            ["ansible-playbook", "--inventory", inventory, "--extra-vars", f"@{extra}", *options, str(playbook)],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook: Path, variables: Mapping[str, Any], options: Sequence[str] = (), **environment: str) -> Run:
        """Run to the end."""
        process = self.begin(playbook, variables, options, **environment)
        output, _unused = process.communicate(timeout=_TIMEOUT_S)
        return Run(process.returncode, output)

    def converge(self, playbook: Path, variables: Mapping[str, Any], options: Sequence[str] = ()) -> Run:
        """Run to the end, which must be a good one."""
        run = self.run(playbook, variables, options)
        assert run.status == 0, run.output
        return run

    def playbook(self, *tasks: Mapping[str, Any]) -> Path:
        """Write a play of *tasks* alone and return its path."""
        play = {"hosts": "librespot", "gather_facts": False, "tasks": tasks}
        path = self.directory / "tasks.yml"
        path.write_text(json.dumps([play]), encoding="utf-8")
        return path

    def _kept(self, name: str, content: Mapping[str, Any]) -> str:
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def _inventory(host: Host) -> dict[str, Any]:
    variables = {
        "librespot_install_build_host": BUILDER,
        "librespot_install_build_dir": "/var/cache/hardened-librespot/build",
    }
    group = {"hosts": {host.name: host.connection}, "vars": variables}
    return {"all": {"hosts": {BUILDER: CONNECTION}, "children": {"librespot": group}}}


def built(controller: Controller, version: str = "0.8.0", lock: str = "upstream") -> dict[str, Any]:
    """Return id and path of the artifact of librespot for the lab's hosts, built if the cache does not have it."""
    lab("builder", "up")
    said = controller.directory / "artifact.json"
    controller.converge(Path(__file__).with_name("artifact.yml"), {"said": str(said), "version": version, "lock": lock})
    artifact: dict[str, Any] = json.loads(said.read_text(encoding="utf-8"))
    return artifact


def activate(controller: Controller, artifact: Mapping[str, Any]) -> None:
    """Put the release on the host."""
    controller.converge(Path(__file__).with_name("activate.yml"), {"artifact": dict(artifact)})
