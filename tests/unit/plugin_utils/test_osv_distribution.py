# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What osv-scanner says of source packages is told of the packages that are there, and nothing is passed over."""

from __future__ import annotations

import datetime
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.inventory import SystemPackage
from ansible_collections.hardened.librespot.plugins.plugin_utils.engines import osv_scanner
from ansible_collections.hardened.librespot.plugins.plugin_utils.engines.osv_database import OsvDatabase
from ansible_collections.hardened.librespot.plugins.plugin_utils.engines.osv_distribution import components, read
from tests.support.debian_advisories import advisory, of_cve, write

TODAY = datetime.date(2026, 8, 25)
LIBRARY = SystemPackage("libasound2", "1.2.8-1+b1", "alsa-lib", "1.2.8-1", "debian", "12", "pkg:deb/debian/libasound2")
DATA = SystemPackage("libasound2-data", "1.2.8-1", "alsa-lib", "1.2.8-1", "debian", "12", "pkg:deb/debian/data")
ONE = of_cve("CVE-2026-1", "alsa-lib", {"12": "1.2.8-2", "13": "1.2.14-2"})
TWO = of_cve("CVE-2026-2", "alsa-lib", {"12": ""})
BOTH = advisory("DSA-1-1", ["CVE-2026-1", "CVE-2026-2"], "alsa-lib", {"12": "1.2.8-2"})
SAME = advisory("DSA-2-1", ["CVE-2026-1", "DEBIAN-CVE-2026-1"], "alsa-lib", {"12": "1.2.8-2"})


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "all.zip"


def database(archive: Path, *entries: dict[str, Any], oldest: int = 30) -> OsvDatabase:
    path = str(write(archive, list(entries)))
    return OsvDatabase(path, "engines[0].distribution_database", TODAY, datetime.timedelta(oldest), "a remedy")


def answer(*entries: dict[str, Any], release: str = "Debian:12") -> list[dict[str, Any]]:
    package = {"name": "alsa-lib", "version": "1.2.8-1", "ecosystem": release}
    return [{"package": package, "vulnerabilities": list(entries)}]


def test_each_source_is_asked_about_once() -> None:
    assert components([LIBRARY, DATA]) == [
        {
            "type": "library",
            "name": "alsa-lib",
            "version": "1.2.8-1",
            "purl": "pkg:deb/debian/alsa-lib@1.2.8-1?arch=source&distro=debian-12",
        }
    ]


def test_what_is_known_of_a_source_is_told_of_each_package_of_it(archive: Path) -> None:
    found = list(read(answer(ONE), [LIBRARY, DATA], database(archive, ONE)))
    assert [(item.package, item.package_version, item.purl) for item in found] == [
        ("libasound2", "1.2.8-1+b1", "pkg:deb/debian/libasound2"),
        ("libasound2-data", "1.2.8-1", "pkg:deb/debian/data"),
    ]
    assert {(item.id, item.aliases, item.fixed_in, item.fix) for item in found} == {
        ("DEBIAN-CVE-2026-1", ("CVE-2026-1",), (">=1.2.8-2",), "refresh")
    }


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([ONE, TWO, BOTH], {"DEBIAN-CVE-2026-1", "DEBIAN-CVE-2026-2"}),
        ([ONE, BOTH], {"DEBIAN-CVE-2026-1", "DSA-1-1"}),
        ([BOTH], {"DSA-1-1"}),
        ([SAME], {"DSA-2-1"}),
        ([ONE, SAME], {"DEBIAN-CVE-2026-1"}),
    ],
)
def test_one_advisory_on_several_is_told_unless_each_has_its_own(
    archive: Path, entries: list[dict[str, Any]], expected: set[str]
) -> None:
    assert {item.id for item in read(answer(*entries), [LIBRARY], database(archive, *entries))} == expected


def test_another_name_of_it_is_an_alias(archive: Path) -> None:
    (found,) = read(answer(ONE, SAME), [LIBRARY], database(archive, ONE, SAME))
    assert found.aliases == ("CVE-2026-1", "DSA-2-1")


@pytest.mark.parametrize(
    ("vector", "urgency", "category", "severity"),
    [
        ("", "not yet assigned", "vulnerability", "unknown"),
        ("", "end-of-life", "vulnerability", "unknown"),
        ("", "medium", "vulnerability", "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "low", "vulnerability", "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "unimportant", "notice", "low"),
    ],
)
def test_its_severity(archive: Path, vector: str, urgency: str, category: str, severity: str) -> None:
    entry = of_cve("CVE-2026-1", "alsa-lib", {"12": ""}, vector, urgency=urgency)
    (found,) = read(answer(entry), [LIBRARY], database(archive, entry))
    assert (found.category, found.severity, found.fix) == (category, severity, "none")


