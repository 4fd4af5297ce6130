# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The distribution's packages of an image: what is known against them is found, and what nobody looked at is not clean.

The image is the real one. Older packages are had by the SBOM of the image with their versions in it.
"""

from __future__ import annotations

import copy
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.supply.conftest import Said, Scan
from tests.support.debian_advisories import ADVISORIES, of_cve, write
from tests.support.images import Made

UNIMPORTANT = {("DEBIAN-CVE-2019-1010022", "libc6"), ("DEBIAN-CVE-2022-27943", "libgcc-s1")}
NOW = {
    ("DEBIAN-CVE-2026-5450", "libc6"),
    ("DEBIAN-CVE-2026-25068", "libasound2"),
    ("DEBIAN-CVE-2026-25068", "libasound2-data"),
    *UNIMPORTANT,
}
SYSLOG = {f"DEBIAN-CVE-2023-{number}" for number in (6246, 6779, 6780)}
WAIVED = [
    {"id": identifier, "reason": "nothing mends it in this release", "until": "2026-12-31"}
    for identifier in ("CVE-2026-5450", "DEBIAN-CVE-2026-25068")
]


@pytest.fixture
def engines(osv_scanner: str, osv_database: Path, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Return what describes osv-scanner with the databases of crates, and of Debian with these advisories."""

    def described(advisories: list[dict[str, Any]] | None = None, **changed: str) -> list[dict[str, Any]]:
        debian = write(tmp_path / "debian.zip", advisories)
        engine = {"name": "osv-scanner", "program": osv_scanner, "database": str(osv_database)}
        return [{**engine, "distribution_database": str(debian), **changed}]

    return described


Engines = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def bill(image: Made, tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Return what writes the SBOM of the image with another version of a package; the source has the same."""

    def written(package: str, source: str, version: str) -> Path:
        said = json.loads((image.archive.parent / "context/librespot.cdx.json").read_text(encoding="utf-8"))
        for component in said["components"]:
            if component["name"] == package:
                quoted = version.replace("+", "%2B")
                purl = f"pkg:deb/debian/{package}@{quoted}?arch=amd64&distro=debian-12&upstream={source}"
                component.update(version=version, purl=purl)
        path = tmp_path / "image.cdx.json"
        path.write_text(json.dumps(said), encoding="utf-8")
        return path

    return written


Bill = Callable[[str, str, str], Path]


def system(said: Said) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what was found on packages of Debian, by id and package."""
    return {(item["id"], item["package"]): item for item in said.task["vulnerabilities"] if item["purl"]}


def test_what_is_known_against_its_packages_is_found(scan: Scan, engines: Engines, image: Made) -> None:
    said = scan(image.archive.parent, engines=engines())
    assert said.status == 2
    found = system(said)
    assert set(found) == NOW
    assert said.status_of("NOT-COVERED-distribution") == set()
    assert {item["name"]: item["version"] for item in said.task["subject"]["system"]} == {
        item["name"]: item["version"] for item in image.manifest["packages"]
    }
    assert said.task["subject"]["image"] == image.said["image"]
    assert said.task["engines"][0]["distribution"]["advisories"] == len(ADVISORIES)
    worst = found["DEBIAN-CVE-2026-5450", "libc6"]
    assert (worst["severity"], worst["cvss_score"], worst["aliases"]) == ("critical", 9.8, ["CVE-2026-5450"])
    assert worst["fixed_in"] == []
    assert worst["path"][0].startswith("glibc ")
    # A vulnerability without a severity counts as any other one.
    assert found["DEBIAN-CVE-2026-25068", "libasound2"]["judged_severity"] == "high"
    # Debian says that these do no harm in its package, whatever their scores.
    assert {(found[key]["category"], found[key]["severity"]) for key in UNIMPORTANT} == {("notice", "low")}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.36-9", {"DEBIAN-CVE-2023-4911", *SYSLOG}),
        ("2.36-9+deb12u2", {"DEBIAN-CVE-2023-4911", *SYSLOG}),
        ("2.36-9+deb12u3", SYSLOG),
        ("2.36-9+deb12u4", set()),
        # Not in the order of letters.
        ("2.36-9+deb12u14", set()),
        ("2.36-9~deb11u1", {"DEBIAN-CVE-2023-4911", *SYSLOG}),
    ],
)
def test_an_update_mends_what_is_known_against_older_versions(
    scan: Scan, engines: Engines, bill: Bill, version: str, expected: set[str]
) -> None:
    said = scan(bill("libc6", "glibc", version), engines=engines(), fail=False)
    found = {name: item for (name, package), item in system(said).items() if package == "libc6"}
    assert set(found) == expected | {"DEBIAN-CVE-2026-5450", "DEBIAN-CVE-2019-1010022"}
    for name in expected:
        assert found[name]["package_version"] == version
        assert found[name]["fix"] == "refresh"
    if "DEBIAN-CVE-2023-4911" in expected:
        tunables = found["DEBIAN-CVE-2023-4911"]
        # That of this release, and of no other one.
        assert tunables["fixed_in"] == [">=2.36-9+deb12u3"]
        assert (tunables["severity"], tunables["cvss_score"]) == ("high", 7.8)
        assert tunables["aliases"] == ["CVE-2023-4911", "DSA-5514-1"]


