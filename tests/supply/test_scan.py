# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user decides about what is known of real releases, and what is never taken for clean, by the real engine."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.supply.conftest import WAIVER, Scan
from tests.supply.reader import advisories
from tests.supply.releases import VERSIONS


class TestGate:
    def test_a_waiver_lets_pass_its_advisory_alone(self, scan: Scan, locks: dict[str, Path]) -> None:
        said = scan(locks["0.8.0"], waivers=[WAIVER], explain=False)
        assert said.status_of("RUSTSEC-2023-0071") == {"waived"}
        assert said.task["red"] == len(said.found) - 1

    def test_all_can_be_waived_by_who_says_so(self, scan: Scan, locks: dict[str, Path]) -> None:
        ids = {item[0] for item in scan(locks["0.8.0"]).found}
        said = scan(
            locks["0.8.0"], waivers=[{**WAIVER, "id": identifier, "fixable": True} for identifier in ids], explain=False
        )
        assert (said.status, said.task["red"]) == (0, 0)

    def test_by_severity(self, scan: Scan, locks: dict[str, Path]) -> None:
        said = scan(locks["0.8.0"], fail_on="critical", explain=False)
        assert (said.status, said.task["red"]) == (0, 0)
        assert said.task["summary"]["below the gate"] == len(said.found)

    def test_it_can_be_told_not_to_fail(self, scan: Scan, locks: dict[str, Path]) -> None:
        said = scan(locks["0.8.0"], fail=False, explain=False)
        assert said.status == 0
        assert said.task["red"] == len(said.found)

    @pytest.mark.parametrize(
        ("changed", "path"),
        [
            ({"until": "2026-08-24"}, "waivers[0].until"),
            ({"until": None}, "waivers[0].until"),
            ({"reason": ""}, "waivers[0].reason"),
            ({"id": "RUSTSEC-1999-0001"}, "waivers[0].id"),
        ],
    )
    def test_a_wrong_waiver_is_named(
        self, scan: Scan, locks: dict[str, Path], changed: dict[str, Any], path: str
    ) -> None:
        said = scan(locks["0.8.0"], waivers=[{**WAIVER, **changed}], fail=False)
        assert said.status == 2
        assert path in said.message


class TestExplained:
    def test_through_a_proxy_less_is(self, scan: Scan, refreshed: Path) -> None:
        said = scan(refreshed, proxy=True)
        opened = {item["id"] for item in said.task["vulnerabilities"] if item["status"] == "open"}
        assert opened == {"RUSTSEC-2026-0098", "RUSTSEC-2026-0099"}

    @pytest.mark.parametrize("version", VERSIONS)
    def test_what_upstream_locked_and_a_refresh_mends_is_not(
        self, scan: Scan, locks: dict[str, Path], version: str
    ) -> None:
        said = scan(locks[version])
        assert {item["status"] for item in said.task["vulnerabilities"] if item["fix"] == "refresh"} == {"open"}
        assert said.status_of("RUSTSEC-2023-0071") == {"not affected"}

    def test_another_user_of_the_package_takes_the_reason_away(
        self, scan: Scan, refreshed: Path, tmp_path: Path
    ) -> None:
        lock = tmp_path / "Cargo.lock"
        text = refreshed.read_text(encoding="utf-8")
        changed, count = re.subn(r'(name = "librespot-oauth"\n(?:.*\n)*?dependencies = \[\n)', r'\1 "rsa",\n', text)
        assert count == 1
        lock.write_text(changed, encoding="utf-8")
        assert scan(lock).status_of("RUSTSEC-2023-0071") == {"open"}

    def test_a_vex_of_the_users_explains_what_it_names(
        self, scan: Scan, locks: dict[str, Path], tmp_path: Path
    ) -> None:
        statement = {
            "vulnerability": {"name": "CVE-2026-25541"},
            "products": [{"@id": "pkg:cargo/librespot@0.8.0", "subcomponents": [{"@id": "pkg:cargo/bytes"}]}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
        }
        document = {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]}
        path = tmp_path / "vex.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        assert scan(locks["0.8.0"], vex=[str(path)]).status_of("RUSTSEC-2026-0007") == {"not affected"}
        assert scan(locks["0.7.1"], vex=[str(path)]).status_of("RUSTSEC-2026-0007") == {"open"}
        path.write_text("{}", encoding="utf-8")
        refused = scan(locks["0.8.0"], vex=[str(path)], fail=False)
        assert refused.status == 2
        assert "vex[0]" in refused.message


