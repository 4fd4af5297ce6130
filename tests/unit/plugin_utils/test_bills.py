# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SBOMs are compared with their programs: what does not match is refused, and what differs is named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.bills import bill_of, bill_on_host
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import ArtifactCache
from ansible_collections.hardened.librespot.plugins.plugin_utils.compiled import recorded_crates
from ansible_collections.hardened.librespot.plugins.plugin_utils.matching import refuse_other
from ansible_collections.hardened.librespot.plugins.plugin_utils.sbom import program_sbom
from tests.support.auditable import program

ID = "0.8.0-x86_64-glibc2.36-0123456789ab"
CRATES: list[dict[str, Any]] = [
    {"name": "librespot", "version": "0.8.0", "source": "local", "kind": "runtime", "dependencies": [1], "root": True},
    {"name": "time", "version": "0.3.44", "source": "public", "kind": "runtime", "dependencies": [2], "root": False},
    {"name": "ndk-sys", "version": "0.4.0+1", "source": "public", "kind": "build", "dependencies": [], "root": False},
]
FEWER = [CRATES[0], {**CRATES[1], "dependencies": []}]
PROGRAM = program(CRATES)
SHA256 = hashlib.sha256(PROGRAM).hexdigest()
MANIFEST: dict[str, Any] = {
    "id": ID,
    "version": "0.8.0",
    "binary": {"sha256": SHA256},
    "inputs": {"method": "artifact"},
}

RELEASE = {"kind": "release", "name": ID, "path": "/opt/x/bin/librespot", "sha256": SHA256}


def sbom(crates: list[dict[str, Any]] | None = None, sha256: str = SHA256) -> bytes:
    known = recorded_crates(CRATES if crates is None else crates, "the program")
    return program_sbom({**MANIFEST, "binary": {"sha256": sha256}}, known)


def artifact(directory: Path, bill: bytes) -> Path:
    return Path(ArtifactCache(str(directory)).publish(ID, PROGRAM, MANIFEST, {"sbom.cdx.json": bill}).path)


class TestMatch:
    def test_that_of_the_program_is_taken(self) -> None:
        assert refuse_other(sbom(), PROGRAM, "it") == 3

    def test_crates_that_differ_are_named(self) -> None:
        changed = [*CRATES[:1], {**CRATES[1], "version": "0.3.55"}, CRATES[2]]
        with pytest.raises(HostError) as caught:
            refuse_other(sbom(changed), PROGRAM, "it")
        assert "does not name time 0.3.44" in str(caught.value)
        assert "names what is not in the program: time 0.3.55" in str(caught.value)

    def test_metadata_of_a_build_makes_another_crate(self) -> None:
        with pytest.raises(HostError, match=r"does not name ndk-sys 0\.4\.0\+1"):
            refuse_other(sbom([*CRATES[:2], {**CRATES[2], "version": "0.4.0+2"}]), PROGRAM, "it")

    def test_that_of_another_program_with_the_same_crates_is_refused(self) -> None:
        with pytest.raises(HostError, match="is about another program"):
            refuse_other(sbom(sha256="1" * 64), PROGRAM, "it")

    def test_a_program_that_records_nothing_is_refused(self) -> None:
        with pytest.raises(HostError, match="does not say what it was made of"):
            refuse_other(sbom([]), program([]), "it")

    @pytest.mark.parametrize(
        "content",
        [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"bomFormat": "CycloneDX", "components": [{"purl": "x"}]}'],
    )
    def test_what_is_no_sbom_is_refused(self, content: bytes) -> None:
        with pytest.raises(HostError, match="is no SBOM that can be read"):
            refuse_other(content, PROGRAM, "it")


class TestPath:
    def test_an_artifact_has_its_own(self, tmp_path: Path) -> None:
        found = bill_of(str(artifact(tmp_path, sbom())))
        assert (found.content, found.artifact, found.sha256, found.crates) == (sbom(), ID, SHA256, 3)

    def test_an_artifact_with_that_of_another_is_refused(self, tmp_path: Path) -> None:
        path = artifact(tmp_path, sbom(FEWER))
        with pytest.raises(HostError, match="ndk-sys"):
            bill_of(str(path))

    def test_a_damaged_artifact_is_refused(self, tmp_path: Path) -> None:
        path = artifact(tmp_path, sbom())
        (path / "sbom.cdx.json").write_bytes(sbom() + b"\n")
        with pytest.raises(HostError, match="no whole artifact"):
            bill_of(str(path))

    def test_that_of_a_program_is_made_of_what_it_records(self, tmp_path: Path) -> None:
        (tmp_path / "librespot").write_bytes(PROGRAM)
        found = bill_of(str(tmp_path / "librespot"))
        assert (found.artifact, found.sha256, found.crates) == ("0.8.0", SHA256, 3)
        assert all("hashes" not in item for item in json.loads(found.content)["components"])

    def test_a_lock_file_completes_it(self, tmp_path: Path) -> None:
        (tmp_path / "librespot").write_bytes(PROGRAM)
        blocks = [
            f'[[package]]\nname = "{crate["name"]}"\nversion = "{crate["version"]}"\nchecksum = "{"c" * 64}"\n'
            for crate in CRATES
        ]
        (tmp_path / "Cargo.lock").write_text("\n".join(blocks), encoding="utf-8")
        found = bill_of(str(tmp_path / "librespot"), str(tmp_path / "Cargo.lock"))
        assert {item["hashes"][0]["content"] for item in json.loads(found.content)["components"]} == {"c" * 64}
        (tmp_path / "Cargo.lock").write_text("\n".join(blocks[:2]), encoding="utf-8")
        with pytest.raises(HostError, match=r"does not have ndk-sys 0\.4\.0\+1"):
            bill_of(str(tmp_path / "librespot"), str(tmp_path / "Cargo.lock"))

    @pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", program([])])
    def test_what_is_none_of_them_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "any").write_bytes(content)
        for path in (tmp_path / "any", tmp_path / "missing"):
            with pytest.raises(HostError):
                bill_of(str(path))


