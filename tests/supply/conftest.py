# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real releases of librespot, real engines, and a real database that is never newer than it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import BUILDER, Host
from tests.support.plays import Controller, built
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

ROOT = Path(__file__).parents[2]
SNAPSHOT = "rustsec-advisory-db.tar.gz"
TODAY = "2026-08-25"
"""A few days after the snapshot of the database was taken."""

VERSIONS = ("0.6.0", "0.7.1", "0.8.0")
_CARGO_S = 300


@pytest.fixture(scope="session")
def snapshot() -> Path:
    """Return the snapshot of RustSec's database that is beside the checkout, or where the environment says."""
    given = os.environ.get("HARDENED_LIBRESPOT_ADVISORIES")
    places = [Path(given)] if given else [above / "shared/data" / SNAPSHOT for above in ROOT.parents]
    found = next((place for place in places if place.is_file()), None)
    assert found, f"no snapshot of RustSec's database at {places}; name one by HARDENED_LIBRESPOT_ADVISORIES"
    return found


@pytest.fixture(scope="session")
def database(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the unpacked snapshot."""
    directory = tmp_path_factory.mktemp("database")
    with tarfile.open(snapshot) as archive:
        archive.extractall(directory, filter="data")
    (top,) = directory.iterdir()
    return top


def crate_lock(version: str) -> Path:
    """Return the lock file that is in the crate of librespot *version*, by cargo, once."""
    cache = Cache(location(os.environ), Progress())
    home = cache.directory("crates")
    lock = home / f"librespot-{version}.lock"
    if not lock.is_file():
        asking = home / f"asking-{version}"
        (asking / "src").mkdir(parents=True, exist_ok=True)
        (asking / "src/lib.rs").touch()
        manifest = '[package]\nname = "asking"\nversion = "0.0.0"\nedition = "2021"\n'
        (asking / "Cargo.toml").write_text(manifest, encoding="utf-8")
        environment = {**os.environ, "CARGO_HOME": str(home / "cargo")}
        argv = ["cargo", "info", f"librespot@{version}"]
        subprocess.run(argv, cwd=asking, env=environment, check=True, capture_output=True, timeout=_CARGO_S)
        (crate,) = home.glob(f"cargo/registry/cache/*/librespot-{version}.crate")
        with tarfile.open(crate) as archive, cache.publish(lock) as temporary:
            content = archive.extractfile(f"librespot-{version}/Cargo.lock")
            assert content
            temporary.write_bytes(content.read())
    return lock


@pytest.fixture(scope="session")
def locks() -> dict[str, Path]:
    """Return the lock file of each release as upstream published it."""
    return {version: crate_lock(version) for version in VERSIONS}


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the artifact of librespot 0.8.0, built if the cache does not have it."""
    return Path(built(Controller(Host(BUILDER), tmp_path_factory.mktemp("controller")))["path"])


@dataclass(frozen=True)
class Said:
    """How a play of one scan ended: what the task returned, or the error, and all that was printed."""

    status: int
    task: dict[str, Any]
    output: str

    @property
    def message(self) -> str:
        """What the task said when it failed."""
        return str(self.task.get("msg", ""))

    @property
    def found(self) -> set[tuple[str, str, str]]:
        """Id, package and version of each advisory."""
        return {(item["id"], item["package"], item["package_version"]) for item in self.task["vulnerabilities"]}

    def status_of(self, identifier: str) -> set[str]:
        """Return what is thought of the advisory, over all packages that it is about."""
        return {item["status"] for item in self.task["vulnerabilities"] if item["id"] == identifier}


Scan = Callable[..., Said]


@pytest.fixture
def scan(snapshot: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return what scans a path in a play, as a user does: offline, with the snapshot, some days after it was taken."""
    cache = tmp_path_factory.getbasetemp() / "cache"

    def act(path: Path | str, /, check: bool = False, **arguments: Any) -> Said:
        task: Mapping[str, Any] = {
            "hardened.librespot.scan": {
                "path": str(path),
                "engines": [{"name": "cargo-audit", "database": str(snapshot)}],
                "today": TODAY,
                "cache_dir": str(cache),
                **arguments,
            },
            "register": "said",
            "ignore_errors": True,
        }
        keep = {"ansible.builtin.copy": {"content": "{{ said | to_json }}", "dest": str(tmp_path / "said.json")}}
        fail = {"ansible.builtin.fail": {"msg": "{{ said.msg }}"}, "when": "said is failed"}
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [task, {**keep, "check_mode": False}, fail],
        }
        playbook = tmp_path / "scan.yml"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        argv = ["ansible-playbook", "--inventory", "localhost,", "--connection", "local", str(playbook)]
        argv += ["--extra-vars", f"ansible_python_interpreter={sys.executable}"]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
        done = subprocess.run(
            [*argv, *(["--check"] if check else [])], env=environment, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        assert (tmp_path / "said.json").is_file(), output
        return Said(done.returncode, json.loads((tmp_path / "said.json").read_text(encoding="utf-8")), output)

    return act
