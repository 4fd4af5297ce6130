# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with three speakers, audited again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.code import install
from tests.support.hosts import Host
from tests.support.plays import Controller, Run

HERE = Path(__file__).resolve().parent
CODE = "/root/mutants.zip"
AUDITOR = "/root/mutants-auditor.py"

LOGIN = "a-login-that-is-nowhere-else"
ZONES = {"home": {"networks": ["192.0.2.0/24", "2001:db8::/64"]}, "guests": {"grants": True, "max_ttl": "1h"}}
KITCHEN: dict[str, Any] = {
    "name": "kitchen",
    "access": ["home", "guests"],
    "limits": {"memory": "128M", "cpu": "50%"},
}
BEDROOM: dict[str, Any] = {
    "name": "bedroom",
    "access": ["home"],
    "port": 37880,
    "relaxations": {"disk": "it remembers the volume"},
}

PARENT = "trunk"
STUDIO: dict[str, Any] = {
    "name": "studio",
    # Free on the host too, where one mutant puts it.
    "port": 37881,
    "access": ["home"],
    "segment": {"parent": PARENT, "addresses": ["192.168.20.5/24"], "gateways": ["192.168.20.1"]},
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


@dataclass
class World:
    """The host, the controller, and the release that runs."""

    host: Host
    controller: Controller
    artifact: Mapping[str, str]

    def prepare(self) -> None:
        """Put the auditor on the host."""
        install(self.host, CODE)
        self.host.put(HERE / "auditor.py", AUDITOR)
        self.host.out("ip", "link", "add", PARENT, "up", "type", "veth", "peer", "name", "cable")
        self.host.out("ip", "link", "set", "cable", "up")

    @property
    def enforces(self) -> bool:
        """Whether the host's kernel holds units to their limits: with cgroup v2 alone."""
        return self.host.run("test", "-e", "/sys/fs/cgroup/cgroup.controllers").returncode == 0

    def specification(self, *more: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the host shall be."""
        credentials = {"kitchen": json.dumps({"login": LOGIN})}
        instances = [KITCHEN, BEDROOM, STUDIO, *more]
        return {"version": "0.8.0", "instances": instances, "zones": ZONES, "credentials": credentials}

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
            "librespot_zones": wanted["zones"],
            "librespot_credentials": wanted["credentials"],
            "artifact": dict(self.artifact),
        }
        return self.controller.converge(HERE / "converge.yml", variables)
