# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scan in every form: each is what its readers take it for, and says of every advisory what is thought of it."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from junitparser import Failure, JUnitXml, Skipped
from sarif_pydantic import Sarif
from vexipy.document import Document

from ansible_collections.hardened.librespot.plugins.module_utils.model.gate import judge
from ansible_collections.hardened.librespot.plugins.module_utils.model.inventory import Inventory, Package
from ansible_collections.hardened.librespot.plugins.module_utils.model.scan_options import FORMATS
from ansible_collections.hardened.librespot.plugins.module_utils.model.scanned import Scanned
from ansible_collections.hardened.librespot.plugins.module_utils.model.statements import Program, Statement
from ansible_collections.hardened.librespot.plugins.module_utils.model.vulnerability import Vulnerability
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import Waiver
from ansible_collections.hardened.librespot.plugins.module_utils.render.scan import as_table
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.forms import FORMS
from ansible_collections.hardened.librespot.plugins.plugin_utils.vex import read_vex

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
NAMES = ("open", "waived", "explained", "fixed", "below")
PACKAGES = tuple(Package(name, "1.0.0", line=10 * number) for number, name in enumerate(NAMES, 1))
INVENTORY = Inventory((Package("librespot", "0.8.0", (1, 2, 3, 4, 5), own=True), *PACKAGES), (0,))
FOUND = [
    Vulnerability(
        f"RUSTSEC-2026-000{number}",
        name,
        "1.0.0",
        "vulnerability",
        'A <title> & "more"\x00',
        (f"CVE-2026-000{number}",),
        "low" if name == "below" else "high",
        7.5,
        VECTOR,
        (">=1.1.0",),
        "none",
        "https://example.org/advisory",
        INVENTORY.path(name, "1.0.0"),
        ("cargo-audit",),
    )
    for number, name in enumerate(NAMES, 1)
]
WAIVER = Waiver("RUSTSEC-2026-0002", "we live with it", datetime.date(2026, 12, 31))
REASON = "it is never called"
STATEMENTS = [
    Statement("RUSTSEC-2026-0003", "not_affected", "explained", (), (), "vulnerable_code_not_present", REASON, "ours"),
    Statement("RUSTSEC-2026-0004", "fixed", "fixed", (), (), "", REASON, "ours"),
]


def scanned(found: list[Vulnerability] = FOUND) -> Scanned:
    return Scanned(
        "lock",
        "/srv/Cargo.lock",
        "0" * 64,
        "0.8.0",
        INVENTORY,
        [],
        "",
        datetime.date(2026, 8, 25),
        "medium",
        [{"name": "cargo-audit", "version": "0.22.2", "database": {"updated": "2026-08-20"}, "distribution": {}}],
        judge(found, Program(INVENTORY), "medium", [WAIVER], STATEMENTS),
        ["RUSTSEC-1999-0001"],
    )


def written(form: str, found: list[Vulnerability] = FOUND) -> Any:
    return json.loads(FORMS[form](scanned(found)))


def test_every_form_that_can_be_asked_for_is_there() -> None:
    assert tuple(FORMS) == FORMATS


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_scan_gives_the_same_bytes(form: str) -> None:
    assert FORMS[form](scanned()) == FORMS[form](scanned())


@pytest.mark.parametrize("form", FORMATS)
def test_a_scan_that_found_nothing_can_be_written(form: str) -> None:
    assert FORMS[form](scanned([]))


class TestTable:
    def test_it_has_everything_or_the_problems(self) -> None:
        rows = {form: as_table(scanned(), problems=form == "problems") for form in ("all", "problems")}
        assert all(f"RUSTSEC-2026-000{number}" in rows["all"] for number in range(1, 6))
        assert [number for number in range(1, 6) if f"RUSTSEC-2026-000{number}" in rows["problems"]] == [1, 5]

    def test_it_says_until_when_why_and_by_what_way(self) -> None:
        said = as_table(scanned())
        assert "until 2026-12-31: we live with it" in said
        assert "ours: it is never called" in said
        assert "  librespot 0.8.0 > open 1.0.0" in said
        assert "waiver of RUSTSEC-1999-0001 is about nothing" in said

    def test_a_reason_that_is_too_long_for_a_cell_stands_below_once(self) -> None:
        reason = "it is never called, " * 10
        statements = [replace(STATEMENTS[0], id=item.id, package=item.package, reason=reason) for item in FOUND[:2]]
        judged = judge(FOUND[:2], Program(INVENTORY), "any", [], statements)
        said = as_table(replace(scanned(), judged=judged))
        assert said.count(reason) == 1
        assert f"RUSTSEC-2026-0001, RUSTSEC-2026-0002: ours: {reason}" in said

    def test_a_severity_that_no_advisory_gives_is_marked(self) -> None:
        found = [replace(FOUND[0], severity="unknown", cvss_score=None)]
        assert "(high)" in as_table(scanned(found))

    def test_a_terminal_gets_nothing_but_text(self) -> None:
        found = [replace(FOUND[0], package="\x1b[2J", path=("\x1b]0;title\x07",))]
        assert "\x1b" not in as_table(scanned(found))


