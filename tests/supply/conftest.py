# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real releases of librespot, real engines, and a real database that is never newer than it was."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import BUILDER, Host
from tests.support.images import Made, make
from tests.support.plays import Controller, built
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

ROOT = Path(__file__).parents[2]
SNAPSHOT = "rustsec-advisory-db.tar.gz"
TODAY = "2026-08-25"
"""A few days after the snapshot of the database was taken."""

VERSIONS = ("0.6.0", "0.7.1", "0.8.0")
ROWS: list[str] = []
"""The table that is printed after the tests."""
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


def cargo(*argv: str, cwd: Path) -> None:
    """Run cargo, with a home in the lab's cache."""
    assert shutil.which("cargo"), "cargo is needed here, 1.82 or newer: it alone knows the way to the registry"
    environment = {**os.environ, "CARGO_HOME": str(crates() / "cargo")}
    # The newest of all is wanted, whatever compiler is on this machine.
    environment["CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS"] = "allow"
    done = subprocess.run(
        ["cargo", *argv], cwd=cwd, env=environment, check=False, capture_output=True, text=True, timeout=_CARGO_S
    )
    assert done.returncode == 0, done.stderr


def crates() -> Path:
    """Return where crates are kept."""
    return Cache(location(os.environ), Progress()).directory("crates")


def crate(version: str) -> Path:
    """Return the unpacked crate of librespot *version*, which cargo downloads once."""
    home = crates()
    tree = home / f"librespot-{version}"
    if not tree.is_dir():
        asking = home / f"asking-{version}"
        (asking / "src").mkdir(parents=True, exist_ok=True)
        (asking / "src/lib.rs").touch()
        manifest = '[package]\nname = "asking"\nversion = "0.0.0"\nedition = "2021"\n'
        (asking / "Cargo.toml").write_text(manifest, encoding="utf-8")
        cargo("info", f"librespot@{version}", cwd=asking)
        (archive,) = home.glob(f"cargo/registry/cache/*/librespot-{version}.crate")
        with tarfile.open(archive) as packed, tempfile.TemporaryDirectory(dir=home) as scratch:
            packed.extractall(scratch, filter="data")
            (Path(scratch) / f"librespot-{version}").rename(tree)
    return tree


@pytest.fixture(scope="session")
def locks() -> dict[str, Path]:
    """Return the lock file of each release as upstream published it."""
    return {version: crate(version) / "Cargo.lock" for version in VERSIONS}


@pytest.fixture(scope="session")
def refresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gets the lock file of a release with the newest of what is compatible."""

    def act(version: str) -> Path:
        tree = tmp_path_factory.mktemp("refreshed") / "librespot"
        shutil.copytree(crate(version), tree)
        cargo("update", cwd=tree)
        return tree / "Cargo.lock"

    return functools.cache(act)


@pytest.fixture(scope="session")
def refreshed(refresh: Callable[[str], Path]) -> Path:
    """Return that of librespot 0.8.0."""
    return refresh("0.8.0")


Artifacts = Callable[[str], Path]


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    """Return what gets the artifact of a release, which is built if the cache does not have it."""
    controller = Controller(Host(BUILDER), tmp_path_factory.mktemp("controller"))
    return functools.cache(lambda version: Path(built(controller, version)["path"]))


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return the image of it, made if the cache does not have it."""
    return make(tmp_path_factory.mktemp("controller"))


@dataclass(frozen=True)
class Said:
    """How a play of one scan ended: its status, what the task returned, and all that was printed."""

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

_RETURNED = re.compile(r"^(?:ok|changed|fatal): \[localhost\].*? => (\{.*\})$", re.MULTILINE)


@pytest.fixture
def scan(snapshot: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return what scans a path in a play, as a user does: offline, with the snapshot, some days after it was taken."""
    cache = tmp_path_factory.getbasetemp() / "cache"

    def act(path: Path | str, /, check: bool = False, **arguments: Any) -> Said:
        arguments = {
            "path": str(path),
            "engines": [{"name": "cargo-audit", "database": str(snapshot)}],
            "today": TODAY,
            "cache_dir": str(cache),
            **arguments,
        }
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"hardened.librespot.scan": arguments}]}
        playbook = tmp_path / "scan.yml"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        argv = ["ansible-playbook", "-v", "--inventory", "localhost,", "--connection", "local", str(playbook)]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
        done = subprocess.run(
            [*argv, *(["--check"] if check else [])], env=environment, capture_output=True, text=True, check=False
        )
        (returned,) = _RETURNED.findall(done.stdout) or pytest.fail(done.stdout + done.stderr)
        return Said(done.returncode, json.loads(returned), done.stdout)

    return act


def row(what: str, said: Said) -> str:
    """Return a row of the table: how many advisories by category, how many are open, and which are."""
    found = said.task["vulnerabilities"]
    counts = Counter(item["category"] for item in found)
    opened = sorted({item["id"].removeprefix("RUSTSEC-") for item in found if item["status"] == "open"})
    cells = [f"{counts[name]:>3} {name}" for name in ("vulnerability", "unsound", "unmaintained")]
    return f"{what:24}{', '.join(cells)}; open: {', '.join(opened) or 'none'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table after the tests."""
    if ROWS:
        terminalreporter.section("advisories of real releases")
        for line in sorted(ROWS):
            terminalreporter.write_line(line)
