# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SBOMs and saved images are read into what they say, and what they do not say is not taken for clean."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ImageFile, ImagePackage
from ansible_collections.hardened.librespot.plugins.module_utils.render.image import contents
from ansible_collections.hardened.librespot.plugins.plugin_utils.bill import read_bill
from ansible_collections.hardened.librespot.plugins.plugin_utils.compiled import recorded_crates
from ansible_collections.hardened.librespot.plugins.plugin_utils.image_sbom import image_sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.saved_image import read_image
from ansible_collections.hardened.librespot.plugins.plugin_utils.sbom import program_sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.subjects import read_subject
from tests.support.auditable import program

ARTIFACT: dict[str, Any] = {
    "id": "0.8.0-x86_64-glibc2.36-0123456789ab",
    "version": "0.8.0",
    "binary": {"sha256": "0" * 64, "architecture": "x86_64"},
    "inputs": {"source_date_epoch": 1762732800, "method": "crate", "crate_sha256": "a" * 64},
}
CRATES: list[dict[str, Any]] = [
    {"name": "librespot", "version": "0.8.0", "source": "local", "kind": "runtime", "dependencies": [1], "root": True},
    {"name": "rand", "version": "0.8.5", "source": "public", "kind": "runtime", "dependencies": [2], "root": False},
    {"name": "forked", "version": "1.0.0", "source": "git", "kind": "runtime", "dependencies": [], "root": False},
]
PROGRAM = program(CRATES)


LIBRARY = b"library"
CONFIGURATION = b'{"os": "linux"}'


def bill(crates: list[dict[str, Any]]) -> bytes:
    files = [
        ImageFile("/usr/bin/librespot", ARTIFACT["id"], PROGRAM, 0o555),
        ImageFile("/usr/lib/libc.so.6", "libc6", LIBRARY, 0o555),
    ]
    packages = [ImagePackage("libc6", "2.36-9+deb12u14", "amd64", "glibc", "2.36-9+deb12u14")]
    program_bill = program_sbom(ARTIFACT, recorded_crates(crates, "the program"))
    return image_sbom(ARTIFACT, program_bill, contents(files, packages, "debian", "12"), b"layer")


def with_package(purl: str) -> bytes:
    said = json.loads(bill(CRATES))
    named = [item for item in said["components"] if not item.get("purl", "").startswith("pkg:deb/")]
    return json.dumps({**said, "components": [*named, {"purl": purl}]}).encode()


def saved(*layers: dict[str, bytes]) -> bytes:
    packed = {f"{number}.tar": archive(layer) for number, layer in enumerate(layers)}
    named = [{"Config": "configuration.json", "Layers": list(packed)}]
    return archive({"manifest.json": json.dumps(named).encode(), "configuration.json": CONFIGURATION, **packed})


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


class TestBill:
    def test_ours_says_what_the_program_says(self) -> None:
        said = read_bill(bill(CRATES), "sbom")
        inventory = said.inventory
        assert inventory.path("forked", "1.0.0") == ("librespot 0.8.0", "rand 0.8.5", "forked 1.0.0")
        assert {package.name: package.foreign for package in inventory.packages} == {
            "forked": "git",
            "librespot": "",
            "rand": "",
        }
        assert [package.label for package in said.system] == ["libc6 2.36-9+deb12u14"]
        assert said.others == ()

    @pytest.mark.parametrize(
        ("purl", "source", "source_version", "release"),
        [
            ("pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc", "glibc", "2.36-9", "12"),
            ("pkg:deb/debian/a@1-1%2Bb1?distro=debian-12.5&upstream=b%401-1", "b", "1-1", "12"),
            ("pkg:deb/ubuntu/zlib@1:1.3?distro=ubuntu-24.04", "zlib", "1:1.3", "24.04"),
        ],
    )
    def test_packages_of_a_distribution_are_known_by_their_source(
        self, purl: str, source: str, source_version: str, release: str
    ) -> None:
        (found,) = read_bill(with_package(purl), "sbom").system
        assert (found.source, found.source_version, found.release) == (source, source_version, release)

    @pytest.mark.parametrize(
        "purl",
        [
            "pkg:deb/debian/libc6@2.36-9",
            "pkg:deb/debian/libc6@2.36-9?distro=sid",
            "pkg:deb/debian/libc6?distro=debian-12",
            "pkg:deb/raspbian/libc6@2.36-9?distro=raspbian-12",
            "pkg:rpm/fedora/glibc@2.36?distro=fedora-40",
        ],
    )
    def test_what_is_of_no_release_that_is_known_is_something_else(self, purl: str) -> None:
        said = read_bill(with_package(purl), "sbom")
        assert said.system == ()
        assert len(said.others) == 1

    @pytest.mark.parametrize("place", ["components", "nested"])
    def test_what_has_no_package_url_was_not_looked_at(self, place: str) -> None:
        said = json.loads(bill(CRATES))
        parts = [
            {"type": "library", "name": "openssl", "version": "1.0.1", "bom-ref": "one"},
            {"type": "application", "name": "backdoor"},
            {"type": "file", "name": "/etc/passwd"},
        ]
        said["components"] += parts if place == "components" else [{**parts[2], "components": parts}]
        found = read_bill(json.dumps(said).encode(), "sbom")
        assert sorted(found.others) == ["backdoor", "openssl 1.0.1"]

    def test_what_an_sbom_is_about_was_looked_at_when_it_is_an_image(self) -> None:
        said = json.loads(bill(CRATES))
        said["metadata"]["component"]["type"] = "application"
        assert len(read_bill(json.dumps(said).encode(), "sbom").others) == 1

    @pytest.mark.parametrize(
        "more",
        [
            {"type": "library", "name": "bad", "purl": "pkg:cargo/bad@1.0.0"},
            {"type": "library", "name": "bad"},
            {"type": "file", "name": "/bad"},
        ],
    )
    def test_two_components_of_one_name_are_refused(self, more: dict[str, str]) -> None:
        said = json.loads(bill(CRATES))
        taken = next(item["bom-ref"] for item in said["components"] if item["name"] == "rand")
        said["components"].append({**more, "bom-ref": taken})
        with pytest.raises(HostError, match=f"two components called '{taken}'"):
            read_bill(json.dumps(said).encode(), "sbom")

    def test_one_that_is_called_as_the_package_of_another_is_refused(self) -> None:
        said = json.loads(bill(CRATES))
        purl = "pkg:cargo/bad@1.0.0"
        said["components"] += [
            {"type": "library", "name": "bad", "purl": purl},
            {"type": "library", "name": "good", "purl": "pkg:cargo/good@1.0.0", "bom-ref": purl},
        ]
        with pytest.raises(HostError, match="two components called"):
            read_bill(json.dumps(said).encode(), "sbom")

    def test_one_without_crates_is_not_clean(self) -> None:
        with pytest.raises(HostError, match="What is not named cannot be scanned"):
            read_bill(bill([]), "sbom")

    def test_a_crate_from_elsewhere_is_known_by_its_package_url(self) -> None:
        components = [
            {"purl": "pkg:cargo/librespot@0.8.0"},
            {"purl": "pkg:cargo/rand@0.8.5?vcs_url=git%2Bhttps://example.org/rand"},
        ]
        needs = [{"ref": "pkg:cargo/librespot@0.8.0", "dependsOn": [components[1]["purl"]]}]
        said = {"bomFormat": "CycloneDX", "components": components, "dependencies": needs}
        inventory = read_bill(json.dumps(said).encode(), "sbom").inventory
        assert {package.foreign for package in inventory.packages} == {"", "git+https://example.org/rand"}

    @pytest.mark.parametrize(
        "said",
        [
            b"",
            b"[]",
            b"{}",
            b"[" * 100_000,
            b'{"bomFormat": "CycloneDX"}',
            b'{"bomFormat": "CycloneDX", "components": [{"purl": "x"}]}',
        ],
    )
    def test_what_is_no_sbom_is_refused(self, said: bytes) -> None:
        with pytest.raises(HostError):
            read_bill(said, "sbom")


