# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""osv-scanner finds what cargo-audit finds, and what it did not look at is an error as well."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.supply.conftest import Artifacts, Scan
from tests.supply.reader import locked, matches
from tests.supply.releases import VERSIONS

Engines = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def engines(osv_scanner: str, osv_database: Path) -> Engines:
    def described(**changed: str) -> list[dict[str, Any]]:
        return [{"name": "osv-scanner", "program": osv_scanner, "database": str(osv_database), **changed}]

    return described


@pytest.mark.parametrize("version", VERSIONS)
def test_it_finds_what_an_independent_reader_finds(
    scan: Scan, engines: Engines, locks: dict[str, Path], database: Path, version: str
) -> None:
    said = scan(locks[version], engines=engines())
    assert said.found == matches(database, locked(locks[version]))


def test_two_engines_find_each_advisory_once(scan: Scan, engines: Engines, artifact: Artifacts, archive: Path) -> None:
    audited = {"name": "cargo-audit", "database": str(archive)}
    said = scan(artifact("0.8.0"), engines=[audited, *engines()])
    alone = scan(artifact("0.8.0"))
    assert said.found == alone.found
    assert {tuple(item["engines"]) for item in said.task["vulnerabilities"]} == {("cargo-audit", "osv-scanner")}
    assert [engine["name"] for engine in said.task["engines"]] == ["cargo-audit", "osv-scanner"]
    assert [item["status"] for item in said.task["vulnerabilities"]] == [
        item["status"] for item in alone.task["vulnerabilities"]
    ]


def test_after_a_refresh_all_that_is_left_is_explained(scan: Scan, engines: Engines, refreshed: Path) -> None:
    assert scan(refreshed, engines=engines()).status == 0


class TestNeverClean:
    @pytest.mark.parametrize("content", [b"", b"no archive"])
    def test_no_database(
        self, scan: Scan, engines: Engines, locks: dict[str, Path], tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "all.zip").write_bytes(content)
        for database in (tmp_path / "all.zip", tmp_path / "missing"):
            said = scan(locks["0.8.0"], engines=engines(database=str(database)), fail=False)
            assert said.status == 2
            assert "is no database of OSV" in said.message

    def test_an_empty_database(self, scan: Scan, engines: Engines, locks: dict[str, Path], tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "all.zip", "w"):
            pass
        said = scan(locks["0.8.0"], engines=engines(database=str(tmp_path / "all.zip")), fail=False)
        assert "holds no advisories" in said.message

    def test_the_database_of_something_else(
        self, scan: Scan, engines: Engines, locks: dict[str, Path], tmp_path: Path
    ) -> None:
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as made:
            made.writestr(
                "X-1.json",
                '{"id": "X-1", "modified": "2026-08-20T00:00:00Z", '
                '"affected": [{"package": {"name": "x", "ecosystem": "Other"}}]}',
            )
        said = scan(locks["0.8.0"], engines=engines(database=str(tmp_path / "all.zip")), fail=False)
        assert said.status == 2
        assert "could not look" in said.message

    def test_one_that_is_too_old(self, scan: Scan, engines: Engines, locks: dict[str, Path]) -> None:
        said = scan(locks["0.8.0"], engines=engines(), today="2026-11-27", fail=False)
        assert "engines[0].database" in said.message
        assert "days old" in said.message

    def test_another_program(self, scan: Scan, engines: Engines, locks: dict[str, Path]) -> None:
        for program in ("true", "false"):
            said = scan(locks["0.8.0"], engines=engines(program=str(shutil.which(program))), fail=False)
            assert said.status == 2
            assert "osv-scanner" in said.message