def test_the_version_is_that_of_the_source_and_not_of_a_rebuild(scan: Scan, engines: Engines, image: Made) -> None:
    # libasound2 1.2.8-1+b1 was built again from 1.2.8-1.
    fixed = [of_cve("CVE-2026-25068", "alsa-lib", {"12": "1.2.8-1"})]
    assert system(scan(image.archive.parent, engines=engines(fixed), fail=False)) == {}
    later = [of_cve("CVE-2026-25068", "alsa-lib", {"12": "1.2.8-1+b0"})]
    assert len(system(scan(image.archive.parent, engines=engines(later), fail=False))) == 2


def test_packages_of_ubuntu_are_looked_at_as_well(scan: Scan, engines: Engines, bill: Bill) -> None:
    path = bill("libc6", "glibc", "2.39-0ubuntu8.9")
    text = path.read_text(encoding="utf-8").replace("pkg:deb/debian/", "pkg:deb/ubuntu/")
    path.write_text(text.replace("distro=debian-12", "distro=ubuntu-24.04"), encoding="utf-8")
    entry = of_cve("CVE-2016-20013", "glibc", {"24.04:LTS": ""})
    entry = json.loads(json.dumps(entry).replace("Debian:", "Ubuntu:").replace("DEBIAN-", "UBUNTU-"))
    entry["severity"] = [{"type": "Ubuntu", "score": "low"}]
    said = scan(path, engines=engines([entry]), fail=False)
    assert {key: item["severity"] for key, item in system(said).items()} == {
        ("UBUNTU-CVE-2016-20013", "libc6"): "low",
    }


class TestGate:
    def test_its_severity_is_that_of_the_record(self, scan: Scan, engines: Engines, image: Made) -> None:
        said = scan(image.archive.parent, engines=engines(), fail_on="critical", fail=False)
        opened = {item["id"] for item in said.task["vulnerabilities"] if item["status"] == "open"}
        assert opened == {"DEBIAN-CVE-2026-5450"}

    def test_waivers_count_for_them(self, scan: Scan, engines: Engines, image: Made) -> None:
        said = scan(image.archive.parent, engines=engines(), waivers=WAIVED, fail=False)
        assert {item["status"] for (name, _package), item in system(said).items() if "2019" not in name} >= {"waived"}
        assert said.status_of("DEBIAN-CVE-2026-25068") == {"waived"}
        assert said.task["unused_waivers"] == []

    def test_what_an_image_made_again_mends_needs_fixable(self, scan: Scan, engines: Engines, bill: Bill) -> None:
        waiver = {"id": "CVE-2023-4911", "reason": "no user sets tunables here", "until": "2026-12-31"}
        older = bill("libc6", "glibc", "2.36-9+deb12u2")
        for more, status in (({}, "open"), ({"fixable": True}, "waived")):
            said = scan(older, engines=engines(), waivers=[{**waiver, **more}], fail=False)
            assert said.status_of("DEBIAN-CVE-2023-4911") == {status}

    def test_one_waiver_is_not_for_all_vulnerabilities_of_an_advisory(
        self, scan: Scan, engines: Engines, bill: Bill
    ) -> None:
        dsa = [item for item in ADVISORIES if item["id"] == "DSA-5611-1"]
        older = bill("libc6", "glibc", "2.36-9+deb12u3")
        said = scan(older, engines=engines(dsa), fail=False)
        assert said.status_of("DSA-5611-1") == {"open"}
        waiver = {"id": "CVE-2023-6780", "reason": "nothing logs such a name", "until": "2026-12-31", "fixable": True}
        refused = scan(older, engines=engines(dsa), waivers=[waiver], fail=False)
        assert refused.status == 2
        assert "is the id of no advisory" in refused.message

    def test_a_vex_of_theirs_is_read_back(self, scan: Scan, engines: Engines, image: Made, tmp_path: Path) -> None:
        vex = tmp_path / "vex.json"
        outputs = [{"format": form, "path": str(tmp_path / form)} for form in ("openvex", "cyclonedx")]
        said = scan(image.archive.parent, engines=engines(), outputs=outputs, fail=False)
        assert said.status_of("DEBIAN-CVE-2026-5450") == {"open"}
        document = json.loads((tmp_path / "openvex").read_text(encoding="utf-8"))
        for statement in document["statements"]:
            if statement["vulnerability"]["name"] == "DEBIAN-CVE-2026-5450":
                statement.update(
                    status="not_affected",
                    justification="vulnerable_code_not_in_execute_path",
                    impact_statement="librespot never calls it",
                )
        vex.write_text(json.dumps(document), encoding="utf-8")
        said = scan(image.archive.parent, engines=engines(), vex=[str(vex)], fail=False)
        assert said.status_of("DEBIAN-CVE-2026-5450") == {"not affected"}
        other = vex.read_text(encoding="utf-8").replace("libc6", "libc7")
        vex.write_text(other, encoding="utf-8")
        said = scan(image.archive.parent, engines=engines(), vex=[str(vex)], fail=False)
        assert said.status_of("DEBIAN-CVE-2026-5450") == {"open"}