class TestImage:
    def test_the_program_and_the_sbom_are_found_in_the_last_layer_that_has_them(self) -> None:
        sbom = {"usr/share/sbom/librespot.cdx.json": b"{}"}
        found = read_image(saved({"usr/bin/librespot": b"\x7fELFold"}, {"./usr/bin/librespot": PROGRAM}, sbom), "image")
        assert (found.program, found.sbom) == (PROGRAM, b"{}")
        assert found.files == {"/usr/bin/librespot": hashlib.sha256(PROGRAM).hexdigest()}
        assert found.identifier == f"sha256:{hashlib.sha256(CONFIGURATION).hexdigest()}"

    @pytest.mark.parametrize(
        "image",
        [
            b"",
            archive({}),
            archive({"manifest.json": b"[]"}),
            archive({"manifest.json": b'[{"Layers": []}]'}),
            archive({"manifest.json": b'[{"Config": "c", "Layers": ["missing"]}]', "c": b"{}"}),
            saved({}),
            saved({"usr/bin/librespot": b"#!/bin/sh"}),
            saved({"usr/bin/librespot": PROGRAM, "usr/local/bin/librespot": PROGRAM}),
        ],
    )
    def test_one_without_the_program_is_refused(self, image: bytes) -> None:
        with pytest.raises(HostError):
            read_image(image, "image")

    def test_what_nobody_looks_at_is_said(self, tmp_path: Path) -> None:
        sbom = {"usr/share/sbom/librespot.cdx.json": bill(CRATES)}
        unnamed = []
        # What else is in an image must not make it look like something else.
        bare = {"bin/librespot": PROGRAM, "Cargo.lock": b"[[package]]"}
        for name, layers in (("with", [{"usr/bin/librespot": PROGRAM}, sbom]), ("bare", [bare])):
            (tmp_path / name).write_bytes(saved(*layers))
            subject = read_subject(str(tmp_path / name))
            assert (subject.kind, subject.form, subject.content) == ("image", "binary", PROGRAM)
            unnamed.append(subject.files)
        assert unnamed == [(), ("all of the image but librespot",)]

    def test_a_library_of_which_a_byte_was_changed_is_not_the_one_that_the_sbom_names(self, tmp_path: Path) -> None:
        sbom = {"usr/share/sbom/librespot.cdx.json": bill(CRATES)}
        for library, files in ((LIBRARY, ()), (LIBRARY + b"x", ("/usr/lib/libc.so.6, which the SBOM does not name",))):
            image = saved({"usr/bin/librespot": PROGRAM, "usr/lib/libc.so.6": library}, sbom)
            (tmp_path / "image.tar").write_bytes(image)
            subject = read_subject(str(tmp_path / "image.tar"))
            assert [package.source for package in subject.system] == ["glibc"]
            assert (subject.others, subject.files) == ((), files)

    def test_an_sbom_is_known_by_looking_at_it(self, tmp_path: Path) -> None:
        (tmp_path / "any").write_bytes(bill(CRATES))
        subject = read_subject(str(tmp_path / "any"))
        assert (subject.kind, subject.form) == ("sbom", "sbom")
