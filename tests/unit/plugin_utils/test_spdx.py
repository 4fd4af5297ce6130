# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As SPDX an SBOM says the same, and is valid by the library of SPDX's project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from ansible_collections.hardened.librespot.plugins.module_utils.render.image import contents
from ansible_collections.hardened.librespot.plugins.plugin_utils.image_sbom import image_sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.sbom import program_sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.spdx import as_spdx

from .test_image_sbom import FILES, PACKAGES
from .test_sbom import ARTIFACT, crates

BILL = program_sbom(ARTIFACT, crates())


def made(bill: bytes = BILL) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(as_spdx(json.loads(bill)))
    return said


def test_it_is_valid_and_the_same_each_time(tmp_path: Path) -> None:
    image = image_sbom(ARTIFACT, BILL, contents(FILES, PACKAGES, "debian", "12"), b"layer")
    for number, bill in enumerate((BILL, image)):
        path = tmp_path / f"{number}.spdx.json"
        path.write_text(as_spdx(json.loads(bill)), encoding="utf-8")
        assert validate_full_spdx_document(parse_file(str(path)), "SPDX-2.3") == []
        assert as_spdx(json.loads(bill)) == path.read_text(encoding="utf-8")


def test_it_names_the_same_packages_with_what_is_known_of_each() -> None:
    components = [*json.loads(BILL)["components"], json.loads(BILL)["metadata"]["component"]]
    found = {
        item["externalRefs"][0]["referenceLocator"]: item for item in made()["packages"] if item.get("externalRefs")
    }
    assert set(found) == {item["purl"] for item in components}
    aes = found["pkg:cargo/aes@0.8.4"]
    assert aes["licenseDeclared"] == "MIT OR Apache-2.0"
    assert aes["checksums"] == [{"algorithm": "SHA256", "checksumValue": "1" * 64}]
    assert aes["comment"] == "dependency: direct"
    assert found["pkg:cargo/ndk-sys@0.4.0%2B1"]["licenseComments"] == "in the file LICENSE of the crate"


def test_versions_that_differ_in_metadata_alone_are_two_packages() -> None:
    ids = [item["SPDXID"] for item in made()["packages"] if item["name"] == "ndk-sys"]
    assert len(set(ids)) == len(ids) == 2


def test_who_needs_whom_is_told() -> None:
    said = made()
    names = {item["SPDXID"]: f"{item['name']} {item.get('versionInfo', '')}".strip() for item in said["packages"]}
    names[said["SPDXID"]] = "the document"
    found = {
        (names[item["spdxElementId"]], item["relationshipType"], names[item["relatedSpdxElement"]])
        for item in said["relationships"]
    }
    assert found == {
        ("the document", "DESCRIBES", "librespot 0.8.0"),
        ("librespot 0.8.0", "CONTAINS", "bin/librespot"),
        ("librespot 0.8.0", "DEPENDS_ON", "aes 0.8.4"),
        ("ndk-sys 0.4.0+1", "OPTIONAL_DEPENDENCY_OF", "aes 0.8.4"),
        ("ndk-sys 0.4.0+2", "BUILD_DEPENDENCY_OF", "aes 0.8.4"),
    }