class TestNeverClean:
    def test_without_its_database(self, scan: Scan, engines: Engines, image: Made) -> None:
        for engine in (engines(distribution_database=""), None):
            given = {"engines": engine} if engine else {}
            said = scan(image.archive.parent, **given, fail=False)
            assert said.status_of("NOT-COVERED-distribution") == {"open"}
            assert said.task["subject"]["system"] == []

    def test_one_that_is_missing_or_none(self, scan: Scan, engines: Engines, image: Made, tmp_path: Path) -> None:
        (tmp_path / "none.zip").write_bytes(b"no archive")
        with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
            pass
        cut = tmp_path / "cut.zip"
        cut.write_bytes(write(tmp_path / "whole.zip").read_bytes()[:-200])
        for path in (tmp_path / "none.zip", tmp_path / "missing.zip", cut):
            said = scan(image.archive.parent, engines=engines(distribution_database=str(path)), fail=False)
            assert said.status == 2
            assert "is no database of OSV" in said.message
        said = scan(
            image.archive.parent, engines=engines(distribution_database=str(tmp_path / "empty.zip")), fail=False
        )
        assert "holds no advisories" in said.message

    def test_one_that_is_too_old(self, scan: Scan, engines: Engines, image: Made) -> None:
        old = [{**item, "modified": "2026-07-01T00:00:00Z"} for item in ADVISORIES]
        said = scan(image.archive.parent, engines=engines(old), fail=False)
        assert said.status == 2
        assert "engines[0].distribution_database" in said.message
        assert "days old" in said.message

    def test_one_of_another_release_or_distribution(self, scan: Scan, engines: Engines, image: Made) -> None:
        other = copy.deepcopy(ADVISORIES)
        for entry in other:
            for part in entry["affected"]:
                part["package"]["ecosystem"] = "Debian:13"
        said = scan(image.archive.parent, engines=engines(other), fail=False)
        assert said.status == 2
        assert "says nothing about debian 12" in said.message
        said = scan(
            image.archive.parent,
            engines=engines(distribution_database=engines()[0]["database"]),
            fail=False,
        )
        assert said.status == 2

    def test_an_advisory_that_the_scanner_skips_without_a_word(self, scan: Scan, engines: Engines, image: Made) -> None:
        unread = of_cve("CVE-2026-5450", "glibc", {"12": ""}, versions={"12": [_version(image, "libc6")]})
        said = scan(image.archive.parent, engines=engines([*ADVISORIES[:2], {**unread, "of_tomorrow": 1}]), fail=False)
        assert said.status == 2
        assert "osv-scanner passed over DEBIAN-CVE-2026-5450" in said.message

    def test_an_engine_that_knows_crates_alone(self, scan: Scan, image: Made, archive: Path, tmp_path: Path) -> None:
        debian = str(write(tmp_path / "debian.zip"))
        engine = {"name": "cargo-audit", "database": str(archive), "distribution_database": debian}
        said = scan(image.archive.parent, engines=[engine], fail=False)
        assert said.status == 2
        assert "engines[0].distribution_database" in said.message
        assert "knows crates alone" in said.message

    def test_another_program(self, scan: Scan, engines: Engines, image: Made) -> None:
        said = scan(image.archive.parent, engines=engines(program=str(shutil.which("true"))), fail=False)
        assert said.status == 2


def _version(image: Made, name: str) -> str:
    return next(str(item["version"]) for item in image.manifest["packages"] if item["name"] == name)
