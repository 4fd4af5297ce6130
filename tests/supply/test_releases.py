# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of real releases of librespot, beside an independent reader of the same database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.supply.conftest import WAIVER, Artifacts, Rows, Scan
from tests.supply.reader import locked, matches
from tests.supply.releases import VERSIONS
from tests.support.images import Made


@pytest.mark.parametrize("version", VERSIONS)
def test_the_lock_of_each_release_has_what_an_independent_reader_finds(
    scan: Scan, locks: dict[str, Path], database: Path, table: Rows, version: str
) -> None:
    said = scan(locks[version])
    table(f"{version}, upstream's lock", said)
    assert said.status == 2
    assert said.found == matches(database, locked(locks[version]))
    assert said.task["subject"]["librespot"] == version
    assert said.message.startswith(f"{said.task['red']} advisories are open")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refreshed_lock_has_what_the_reader_finds_and_nothing_that_a_refresh_mends(
    scan: Scan, refresh: Callable[[str], Path], database: Path, table: Rows, version: str
) -> None:
    lock = refresh(version)
    said = scan(lock, fail=False)
    table(f"{version}, refreshed lock", said)
    assert said.found == matches(database, locked(lock))
    assert {item["fix"] for item in said.task["vulnerabilities"]} <= {"none", "upgrade"}


@pytest.mark.parametrize("version", ["0.8.0", pytest.param("0.7.1", id="older")])
def test_an_artifact_has_what_the_reader_finds_in_its_own_list(
    scan: Scan, artifact: Artifacts, locks: dict[str, Path], database: Path, table: Rows, version: str
) -> None:
    path = artifact(version)
    crates = json.loads((path / "manifest.json").read_text(encoding="utf-8"))["binary"]["crates"]
    said = scan(path)
    table(f"{version}, binary", said)
    assert said.found == matches(database, {(crate["name"], crate["version"]) for crate in crates})
    assert said.found == scan(path / "bin/librespot").found
    assert said.task["subject"]["packages"] == len(crates)
    assert all(item["path"][0] == f"librespot {version}" for item in said.task["vulnerabilities"])
    # A lock file has what any choice of features would compile.
    assert said.found < scan(locks[version]).found


def test_an_image_and_its_sbom_have_the_same_and_nobody_looked_at_the_rest(
    scan: Scan, artifact: Artifacts, image: Made, tmp_path: Path
) -> None:
    program = scan(artifact("0.8.0")).found
    rest = ("NOT-COVERED-distribution", "distribution", "")
    sbom = tmp_path / "sbom.json"
    sbom.write_bytes((Path(image.said["path"]) / "context/librespot.cdx.json").read_bytes())
    for path in (image.said["path"], image.archive, sbom):
        said = scan(path)
        assert said.found == {*program, rest}
        (item,) = (item for item in said.task["vulnerabilities"] if item["id"] == rest[0])
        assert "libc6 " in item["title"]
    waiver = {**WAIVER, "id": rest[0], "reason": "another scanner looks at it"}
    assert scan(sbom, waivers=[waiver]).status_of(rest[0]) == {"waived"}


def test_after_a_refresh_all_that_is_left_is_explained(scan: Scan, refreshed: Path) -> None:
    said = scan(refreshed)
    assert (said.status, said.task["red"]) == (0, 0)
    assert {item["status"] for item in said.task["vulnerabilities"]} == {"not affected"}
    assert all(item["why"] for item in said.task["vulnerabilities"])
