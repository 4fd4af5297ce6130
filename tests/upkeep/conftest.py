# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that were brought to a release by the playbook for updates, and what their audits say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.supply.databases import EXCERPT
from tests.support.hosts import CHECKOUT, Host, fresh, lab
from tests.support.locks import pin_refreshed
from tests.support.plays import Controller
from tools.lab.cache import location

TODAY = "2026-08-25"
"""A few days after the excerpt of the database was taken."""
IMAGES = {"systemd": "debian13", "container": "debian12-docker"}
CI_TOO = ("today", "engines", "waivers")
"""The options of the scan that a rollout and a CI have in common here."""
WAIVER = {"id": "NOT-COVERED-distribution", "reason": "its archive cannot be had here", "until": "2026-12-31"}

Finding = tuple[str, str]
"""A control and its check."""


@dataclass(frozen=True)
class Kept:
    """A *host* with a speaker, and what updates and audits it. *wanted* is what its user wrote."""

    host: Host
    controller: Controller
    wanted: Mapping[str, Any]

    def update(self) -> dict[str, Any]:
        """Run the playbook for updates, which must succeed, and return what became of the host."""
        self.controller.converge(CHECKOUT / "playbooks/update.yml", self.wanted)
        report = json.loads((self.controller.directory / "report.json").read_text(encoding="utf-8"))
        found: dict[str, Any] = report["hosts"][self.host.name]
        return found

    def pass_ci(self, wanted: str) -> None:
        """Run the playbook of a CI over the artifact or image *wanted*, which must be clean, with its audit."""
        results = self.controller.directory / "results"
        engines = {f"librespot_ci_{name}": self.wanted[f"librespot_update_{name}"] for name in CI_TOO}
        given = {
            "librespot_ci_path": str(_made(wanted)),
            "librespot_ci_hosts": "librespot",
            "librespot_ci_results": str(results),
            "librespot_ci_attest": True,
        }
        self.controller.converge(CHECKOUT / "playbooks/ci.yml", {**self.wanted, **engines, **given})
        assert (results / "verdict").read_text(encoding="utf-8") == "clean\n"

    def refused(self, **changes: Any) -> str:
        """Run it with *changes* to what its user wrote, which must fail, and return what it printed."""
        run = self.controller.run(CHECKOUT / "playbooks/update.yml", {**self.wanted, **changes})
        assert run.status != 0, run.output
        return run.output

    def findings(self, **changes: Any) -> dict[Finding, dict[str, Any]]:
        """Return what an audit finds."""
        path = self.controller.directory / "audit.json"
        given = {**self.wanted, "librespot_audit_path": str(path), "librespot_audit_fail": False, **changes}
        self.controller.converge(CHECKOUT / "playbooks/audit.yml", given)
        report = json.loads(path.read_text(encoding="utf-8"))["hosts"][self.host.name]
        return {(item["id"], item["check"]): item for item in report["findings"]}

    def red(self, **changes: Any) -> set[Finding]:
        """Return what makes the audit fail."""
        return {key for key, item in self.findings(**changes).items() if item["status"] in ("failed", "error")}


@pytest.fixture(scope="session", params=IMAGES)
def deployment(request: pytest.FixtureRequest) -> str:
    """Return how the speaker runs."""
    return str(request.param)


@pytest.fixture(scope="session")
def kept(deployment: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Return a host that is kept up to date: deployed, updated, and so attested."""
    lab("builder", "up")
    pin_refreshed(location(os.environ))
    directory = tmp_path_factory.mktemp(f"upkeep-{deployment}")
    with fresh(f"hardened-librespot-upkeep-{deployment}", IMAGES[deployment]) as host:
        wanted = {
            "librespot_deployment": deployment,
            "librespot_instances": [{"name": "kitchen", "options": {"name": "Kitchen"}}],
            "librespot_install_lock": "refreshed",
            "librespot_update_directory": str(directory / "state"),
            "librespot_update_report": str(directory / "report.json"),
            "librespot_update_soak": 2,
            "librespot_update_today": TODAY,
            "librespot_update_engines": [{"name": "cargo-audit", "database": str(EXCERPT)}],
            "librespot_update_waivers": [WAIVER] if deployment == "container" else [],
            "librespot_audit_upkeep": True,
            "librespot_audit_ci": True,
            # The excerpt of the database is as old as it is, and so is each scan with it.
            "librespot_audit_scan_max_age": 3650,
        }
        made = Kept(host, Controller(host, directory), wanted)
        made.controller.converge(CHECKOUT / "playbooks/site.yml", wanted)
        made.pass_ci(made.update()["wanted"])
        yield made


def _made(wanted: str) -> Path:
    """Return where the artifact or the image with the id *wanted* is on the controller."""
    cache = location(os.environ)
    if not wanted.startswith("sha256:"):
        return cache / "artifacts" / wanted
    (found,) = [
        manifest.parent
        for manifest in cache.glob("container-images/*/manifest.json")
        if json.loads(manifest.read_text(encoding="utf-8"))["image"] == wanted
    ]
    return found


def attestations(host: Host) -> list[Path]:
    """Return where the attestations on the host are."""
    found = host.out("find", "/opt/librespot/attestations", "-type", "f").split()
    return sorted(map(Path, found))
