# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SBOM of an image is CycloneDX, follows from what it is about, and accounts for every file."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import OURS, ImageFile, ImagePackage
from ansible_collections.hardened.librespot.plugins.module_utils.render.image import contents
from ansible_collections.hardened.librespot.plugins.plugin_utils.compiled import recorded_crates
from ansible_collections.hardened.librespot.plugins.plugin_utils.image_sbom import image_sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.sbom import packages, program_sbom

ARTIFACT: dict[str, Any] = {
    "id": "0.8.0-x86_64-glibc2.36-0123456789ab",
    "version": "0.8.0",
    "binary": {"sha256": "0" * 64, "architecture": "x86_64"},
    "inputs": {"source_date_epoch": 1762732800, "method": "crate", "crate_sha256": "a" * 64},
}
FILES = [
    ImageFile("/usr/bin/librespot", ARTIFACT["id"], b"program", 0o555),
    ImageFile("/usr/lib/libc.so.6", "libc6", b"library", 0o555),
    ImageFile("/usr/lib/libm.so.6", "libc6", b"mathematics", 0o555),
    ImageFile("/lib", OURS, target="usr/lib"),
]
PACKAGES = [
    ImagePackage("libc6", "2.36-9+deb12u14", "amd64", "glibc", "2.36-9+deb12u14"),
    ImagePackage("z1g", "1:1.3-1+b2", "amd64", "zlib", "1:1.3-1"),
]
CRATES: list[dict[str, Any]] = [
    {
        "name": "librespot",
        "version": "0.8.0",
        "source": "local",
        "kind": "runtime",
        "dependencies": [1, 3],
        "root": True,
    },
    {"name": "aes", "version": "0.8.4", "source": "public", "kind": "runtime", "dependencies": [2], "root": False},
    {"name": "aes", "version": "0.7.0", "source": "public", "kind": "runtime", "dependencies": [], "root": False},
    {"name": "cc", "version": "1.2.0", "source": "git", "kind": "build", "dependencies": [], "root": False},
]


def made(crates: list[dict[str, Any]], files: list[ImageFile], layer: bytes = b"layer", **changed: Any) -> bytes:
    artifact = {**ARTIFACT, **changed}
    bill = program_sbom(artifact, recorded_crates(crates, "the program"))
    return image_sbom(artifact, bill, contents(files, PACKAGES, "debian", "12"), layer)


def read(sbom: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sbom)
    return found


def by_name(said: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (item for item in said["components"] if item["name"] == name)
    return dict(found)


@pytest.mark.parametrize("crates", [CRATES, []], ids=["crates", "none recorded"])
def test_it_is_valid(crates: list[dict[str, Any]]) -> None:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(made(crates, FILES).decode())
    assert error is None, error


@settings(max_examples=20, deadline=None)
@given(st.permutations(FILES))
def test_it_follows_from_what_it_is_about_and_from_nothing_else(files: list[ImageFile]) -> None:
    sbom = made(CRATES, files)
    assert sbom == made(CRATES, FILES)
    said = read(sbom)
    assert said["metadata"]["timestamp"] == "2025-11-10T00:00:00+00:00"
    assert said["serialNumber"] != read(made(CRATES, FILES, b"another layer"))["serialNumber"]


def test_each_file_is_below_the_component_that_it_is_from() -> None:
    said = read(made(CRATES, FILES))
    assert [item["name"] for item in by_name(said, "libc6")["components"]] == [
        "/usr/lib/libc.so.6",
        "/usr/lib/libm.so.6",
    ]
    (program,) = by_name(said, "librespot")["components"]
    assert program["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(b"program").hexdigest()}]
    (link,) = by_name(said, OURS)["components"]
    assert link["properties"] == [{"name": "hardened.librespot:target", "value": "usr/lib"}]


def test_packages_are_named_as_advisories_name_them() -> None:
    said = read(made(CRATES, FILES))
    assert {item["purl"] for item in said["components"] if "purl" in item} == {
        "pkg:cargo/librespot@0.8.0",
        "pkg:cargo/aes@0.8.4",
        "pkg:cargo/aes@0.7.0",
        "pkg:cargo/cc@1.2.0",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=debian-12&upstream=glibc",
        "pkg:deb/debian/z1g@1:1.3-1%2Bb2?arch=amd64&distro=debian-12&upstream=zlib%401:1.3-1",
    }
    assert packages(made(CRATES, FILES)) == 6


def test_who_needs_whom_is_told_and_what_only_the_build_runs_is_not_in_the_program() -> None:
    said = read(made(CRATES, FILES))
    needs = {item["ref"]: item.get("dependsOn", []) for item in said["dependencies"]}
    assert needs["pkg:cargo/librespot@0.8.0"] == ["pkg:cargo/aes@0.8.4", "pkg:cargo/cc@1.2.0"]
    assert needs["pkg:cargo/aes@0.8.4"] == ["pkg:cargo/aes@0.7.0"]
    assert "pkg:cargo/librespot@0.8.0" in needs["hardened-librespot@0.8.0"]
    assert by_name(said, "cc")["scope"] == "excluded"
    assert {"name": "hardened.librespot:source", "value": "git"} in by_name(said, "cc")["properties"]
    assert by_name(said, "librespot")["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]


def test_a_program_that_does_not_say_what_it_is_made_of_is_said_to() -> None:
    program = by_name(read(made([], FILES, inputs={"method": "artifact"})), "librespot")
    assert {"name": "hardened.librespot:crates", "value": "not recorded in the program"} in program["properties"]
    assert "hashes" not in program


def test_it_names_the_layer_whose_files_it_lists() -> None:
    said = read(made(CRATES, FILES))
    assert said["metadata"]["component"]["properties"] == [
        {"name": "hardened.librespot:layer", "value": f"sha256:{hashlib.sha256(b'layer').hexdigest()}"}
    ]