@pytest.mark.parametrize("reverse", [False, True])
def test_of_several_scores_the_highest_counts(archive: Path, reverse: bool) -> None:
    # By their letters the others would come last.
    vectors = {
        "CVSS_V3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS_V4": "CVSS:4.0/AV:L/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
        "CVSS_V2": "AV:L/AC:H/Au:M/C:P/I:N/A:N",
    }
    ratings = [{"type": kind, "score": score} for kind, score in vectors.items()]
    entry = {**ONE, "severity": ratings[::-1] if reverse else ratings}
    (found,) = read(answer(entry), [LIBRARY], database(archive, entry))
    assert (found.severity, found.cvss_score, found.cvss_vector) == ("critical", 9.8, vectors["CVSS_V3"])
    of_crate = {**answer(entry)[0], "groups": [{"ids": [entry["id"]]}]}
    (told,) = osv_scanner._found([of_crate])
    assert (told.severity, told.cvss_score, told.cvss_vector) == ("critical", 9.8, vectors["CVSS_V3"])


@pytest.mark.parametrize(
    ("said", "entries"),
    [
        ([], [ONE]),
        (answer(release="Debian"), [ONE]),
        (answer(release="Debian:13"), [ONE]),
        (answer(), [of_cve("CVE-2026-1", "alsa-lib", {"13": ""})]),
        (answer(), [of_cve("CVE-2026-1", "alsa-lib", {"12": ""}, versions={"12": ["1.2.8-1"]})]),
    ],
    ids=["not looked at", "no release", "another release", "release unknown", "passed over"],
)
def test_what_was_not_looked_at_is_not_clean(
    archive: Path, said: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> None:
    with pytest.raises(HostError):
        list(read(said, [LIBRARY], database(archive, *entries)))


class TestDatabase:
    def test_it_says_what_it_is(self, archive: Path) -> None:
        found = database(archive, ONE, TWO, {**BOTH, "withdrawn": "2026-08-01T00:00:00Z"})
        assert (found.ecosystem, sorted(found.releases)) == ("Debian", ["Debian:12", "Debian:13"])
        assert (found.count, found.updated) == (2, datetime.date(2026, 8, 20))
        assert found.identifiers == {"DEBIAN-CVE-2026-1", "CVE-2026-1", "DEBIAN-CVE-2026-2", "CVE-2026-2"}
        assert [entry["id"] for entry in found.about(["alsa-lib"])] == ["DEBIAN-CVE-2026-1", "DEBIAN-CVE-2026-2"]

    def test_an_advisory_on_several_is_not_known_by_the_name_of_one(self, archive: Path) -> None:
        assert database(archive, BOTH).identifiers == {"DSA-1-1"}
        assert database(archive, SAME).identifiers == {"DSA-2-1", "CVE-2026-1", "DEBIAN-CVE-2026-1"}

    @pytest.mark.parametrize(
        "entry", [{"id": "X"}, {"id": "X", "affected": [{"package": {}}], "modified": "2026-08-20"}]
    )
    def test_what_is_no_advisory_is_refused(self, archive: Path, entry: dict[str, Any]) -> None:
        with pytest.raises(HostError, match="is no database of OSV"):
            database(archive, entry)

    @pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_damaged_one_is_refused(self, archive: Path, compression: int) -> None:
        with zipfile.ZipFile(archive, "w", compression) as made:
            made.writestr("X.json", json.dumps(ONE))
        content = archive.read_bytes()
        start = content.index(b"X.json") + len(b"X.json") + 12
        for damage in (b"\xff" * 8, b"\x00" * 8):
            archive.write_bytes(content[:start] + damage + content[start + 8 :])
            with pytest.raises(HostError, match="is no database of OSV"):
                self.opened(archive)

    @pytest.mark.parametrize(
        ("place", "value"),
        [(8, b"\x01"), (10, b"\x63")],
        ids=["encrypted", "of a compression that nobody has"],
    )
    def test_one_that_cannot_be_opened_is_refused(self, archive: Path, place: int, value: bytes) -> None:
        write(archive, [ONE])
        content = bytearray(archive.read_bytes())
        directory = content.index(b"PK\x01\x02")
        content[directory + place] = value[0]
        content[place - 2] = value[0]
        archive.write_bytes(content)
        with pytest.raises(HostError, match="is no database of OSV"):
            self.opened(archive)

    def test_one_that_is_too_deep_is_refused(self, archive: Path) -> None:
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("X.json", "[" * 200000)
        with pytest.raises(HostError, match="is no database of OSV"):
            self.opened(archive)

    @staticmethod
    def opened(archive: Path) -> OsvDatabase:
        return OsvDatabase(str(archive), "database", TODAY, datetime.timedelta(30), "a remedy")

    def test_an_old_one_and_an_empty_one_are_refused(self, archive: Path) -> None:
        with pytest.raises(LibrespotError, match="days old"):
            database(archive, ONE, oldest=2)
        with pytest.raises(HostError, match="holds no advisories"):
            database(archive)
