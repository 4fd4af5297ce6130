# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to an SBOM and to the advisories of one real librespot: the collection's, and the tools that others take."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from packageurl import PackageURL

from ansible_collections.hardened.librespot.plugins.module_utils.model.scan_options import SCAN_OPTIONS
from ansible_collections.hardened.librespot.plugins.plugin_utils.bills import bill_of
from ansible_collections.hardened.librespot.plugins.plugin_utils.scanning import scan
from tests.bench import cyclonedx
from tests.bench.timed import Names, Way
from tests.supply.conftest import TODAY
from tests.supply.releases import cargo, cargo_environment, crate

CRATES, FINDINGS = "crates", "findings"
_ANSIBLE = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}


@dataclass(frozen=True)
class Supply:
    """An *artifact*, the *tree* that it was built from, a *database*, and a *directory* for what is written."""

    artifact: Path
    tree: Path
    database: Path
    directory: Path
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def program(self) -> Path:
        """Librespot itself."""
        return self.artifact / "bin/librespot"

    @property
    def features(self) -> list[str]:
        """What librespot was compiled with."""
        manifest = json.loads((self.artifact / "manifest.json").read_text(encoding="utf-8"))
        features: list[str] = manifest["inputs"]["features"]
        return features

    def ansible(self) -> Way:
        """Return a play that does nothing."""
        return Way("Ansible, which does nothing", "", lambda: self._play("noop", {"ansible.builtin.meta": "noop"}))

    def sbom_played(self, of: str, **options: str) -> Way:
        """Return the module in a play."""
        dest = self.directory / f"played-{of}.cdx.json"
        task = {"hardened.librespot.sbom": {**options, "dest": str(dest)}}
        return _sbom("sbom, a play", of, dest, lambda: self._play("sbom", task))

    def sbom_inside(self, of: str, path: Path, lock: Path | None = None) -> Way:
        """Return what the module does, without Ansible."""
        dest = self.directory / f"inside-{of}.cdx.json"

        def act() -> None:
            dest.write_bytes(bill_of(str(path), None if lock is None else str(lock)).content)

        return _sbom("sbom, inside", of, dest, act)

    def sbom_cargo(self, of: str, *options: str) -> Way:
        """Return cargo-cyclonedx, which says what cargo would compile: it does not look at the program."""
        name = of.replace(" ", "-")
        argv = [str(cyclonedx.program()), "cyclonedx", "--manifest-path", str(self.tree / "Cargo.toml")]
        argv += ["--format", "json", "--override-filename", name, *options]
        # What it needs was downloaded before.
        environment = {**cargo_environment(), "CARGO_NET_OFFLINE": "true"}
        return _sbom("cargo cyclonedx", of, self.tree / f"{name}.json", lambda: run(argv, environment))

    def scan_played(self, of: str, path: Path) -> Way:
        """Return the action in a play."""
        report = self.directory / "report.json"
        wanted = {"outputs": [{"format": "json", "path": str(report)}], "fail": False}

        task = {"hardened.librespot.scan": {**self._scan(path), **wanted}}

        def named() -> Names:
            return findings(json.loads(report.read_bytes()))

        return Way("scan, a play", of, lambda: self._play("scan", task), named, FINDINGS, report)

    def scan_inside(self, of: str, path: Path) -> Way:
        """Return what the action does, without Ansible."""
        asked = ArgumentSpecValidator(deepcopy(SCAN_OPTIONS)).validate(self._scan(path))
        assert not asked.error_messages

        def act() -> None:
            self.told.update(scan(asked.validated_parameters).as_data())

        return Way("scan, inside", of, act, lambda: findings(self.told), FINDINGS)

    def audited(self, of: str) -> Way:
        """Return cargo-audit alone, which must not ask the registry for what was yanked."""
        options = ["--db", str(self.database), "--no-fetch", "--stale", "--no-yanked", "--json"]
        argv = ["cargo-audit", "audit", *options, "bin", str(self.program)]
        said: dict[str, Any] = {}

        def act() -> None:
            # The status is 1 when it found something.
            said.update(json.loads(run(argv, os.environ, statuses=(0, 1))))

        def named() -> Names:
            warnings = [item for group in said["warnings"].values() for item in group]
            return {
                (item["advisory"]["id"], item["package"]["name"], item["package"]["version"])
                for item in [*said["vulnerabilities"]["list"], *warnings]
            }

        return Way("cargo audit bin", of, act, named, FINDINGS)

    def _scan(self, path: Path) -> dict[str, Any]:
        return {
            "path": str(path),
            "engines": [{"name": "cargo-audit", "database": str(self.database)}],
            "today": TODAY,
            "cache_dir": str(self.directory / "cache"),
        }

    def _play(self, name: str, task: Mapping[str, Any]) -> None:
        playbook = self.directory / f"{name}.yml"
        playbook.write_text(
            json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]), encoding="utf-8"
        )
        argv = ["ansible-playbook", "--inventory", "localhost,", "--connection", "local", str(playbook)]
        run(argv, {**os.environ, **_ANSIBLE})


def sources(version: str, directory: Path) -> Path:
    """Return a tree of librespot *version* with upstream's lock file, all of whose crates cargo has downloaded."""
    tree = directory / "librespot"
    shutil.copytree(crate(version), tree)
    cargo("fetch", "--locked", cwd=tree)
    return tree


def run(argv: Sequence[str], environment: Mapping[str, str], statuses: Sequence[int] = (0,)) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run(argv, env=dict(environment), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in statuses, f"{done.stdout}{done.stderr}"
    return done.stdout


def crates(sbom: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the crates of an SBOM, librespot included, by name and version."""
    said = json.loads(sbom.read_bytes())
    found = [item for item in [*said["components"], said["metadata"]["component"]] if item.get("purl")]
    purls = [(PackageURL.from_string(item["purl"]), item) for item in found]
    return {(purl.name, str(purl.version)): item for purl, item in purls if purl.type == "cargo"}


def _sbom(what: str, of: str, dest: Path, act: Callable[[], object]) -> Way:
    return Way(what, of, act, lambda: set(crates(dest)), CRATES, dest)


def findings(said: Mapping[str, Any]) -> Names:
    """Return id, package and version of what a scan of ours found."""
    return {(item["id"], item["package"], item["package_version"]) for item in said["vulnerabilities"]}
