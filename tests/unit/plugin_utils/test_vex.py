# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements are read out of OpenVEX and CycloneDX, and none without a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.statements import Statement
from ansible_collections.hardened.librespot.plugins.plugin_utils.vex import read_vex

RSA = {"@id": "pkg:cargo/rsa@0.9.8"}
LIBRESPOT = {"@id": "pkg:cargo/librespot@0.8.0", "subcomponents": [RSA]}
STATEMENT: dict[str, Any] = {
    "vulnerability": {"name": "CVE-2023-49092"},
    "products": [LIBRESPOT],
    "status": "not_affected",
    "justification": "vulnerable_code_not_in_execute_path",
    "impact_statement": "no private key is held",
}
ANALYSIS = {"state": "not_affected", "justification": "code_not_reachable", "detail": "no private key is held"}


def read(tmp_path: Path, said: Any) -> list[Statement]:
    path = tmp_path / "vex.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
    return read_vex(str(path), "vex[0]")


def openvex(**changed: Any) -> dict[str, Any]:
    return {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{**STATEMENT, **changed}]}


def cyclonedx(affects: str, analysis: Any = "ours", **more: Any) -> dict[str, Any]:
    said = ANALYSIS if analysis == "ours" else analysis
    item = {"id": "CVE-2023-49092", "analysis": said, "affects": [{"ref": affects}]}
    return {"bomFormat": "CycloneDX", "vulnerabilities": [item], **more}


class TestOpenVex:
    def test_a_part_of_librespot(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, openvex())
        assert (found.id, found.status, found.package) == ("CVE-2023-49092", "not_affected", "rsa")
        assert (found.package_versions, found.librespot) == (("0.9.8",), ("0.8.0",))
        assert found.reason == "no private key is held"

    def test_a_crate_whatever_it_is_in(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, openvex(products=[{"@id": "pkg:cargo/rsa"}]))
        assert (found.package, found.package_versions, found.librespot) == ("rsa", (), ())

    def test_products_of_the_whole_document(self, tmp_path: Path) -> None:
        statement = {name: value for name, value in STATEMENT.items() if name != "products"}
        document = {**openvex(), "statements": [statement], "products": [LIBRESPOT]}
        assert [item.package for item in read(tmp_path, document)] == ["rsa"]

    @pytest.mark.parametrize(
        "product", [{"@id": "pkg:oci/librespot"}, {"@id": "pkg:cargo/other@1.0.0", "subcomponents": [RSA]}, {}]
    )
    def test_what_is_about_something_else_says_nothing(self, tmp_path: Path, product: dict[str, Any]) -> None:
        assert read(tmp_path, openvex(products=[product])) == []

    @pytest.mark.parametrize(
        "changed", [{"status": "fine"}, {"justification": "", "impact_statement": ""}, {"impact_statement": ""}]
    )
    def test_one_without_a_reason_is_refused(self, tmp_path: Path, changed: dict[str, Any]) -> None:
        with pytest.raises(SpecificationError, match=r"vex\[0\] CVE-2023-49092"):
            read(tmp_path, openvex(**{"justification": "because", **changed}))


class TestCycloneDx:
    @pytest.mark.parametrize(
        "reference",
        ["pkg:cargo/rsa@0.9.8", "rsa-reference", "urn:cdx:0f1e/1#rsa-reference", "urn:cdx:0f1e/1#pkg:cargo/rsa@0.9.8"],
    )
    def test_what_is_affected_is_named_in_any_way(self, tmp_path: Path, reference: str) -> None:
        said = cyclonedx(
            reference,
            metadata={"component": {"name": "librespot", "version": "0.8.0"}},
            components=[{"bom-ref": "rsa-reference", "purl": "pkg:cargo/rsa@0.9.8"}],
        )
        (found,) = read(tmp_path, said)
        assert (found.package, found.package_versions, found.librespot) == ("rsa", ("0.9.8",), ("0.8.0",))
        assert found.justification == "vulnerable_code_not_in_execute_path"

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("false_positive", "not_affected"),
            ("exploitable", "affected"),
            ("in_triage", "under_investigation"),
            ("resolved", "fixed"),
        ],
    )
    def test_states_are_translated(self, tmp_path: Path, state: str, status: str) -> None:
        (found,) = read(tmp_path, cyclonedx(RSA["@id"], {**ANALYSIS, "state": state}))
        assert found.status == status

    def test_what_nobody_analysed_says_nothing(self, tmp_path: Path) -> None:
        assert read(tmp_path, cyclonedx(RSA["@id"], None)) == read(tmp_path, cyclonedx("unknown")) == []

    @pytest.mark.parametrize("analysis", [{"state": "not_affected"}, {"state": "fine", "detail": "because"}])
    def test_one_without_a_reason_is_refused(self, tmp_path: Path, analysis: dict[str, str]) -> None:
        with pytest.raises(SpecificationError, match=r"vex\[0\] CVE-2023-49092"):
            read(tmp_path, cyclonedx(RSA["@id"], analysis))


@pytest.mark.parametrize(
    "said",
    ["", "no JSON", "[]", "{}", openvex(products=7), openvex(vulnerability={}), cyclonedx("x", vulnerabilities=[7])],
)
def test_what_is_no_vex_is_refused(tmp_path: Path, said: Any) -> None:
    with pytest.raises(HostError, match=r"vex\[0\]: .*vex.json is no VEX document"):
        read(tmp_path, said)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="No such file"):
        read_vex(str(tmp_path / "missing"), "vex[0]")