class TestNeverClean:
    """What was not looked at."""

    def test_a_program_without_a_record(self, scan: Scan) -> None:
        said = scan(shutil.which("true") or "", fail=False)
        assert said.status == 2
        assert "What cannot be scanned is not clean" in said.message

    def test_a_lock_file_from_another_registry(self, scan: Scan, locks: dict[str, Path], tmp_path: Path) -> None:
        lock = tmp_path / "Cargo.lock"
        text = locks["0.8.0"].read_text(encoding="utf-8")
        registry = next(line for line in text.splitlines() if line.startswith("source = "))
        lock.write_text(text.replace(registry, 'source = "sparse+https://mirror.example.org/"'), encoding="utf-8")
        said = scan(lock, fail=False)
        assert said.status == 2
        assert "knows nothing of packages from sparse+https://mirror.example.org/" in said.message

    def test_one_package_from_elsewhere(self, scan: Scan, locks: dict[str, Path], tmp_path: Path) -> None:
        lock = tmp_path / "Cargo.lock"
        text = locks["0.8.0"].read_text(encoding="utf-8")
        before, name, after = text.partition('name = "rsa"')
        forked = re_source(after, "git+https://example.org/rsa#" + "0" * 40)
        lock.write_text(before + name + forked, encoding="utf-8")
        said = scan(lock)
        assert said.status_of("NOT-COVERED-rsa") == {"open"}
        assert said.status_of("RUSTSEC-2023-0071") == set()

    @pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08damaged"])
    def test_a_damaged_archive_of_the_database(
        self, scan: Scan, locks: dict[str, Path], tmp_path: Path, content: bytes
    ) -> None:
        archive = tmp_path / "database.tar.gz"
        archive.write_bytes(content)
        said = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": str(archive)}], fail=False)
        assert said.status == 2
        assert "database.tar.gz" in said.message

    def test_half_an_archive_of_the_database(
        self, scan: Scan, locks: dict[str, Path], archive: Path, tmp_path: Path
    ) -> None:
        half = tmp_path / "database.tar.gz"
        half.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
        for _twice in range(2):
            said = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": str(half)}], fail=False)
            assert said.status == 2
            assert "is not a readable archive" in said.message

    def test_a_database_with_a_damaged_advisory(
        self, scan: Scan, locks: dict[str, Path], database: Path, tmp_path: Path
    ) -> None:
        copy = tmp_path / "database"
        shutil.copytree(database, copy)
        (copy / "crates/bytes/RUSTSEC-2026-0007.md").write_text("damaged", encoding="utf-8")
        said = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": str(copy)}], fail=False)
        assert said.status == 2
        assert "could not look" in said.message

    @pytest.mark.parametrize("made", ["missing", "empty"])
    def test_no_database(self, scan: Scan, locks: dict[str, Path], tmp_path: Path, made: str) -> None:
        (tmp_path / "empty").mkdir()
        engines = [{"name": "cargo-audit", "database": str(tmp_path / made)}]
        said = scan(locks["0.8.0"], engines=engines, fail=False)
        assert said.status == 2
        assert str(tmp_path / made) in said.message

    def test_a_database_that_is_too_old(self, scan: Scan, locks: dict[str, Path], database: Path) -> None:
        newest = max(advisory.date for advisory in advisories(database))
        today = (newest + timedelta(days=99)).isoformat()
        said = scan(locks["0.8.0"], today=today, fail=False)
        assert said.status == 2
        assert "engines[0].database" in said.message
        assert "99 days old" in said.message
        assert scan(locks["0.8.0"], today=today, max_age=99, fail=False).status == 0

    @pytest.mark.parametrize(
        ("expression", "said"),
        [
            ('s/"dependency-count":[0-9]*/"dependency-count":7/', "looked at 7 packages"),
            ('s/"advisory-count":[0-9]*/"advisory-count":7/', "read 7 advisories of"),
            ("s/RUSTSEC-2021-0003/RUSTSEC-2021-9999/", "knows nothing of packages from"),
            ("s/^{/[/", "could not look"),
        ],
    )
    def test_an_engine_that_does_not_do_its_work(
        self, scan: Scan, locks: dict[str, Path], archive: Path, tmp_path: Path, expression: str, said: str
    ) -> None:
        engine = tmp_path / "cargo-audit"
        real = shutil.which("cargo-audit")
        engine.write_text(f"#!/bin/sh\n{real} \"$@\" | sed '{expression}'\n", encoding="utf-8")
        engine.chmod(0o755)
        engines = [{"name": "cargo-audit", "program": str(engine), "database": str(archive)}]
        done = scan(locks["0.8.0"], engines=engines, fail=False)
        assert done.status == 2
        assert said in done.message

    def test_a_database_in_the_cache_that_was_changed_is_unpacked_again(
        self, scan: Scan, locks: dict[str, Path], tmp_path: Path
    ) -> None:
        cache = tmp_path / "cache"
        first = scan(locks["0.8.0"], cache_dir=str(cache))
        (advisory,) = cache.glob("advisories/*/crates/rsa/RUSTSEC-2023-0071.md")
        advisory.unlink()
        again = scan(locks["0.8.0"], cache_dir=str(cache))
        assert again.task["engines"] == first.task["engines"]
        assert again.found == first.found

    def test_a_database_of_someone_elses(
        self, scan: Scan, locks: dict[str, Path], database: Path, tmp_path: Path
    ) -> None:
        place = tmp_path / "database/crates/rsa"
        place.mkdir(parents=True)
        shutil.copy(database / "crates/bytes/RUSTSEC-2026-0007.md", place.parent / "rsa")
        engines = [{"name": "cargo-audit", "database": str(tmp_path / "database")}]
        said = scan(locks["0.8.0"], engines=engines, max_age=300, fail=False)
        assert said.status == 2
        assert "lacks RUSTSEC-2021-0003" in said.message

    def test_no_engine(self, scan: Scan, locks: dict[str, Path]) -> None:
        assert "engines" in scan(locks["0.8.0"], engines=[], fail=False).message
        said = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "program": "/missing"}], fail=False)
        assert said.status == 2


