# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with two speakers, audited again and again."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hosts import CHECKOUT, Host
from tests.support.plays import Controller, Run

HERE = Path(__file__).resolve().parent
PACKAGE = "ansible_collections/hardened/librespot/plugins/module_utils"
CODE = "/root/mutants.zip"
AUDITOR = "/root/mutants-auditor.py"

LOGIN = "a-login-that-is-nowhere-else"
KITCHEN: dict[str, Any] = {"name": "kitchen", "limits": {"memory": "128M", "cpu": "50%"}}
BEDROOM: dict[str, Any] = {
    "name": "bedroom",
    "port": 37880,
    "relaxations": {"disk": "it remembers the volume"},
}

Key = tuple[str, str, str]
"""Control, check and scope of a finding."""

Findings = list[dict[str, str]]


def key(finding: Mapping[str, str]) -> Key:
    """Return what tells a finding from all others."""
    return finding["id"], finding["check"], finding["scope"]


def red(findings: Findings) -> dict[Key, str]:
    """Return the findings that make an audit fail, each with what was observed."""
    return {key(item): item["observed"] for item in findings if item["status"] in ("failed", "error")}


def verdicts(findings: Findings) -> dict[Key, str]:
    """Return the status of each finding."""
    return {key(item): item["status"] for item in findings}


def _code() -> Iterator[tuple[str, bytes]]:
    at = Path(PACKAGE)
    yield from ((f"{parent}/__init__.py", b"") for parent in (at, *at.parents) if parent != Path())
    for path in sorted((CHECKOUT / "plugins/module_utils").rglob("*.py")):
        yield f"{PACKAGE}/{path.relative_to(CHECKOUT / 'plugins/module_utils')}", path.read_bytes()


@dataclass
class World:
    """The host, the controller, and the release that runs."""

    host: Host
    controller: Controller
    artifact: Mapping[str, str]

    def prepare(self) -> None:
        """Put the auditor on the host."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in _code():
                archive.writestr(name, content)
        text = base64.b64encode(packed.getvalue()).decode("ascii")
        self.host.out("sh", "-euc", 'base64 -d > "$1"', "sh", CODE, text=text)
        self.host.put(HERE / "auditor.py", AUDITOR)

    @property
    def enforces(self) -> bool:
        """Whether the host's kernel holds units to their limits: with cgroup v2 alone."""
        return self.host.run("test", "-e", "/sys/fs/cgroup/cgroup.controllers").returncode == 0

    def specification(self, *more: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the host shall be."""
        credentials = {"kitchen": json.dumps({"login": LOGIN})}
        return {"version": "0.8.0", "instances": [KITCHEN, BEDROOM, *more], "credentials": credentials}

    def audit(self, specification: Mapping[str, Any] | None = None, live: bool = True) -> Findings:
        """Return the findings of an audit by *specification*."""
        asked = json.dumps({**(specification or self.specification()), "live": live})
        argv = ("env", f"PYTHONPATH={CODE}", "python3", AUDITOR)
        found: Findings = json.loads(self.host.out(*argv, text=asked))
        return found

    def converge(self, *more: Mapping[str, Any]) -> Run:
        """Run the roles; *more* instances come on top."""
        wanted = self.specification(*more)
        variables = {
            "librespot_instances": wanted["instances"],
            "librespot_credentials": wanted["credentials"],
            "artifact": dict(self.artifact),
        }
        return self.controller.converge(HERE / "converge.yml", variables)
