# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""librespot built with a refreshed lock file: what it is made of, and what is known of that."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.supply.conftest import Rows, Scan
from tests.supply.reader import embedded, matches
from tests.support.hosts import BUILDER, Host
from tests.support.locks import REFRESHED_SHA256, pin_refreshed
from tests.support.plays import Controller, built
from tools.lab.cache import location


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    return Controller(Host(BUILDER), tmp_path_factory.mktemp("controller"))


@pytest.fixture(scope="module")
def path(controller: Controller) -> Path:
    """Return the artifact, built if the cache does not have it."""
    pin_refreshed(location(os.environ))
    return Path(built(controller, lock="refreshed")["path"])


@pytest.fixture
def manifest(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    return said


@pytest.fixture(scope="module")
def older(controller: Controller) -> Path:
    """Return the release before it, with the newest that the registry has; built if the cache does not have it."""
    return Path(built(controller, "0.7.1", lock="refreshed")["path"])


@pytest.mark.parametrize("version", ["0.8.0", "0.7.1"])
def test_after_a_refresh_the_default_gate_passes_and_all_that_is_left_is_explained(
    request: pytest.FixtureRequest, scan: Scan, database: Path, table: Rows, version: str
) -> None:
    path: Path = request.getfixturevalue("path" if version == "0.8.0" else "older")
    said = scan(path)
    table(f"{version}, refreshed binary", said)
    assert (said.status, said.task["red"]) == (0, 0)
    assert said.found == matches(database, embedded((path / "bin/librespot").read_bytes()))
    assert {item["status"] for item in said.task["vulnerabilities"]} == {"not affected"}
    assert all(item["why"] for item in said.task["vulnerabilities"])


def test_the_lock_file_is_recorded_and_compared_with_upstreams(path: Path, manifest: dict[str, Any]) -> None:
    assert hashlib.sha256((path / "Cargo.lock").read_bytes()).hexdigest() == REFRESHED_SHA256
    lock = manifest["lock"]
    assert (lock["origin"], lock["sha256"], manifest["inputs"]["lock"]) == ("own", REFRESHED_SHA256, REFRESHED_SHA256)
    changes = {item["name"]: (item["from"], item["to"]) for item in lock["changes"]}
    assert changes["time"] == (["0.3.44"], ["0.3.55"])
    assert not any(name.startswith("librespot") for name in changes)


def test_what_was_compiled_is_what_was_locked(path: Path) -> None:
    lock = (path / "Cargo.lock").read_text(encoding="utf-8")
    for name, version in embedded((path / "bin/librespot").read_bytes()):
        assert f'name = "{name}"\nversion = "{version}"\n' in lock


def test_the_same_lock_file_by_its_path_is_the_same_artifact(controller: Controller, path: Path) -> None:
    given = built(controller, lock=str(pin_refreshed(location(os.environ))))
    assert Path(given["path"]) == path