class TestSarif:
    def test_it_is_sarif(self) -> None:
        assert Sarif.model_validate(written("sarif")).version == "2.1.0"

    def test_what_is_open_is_an_error_and_what_is_accounted_for_suppressed(self) -> None:
        (run,) = written("sarif")["runs"]
        assert [result["level"] for result in run["results"]] == ["error", "note", "note", "note", "note"]
        assert ["suppressions" in result for result in run["results"]] == [False, True, True, True, False]
        assert run["results"][1]["suppressions"][0]["justification"] == "we live with it (until 2026-12-31)"

    def test_it_leads_to_the_line_and_says_how_bad_it_is(self) -> None:
        (run,) = written("sarif")["runs"]
        place = run["results"][2]["locations"][0]["physicalLocation"]
        assert (place["artifactLocation"]["uri"], place["region"]) == ("file:///srv/Cargo.lock", {"startLine": 30})
        for result in run["results"]:
            rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
            assert (rule["id"], rule["properties"]["security-severity"]) == (result["ruleId"], "7.5")

    def test_a_path_in_the_checkout_is_relative(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir("/srv")
        (run,) = written("sarif")["runs"]
        assert run["artifacts"][0]["location"]["uri"] == "Cargo.lock"

    def test_an_advisory_keeps_its_fingerprint_when_the_package_is_updated(self) -> None:
        newer = [replace(FOUND[0], package_version="1.0.1")]
        one, other = (written("sarif", found)["runs"][0]["results"][0] for found in (FOUND, newer))
        assert one["partialFingerprints"] == other["partialFingerprints"]


class TestJUnit:
    def test_every_advisory_is_a_test_and_so_is_that_all_was_looked_at(self) -> None:
        (suite,) = JUnitXml.fromstring(FORMS["junit"](scanned()).encode())
        assert (suite.tests, suite.failures, suite.skipped) == (6, 1, 2)
        kinds = [[type(result) for result in case.result] for case in suite]
        assert kinds == [[], [Failure], [Skipped], [], [], [Skipped]]

    def test_what_xml_cannot_hold_is_left_out(self) -> None:
        found = [replace(FOUND[0], package="\x1b<", path=("\x00",))]
        (suite,) = JUnitXml.fromstring(FORMS["junit"](scanned(found)).encode())
        assert [case.name for case in suite][1].startswith("RUSTSEC-2026-0001  < 1.0.0")

    def test_a_clean_scan_ran_a_test(self) -> None:
        (suite,) = JUnitXml.fromstring(FORMS["junit"](scanned([])).encode())
        assert (suite.tests, suite.failures) == (1, 0)


class TestVex:
    def test_it_is_openvex(self) -> None:
        said = Document.from_json(FORMS["openvex"](scanned()))
        assert [statement.status.value for statement in said.statements] == [
            "under_investigation",
            "affected",
            "not_affected",
            "fixed",
            "under_investigation",
        ]

    def test_it_is_cyclonedx(self) -> None:
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(FORMS["cyclonedx"](scanned()))
        assert error is None, error
        states = {item["id"]: item["analysis"]["state"] for item in written("cyclonedx")["vulnerabilities"]}
        assert list(states.values()) == ["in_triage", "exploitable", "not_affected", "resolved", "in_triage"]

    @pytest.mark.parametrize("form", ["openvex", "cyclonedx"])
    def test_what_it_explains_is_explained_to_who_reads_it(self, form: str, tmp_path: Path) -> None:
        path = tmp_path / "vex.json"
        path.write_text(FORMS[form](scanned()), encoding="utf-8")
        statements = read_vex(str(path), "vex[0]")
        judged = judge(FOUND, Program(INVENTORY), "any", [], statements)
        explained = ["open", "open", "not affected", "not affected", "open"]
        assert [item.status for item in judged] == explained
        assert judged[2].why == f"{path}: {REASON}"
        # Of another librespot it says nothing.
        other = Inventory((replace(INVENTORY.packages[0], version="0.7.1"), *PACKAGES), (0,))
        assert {item.status for item in judge(FOUND, Program(other), "any", [], statements)} == {"open"}

    @pytest.mark.parametrize("form", ["openvex", "cyclonedx"])
    def test_a_package_of_a_distribution_keeps_its_own_name(self, form: str, tmp_path: Path) -> None:
        purl = "pkg:deb/debian/explained@1.0.0?arch=amd64&distro=debian-12&upstream=source"
        found = [replace(item, purl=purl) if item.package == "explained" else item for item in FOUND]
        text = FORMS[form](scanned(found))
        assert purl in text
        assert "pkg:cargo/explained" not in text
        if form == "cyclonedx":
            assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
        (tmp_path / "vex.json").write_text(text, encoding="utf-8")
        statements = read_vex(str(tmp_path / "vex.json"), "vex[0]")
        judged = {item.found.package: item.status for item in judge(found, Program(INVENTORY), "any", [], statements)}
        assert judged["explained"] == "not affected"