def re_source(text: str, source: str) -> str:
    """Return the *text* of a lock file with the first source in it replaced."""
    return re.sub(r'(?<=source = ")[^"]*', source, text, count=1)


class TestDatabase:
    """Where it may come from."""

    def test_a_git_repository(
        self, scan: Scan, locks: dict[str, Path], database: Path, archive: Path, tmp_path: Path
    ) -> None:
        work, bare = tmp_path / "work", tmp_path / "database.git"
        shutil.copytree(database, work)
        commit = ["-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=made"]
        for command in (["init", "--quiet"], ["add", "--all"], commit):
            subprocess.run(["git", "-C", str(work), *command], check=True)
        subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(bare)], check=True)
        fetched = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": bare.as_uri()}])
        packed = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": str(archive)}])
        assert fetched.task["engines"] == packed.task["engines"]
        assert fetched.found == packed.found
        # What was published since is there the next time.
        (work / "crates/rsa/RUSTSEC-2023-0071.md").unlink()
        for command in (["add", "--all"], commit, ["push", "--quiet", "--force", str(bare), "HEAD"]):
            subprocess.run(["git", "-C", str(work), *command], check=True)
        again = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": bare.as_uri()}])
        assert {item[0] for item in packed.found} - {item[0] for item in again.found} == {"RUSTSEC-2023-0071"}

    def test_one_that_cannot_be_reached(self, scan: Scan, locks: dict[str, Path], tmp_path: Path) -> None:
        address = (tmp_path / "missing.git").as_uri()
        said = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": address}], fail=False)
        assert said.status == 2
        assert "a local copy can be given" in said.message

    def test_an_archive_that_leads_elsewhere(self, scan: Scan, locks: dict[str, Path], tmp_path: Path) -> None:
        archive = tmp_path / "database.tar"
        with tarfile.open(archive, "w") as made:
            link = tarfile.TarInfo("advisory-db/crates")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc"
            made.addfile(link)
        said = scan(locks["0.8.0"], engines=[{"name": "cargo-audit", "database": str(archive)}], fail=False)
        assert said.status == 2
        assert "neither a file nor a directory" in said.message


class TestOutputs:
    def test_they_are_written_once_for_their_owner_alone_whatever_the_outcome(
        self, scan: Scan, locks: dict[str, Path], tmp_path: Path
    ) -> None:
        path = tmp_path / "scan.json"
        outputs = [{"format": "json", "path": str(path)}]
        assert scan(locks["0.8.0"], outputs=outputs, check=True).task["changed"]
        assert not path.exists()
        first = scan(locks["0.8.0"], outputs=outputs)
        written = json.loads(path.read_text(encoding="utf-8"))
        assert (first.status, first.task["changed"]) == (2, True)
        assert written["vulnerabilities"] == first.task["vulnerabilities"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not scan(locks["0.8.0"], outputs=outputs).task["changed"]

    @pytest.mark.parametrize("form", ["openvex", "cyclonedx"])
    def test_a_vex_that_it_wrote_explains_the_same(
        self, scan: Scan, refreshed: Path, tmp_path: Path, form: str
    ) -> None:
        path = str(tmp_path / "vex.json")
        assert scan(refreshed, outputs=[{"format": form, "path": path}]).status == 0
        assert scan(refreshed, explain=False).status == 2
        assert scan(refreshed, explain=False, vex=[path]).status == 0

    def test_the_table_says_what_to_do(self, scan: Scan, locks: dict[str, Path]) -> None:
        said = scan(locks["0.8.0"])
        assert "A refreshed lock file mends them" in said.output
        assert "librespot 0.8.0 > librespot-core 0.8.0 > time 0.3.44" in said.output
        assert "RUSTSEC-2023-0071" not in scan(locks["0.8.0"], show="nothing").output.partition("[ERROR]")[0]
