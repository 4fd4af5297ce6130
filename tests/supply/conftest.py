# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real releases of librespot, real engines, and real databases that are never newer than they were."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.supply.databases import EXCERPT, ROOT, SNAPSHOT, MissingSnapshotError, pack, snapshot, unpack
from tests.supply.releases import VERSIONS, cargo, crate, lock_of
from tests.support.hosts import BUILDER, Host, fresh, lab
from tests.support.images import Made, make
from tests.support.plays import Controller, built

TODAY = "2026-08-25"
"""A few days after the snapshot of the database was taken, and so the excerpt."""

WAIVER = {"id": "RUSTSEC-2023-0071", "reason": "no private key is held", "until": "2026-12-31"}
ROW = "row"
"""The property of a test that is a row of the table that is printed after all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add which database the engines look into."""
    parser.addoption(
        "--advisories",
        choices=("excerpt", "whole"),
        default="excerpt",
        help="the excerpt in the checkout, or the snapshot of the whole database outside of it (default: excerpt)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to begin when what is asked for is not there, which is said once and not by each test."""
    if config.getoption("advisories") == "whole":
        try:
            snapshot(os.environ)
        except MissingSnapshotError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def database(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the database as a directory."""
    if pytestconfig.getoption("advisories") == "excerpt":
        return EXCERPT
    return unpack(snapshot(os.environ), tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="session")
def archive(pytestconfig: pytest.Config, database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same database as an archive."""
    if pytestconfig.getoption("advisories") == "excerpt":
        return pack(database, tmp_path_factory.mktemp("archive") / SNAPSHOT)
    return snapshot(os.environ)


@pytest.fixture(scope="session")
def locks() -> dict[str, Path]:
    """Return the lock file of each release as upstream published it."""
    return {version: lock_of(version) for version in VERSIONS}


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


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Host]:
    """Return a host on which the playbook for all has deployed a speaker; each worker has its own."""
    lab("builder", "up")
    with fresh(f"hardened-librespot-supply-{worker_id}") as host:
        Controller(host, tmp_path_factory.mktemp("deploy")).converge(ROOT / "playbooks/site.yml", {})
        yield host


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
Play = Callable[..., Said]

_RETURNED = re.compile(r"^(?:ok|changed|fatal): \[localhost\].*? => (\{.*\})$", re.MULTILINE)


def _played(module: str, arguments: dict[str, Any], directory: Path, check: bool) -> Said:
    """Run a module in a play of its own on the controller, as a user does."""
    tasks = [{f"hardened.librespot.{module}": arguments}]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    playbook = directory / f"{module}.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    argv = ["ansible-playbook", "-v", "--inventory", "localhost,", "--connection", "local", str(playbook)]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
    done = subprocess.run(
        [*argv, *(["--check"] if check else [])], env=environment, capture_output=True, text=True, check=False
    )
    (returned,) = _RETURNED.findall(done.stdout) or pytest.fail(done.stdout + done.stderr)
    return Said(done.returncode, json.loads(returned), done.stdout)


@pytest.fixture
def scan(archive: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return what scans a path in a play, as a user does: offline, some days after the database was published."""
    cache = tmp_path_factory.getbasetemp() / "cache"

    def act(path: Path | str, /, check: bool = False, **arguments: Any) -> Said:
        arguments = {
            "path": str(path),
            "engines": [{"name": "cargo-audit", "database": str(archive)}],
            "today": TODAY,
            "cache_dir": str(cache),
            **arguments,
        }
        return _played("scan", arguments, tmp_path, check)

    return act


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Return what looks at releases in a play, with a cache that is empty when the test begins."""

    def act(check: bool = False, **arguments: Any) -> Said:
        return _played("release_info", {"cache_dir": str(tmp_path / "played"), **arguments}, tmp_path, check)

    return act


Rows = Callable[[str, Said], None]


@pytest.fixture
def table(record_property: Callable[[str, object], None]) -> Rows:
    """Return what adds a row to the table: how many advisories by category, how many are open, and which are."""

    def add(what: str, said: Said) -> None:
        found = said.task["vulnerabilities"]
        counts = Counter(item["category"] for item in found)
        opened = sorted({item["id"].removeprefix("RUSTSEC-") for item in found if item["status"] == "open"})
        cells = [f"{counts[name]:>3} {name}" for name in ("vulnerability", "unsound", "unmaintained")]
        record_property(ROW, f"{what:24}{', '.join(cells)}; open: {', '.join(opened) or 'none'}")

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table after the tests."""
    rows = {
        text
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, text in report.user_properties
        if name == ROW
    }
    if rows:
        terminalreporter.section(f"advisories of real releases, by the {config.getoption('advisories')} database")
        for line in sorted(map(str, rows)):
            terminalreporter.write_line(line)