class TestHost:
    @staticmethod
    def never(path: str) -> bytes:
        raise AssertionError(path)

    def test_what_the_controller_built_is_not_fetched_again(self, tmp_path: Path) -> None:
        artifact(tmp_path, sbom())
        item = {**RELEASE, "sbom": sbom().decode()}
        found = bill_on_host(item, "kitchen", str(tmp_path), self.never)
        assert (found.content, found.artifact) == (sbom(), ID)

    def test_what_it_did_not_build_is_fetched_to_be_looked_at(self, tmp_path: Path) -> None:
        item = {**RELEASE, "sbom": sbom().decode()}
        assert bill_on_host(item, "kitchen", str(tmp_path), {"/opt/x/bin/librespot": PROGRAM}.__getitem__).crates == 3

    def test_a_program_that_was_changed_on_the_host_is_looked_at_there(self, tmp_path: Path) -> None:
        artifact(tmp_path, sbom())
        other = program(FEWER)
        item = {**RELEASE, "sha256": hashlib.sha256(other).hexdigest(), "sbom": sbom().decode()}
        with pytest.raises(HostError, match=r"on kitchen names what is not in the program: ndk-sys 0\.4\.0\+1"):
            bill_on_host(item, "kitchen", str(tmp_path), lambda _path: other)

    def test_one_that_was_changed_on_the_host_is_refused(self, tmp_path: Path) -> None:
        artifact(tmp_path, sbom())
        item = {**RELEASE, "sbom": sbom(FEWER).decode()}
        with pytest.raises(HostError, match="does not name ndk-sys"):
            bill_on_host(item, "kitchen", str(tmp_path), self.never)

    def test_what_has_none_or_changes_meanwhile_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(HostError, match="has no SBOM beside it"):
            bill_on_host({**RELEASE, "sbom": ""}, "kitchen", str(tmp_path), self.never)
        with pytest.raises(HostError, match="changed while it was fetched"):
            bill_on_host({**RELEASE, "sbom": "{}"}, "kitchen", str(tmp_path), lambda _path: b"other")

    def test_what_is_no_release_of_ours_names_no_file(self, tmp_path: Path) -> None:
        for name in ("../../etc/cron.d/x", "a/b", "", ID + "\n", "0.8.0"):
            with pytest.raises(HostError, match="on kitchen is not a release of this collection"):
                bill_on_host({**RELEASE, "name": name, "sbom": sbom().decode()}, "kitchen", str(tmp_path), self.never)

    @pytest.mark.parametrize(
        "version", ["../../x", "0.8.0/x", ID, ID.replace("x86_64", "aarch64"), "", "0.8.0\n", None, 8, {"a": 1}]
    )
    def test_a_container_names_no_file_by_what_its_sbom_says(self, tmp_path: Path, version: Any) -> None:
        said = json.loads(sbom())
        said["metadata"]["component"]["version"] = version
        item = {**RELEASE, "kind": "container", "sbom": json.dumps(said)}
        with pytest.raises(HostError, match="does not say which version it is about"):
            bill_on_host(item, "kitchen", str(tmp_path), lambda _path: PROGRAM)

    @pytest.mark.parametrize("metadata", [None, [], {}, {"component": None}, {"component": "x"}])
    def test_one_that_is_about_nothing_is_refused(self, tmp_path: Path, metadata: Any) -> None:
        said = {**json.loads(sbom()), "metadata": metadata}
        item = {**RELEASE, "kind": "container", "sbom": json.dumps(said)}
        with pytest.raises(HostError, match="SBOM of"):
            bill_on_host(item, "kitchen", str(tmp_path), lambda _path: PROGRAM)

    def test_images_of_one_version_have_files_of_their_own(self, tmp_path: Path) -> None:
        said = json.loads(sbom())
        library = {"type": "library", "name": "libc6", "version": "2.41", "purl": "pkg:deb/debian/libc6@2.41"}
        texts = [json.dumps(said), json.dumps({**said, "components": [*said["components"], library]})]
        bills = [
            bill_on_host(
                {**RELEASE, "kind": "container", "sbom": text}, "kitchen", str(tmp_path), lambda _path: PROGRAM
            )
            for text in texts
        ]
        assert [bill.artifact for bill in bills] == ["0.8.0", "0.8.0"]
        assert [bill.stem for bill in bills] == [
            f"0.8.0-{hashlib.sha256(text.encode()).hexdigest()[:12]}" for text in texts
        ]
        item = {**RELEASE, "sbom": sbom().decode()}
        assert bill_on_host(item, "kitchen", str(tmp_path), lambda _path: PROGRAM).stem == ID
