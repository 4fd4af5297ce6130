# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SBOMs of the real librespot: valid, complete, of what is deployed, and refused where they are of something else."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from tests.supply.conftest import Artifacts
from tests.supply.reader import embedded
from tests.support.hosts import Host, fresh
from tests.support.images import Made
from tests.support.plays import Controller, Run, activate

RELEASE = "/opt/librespot/current"


def crates(bill: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the crates of an SBOM by name and version."""
    components = [*bill["components"], bill["metadata"]["component"]]
    purls = [(PackageURL.from_string(item["purl"]), item) for item in components if item.get("purl")]
    return {(str(purl.name), str(purl.version)): item for purl, item in purls if purl.type == "cargo"}


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {item["name"].partition(":")[2]: item["value"] for item in component.get("properties", ())}


class TestArtifact:
    @pytest.fixture
    def path(self, artifact: Artifacts) -> Path:
        return artifact("0.8.0")

    @pytest.fixture
    def bill(self, path: Path) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((path / "sbom.cdx.json").read_text(encoding="utf-8"))
        return said

    def test_it_is_valid_by_the_official_schema(self, path: Path) -> None:
        text = (path / "sbom.cdx.json").read_text(encoding="utf-8")
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
        assert error is None, error

    def test_it_names_exactly_the_crates_that_are_embedded(self, path: Path, bill: dict[str, Any]) -> None:
        assert set(crates(bill)) == embedded((path / "bin/librespot").read_bytes())

    def test_checksums_are_those_of_the_lock_file(self, path: Path, bill: dict[str, Any]) -> None:
        packages = tomllib.loads((path / "Cargo.lock").read_text(encoding="utf-8"))["package"]
        locked = {(item["name"], item["version"]): item.get("checksum") for item in packages}
        found = {key: item["hashes"][0]["content"] for key, item in crates(bill).items() if key[0] != "librespot"}
        assert found == {key: locked[key] for key in found}

    def test_each_crate_has_a_licence_and_says_who_asks_for_it(self, bill: dict[str, Any]) -> None:
        found = crates(bill)
        assert all(item["licenses"] for item in found.values())
        root = found.pop(("librespot", "0.8.0"))
        direct = {key for key, item in found.items() if properties(item)["dependency"] == "direct"}
        needs = {item["ref"]: set(item.get("dependsOn", ())) for item in bill["dependencies"]}
        assert {found[key]["bom-ref"] for key in direct} == needs[root["bom-ref"]]
        assert {name for name, _version in direct} > {"librespot-core", "librespot-playback", "tokio"}

    def test_features_are_those_of_the_build_and_what_was_not_compiled_is_said(self, bill: dict[str, Any]) -> None:
        found = crates(bill)
        chosen = set(properties(found["librespot", "0.8.0"])["features"].split(","))
        assert {"alsa-backend", "rustls-tls-webpki-roots", "with-libmdns"} <= chosen
        assert "rodio-backend" not in chosen
        absent = {name for (name, _version), item in found.items() if properties(item).get("compiled") == "no"}
        # Each is behind a feature that nobody asked for: HTTP/3 of reqwest, macros of time.
        assert "quinn-proto" in absent
        assert absent.isdisjoint({"tokio", "rustls", "alsa"})

    def test_as_spdx_it_is_valid(self, path: Path, tmp_path: Path) -> None:
        controller = Controller(Host("localhost"), tmp_path)
        written = tmp_path / "librespot.spdx.json"
        task = {"path": str(path), "dest": str(written), "format": "spdx"}
        for changed in (True, False):
            run = play(controller, task)
            assert run.status == 0, run.output
            assert (run.recap(controller.host)["changed"] == 1) is changed
        assert validate_full_spdx_document(parse_file(str(written)), "SPDX-2.3") == []


def test_an_image_has_the_crates_of_its_artifact_and_a_package_for_each_library(
    artifact: Artifacts, image: Made, tmp_path: Path
) -> None:
    written = tmp_path / "image.cdx.json"
    run = play(Controller(Host("localhost"), tmp_path), {"path": image.said["path"], "dest": str(written)})
    assert run.status == 0, run.output
    text = written.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    own = json.loads((artifact("0.8.0") / "sbom.cdx.json").read_text(encoding="utf-8"))
    mine, theirs = crates(bill), crates(own)
    for item in (mine, theirs):
        # The program has another path in an image.
        item["librespot", "0.8.0"].pop("components")
    assert mine == theirs
    below = {
        file["name"]: item.get("purl", "")
        for item in bill["components"]
        for file in item.get("components", ())
        if ".so" in file["name"]
    }
    libraries = {item["path"] for item in image.manifest["files"] if ".so" in item["path"]}
    assert set(below) == libraries
    assert all(purl.startswith("pkg:deb/debian/") for purl in below.values())


@pytest.fixture(scope="module")
def controller(artifact: Artifacts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    path = artifact("0.8.0")
    with fresh("supply-sbom", "debian12") as host:
        made = Controller(host, tmp_path_factory.mktemp("fleet"))
        activate(made, {"id": path.name, "path": str(path)})
        yield made


class TestHost:
    """What is deployed on a host, and what someone changed there."""

    @pytest.fixture
    def damaged(self, controller: Controller) -> Iterator[Host]:
        host = controller.host
        host.out("cp", "-a", f"{RELEASE}/sbom.cdx.json", "/root/sbom")
        yield host
        host.out("sh", "-c", f"cp -a /root/sbom {RELEASE}/sbom.cdx.json")

    def test_it_lies_beside_the_program(self, controller: Controller, artifact: Artifacts) -> None:
        mode, owner, path = controller.host.out("stat", "-c", "%a %U %n", f"{RELEASE}/sbom.cdx.json").split()
        assert (mode, owner, path) == ("444", "root", f"{RELEASE}/sbom.cdx.json")
        controller.host.out("sh", "-c", f"cd {RELEASE}/ && sha256sum --check --quiet --strict SHA256SUMS")
        shown = controller.host.out("cat", f"{RELEASE}/sbom.cdx.json")
        assert shown == (artifact("0.8.0") / "sbom.cdx.json").read_text(encoding="utf-8")

    @pytest.mark.parametrize("per", ["host", "artifact"])
    def test_it_is_fetched_once(self, controller: Controller, artifact: Artifacts, tmp_path: Path, per: str) -> None:
        task = {"source": "host", "dest": str(tmp_path / "sboms"), "per": per}
        name = controller.host.name if per == "host" else artifact("0.8.0").name
        checked = play(controller, task, "--check")
        assert (checked.recap(controller.host)["changed"], list(tmp_path.iterdir())) == (1, [])
        for changed in (1, 0):
            run = play(controller, task)
            assert run.recap(controller.host)["changed"] == changed, run.output
        (written,) = (tmp_path / "sboms").iterdir()
        assert written.name == f"{name}.cdx.json"
        assert written.read_bytes() == (artifact("0.8.0") / "sbom.cdx.json").read_bytes()

    def test_what_the_controller_has_not_built_is_looked_at_on_the_host(
        self, controller: Controller, tmp_path: Path
    ) -> None:
        task = {"source": "host", "dest": str(tmp_path / "sboms"), "cache_dir": str(tmp_path / "empty")}
        run = play(controller, task)
        assert run.recap(controller.host)["changed"] == 1, run.output

    def test_one_that_names_other_crates_is_refused(
        self, controller: Controller, damaged: Host, tmp_path: Path
    ) -> None:
        damaged.out("sed", "-i", "s|pkg:cargo/tokio@1|pkg:cargo/tokio@9|", f"{RELEASE}/sbom.cdx.json")
        run = play(controller, {"source": "host", "dest": str(tmp_path / "sboms")})
        assert run.status != 0
        assert "does not name tokio 1." in run.output
        assert "names what is not in the program: tokio 9." in run.output
        assert list(tmp_path.iterdir()) == []

    def test_two_hosts_that_contradict_each_other_file_nothing(
        self, controller: Controller, damaged: Host, artifact: Artifacts, tmp_path: Path
    ) -> None:
        identifier = artifact("0.8.0").name
        # It still matches the program, so that nothing else refuses it.
        change = f"sed --in-place 's/Apache-2.0/0BSD/' {RELEASE}/sbom.cdx.json"
        task = {"source": "host", "dest": str(tmp_path / "sboms"), "per": "artifact"}
        inventory = tmp_path / "other.json"
        inventory.write_text(
            json.dumps({"all": {"hosts": {"other": {**damaged.connection, "ansible_host": damaged.name}}}}),
            encoding="utf-8",
        )

        def fetch(*hosts: str, **cache: str) -> Run:
            tasks: list[dict[str, Any]] = [{"hardened.librespot.sbom": {**task, **cache}}]
            before = {"other": [{"ansible.builtin.command": change}]}
            plays = [{"hosts": host, "gather_facts": False, "tasks": [*before.get(host, []), *tasks]} for host in hosts]
            book = tmp_path / "plays.yml"
            book.write_text(json.dumps(plays), encoding="utf-8")
            return controller.run(book, {}, ["--inventory", str(inventory)])

        run = fetch("librespot", "other", cache_dir=str(tmp_path / "empty"))
        assert run.status != 0
        assert f"{damaged.name} and other give different SBOMs for {identifier}" in run.output, run.output
        assert list((tmp_path / "sboms").iterdir()) == []
        # The controller has made this one, and needs no other host to tell.
        run = fetch("other")
        assert run.status != 0
        assert f"other says that it has {identifier}, and its SBOM is not the one in the controller" in run.output
        assert list((tmp_path / "sboms").iterdir()) == []

    def test_a_release_without_one_is_refused(self, controller: Controller, damaged: Host, tmp_path: Path) -> None:
        damaged.out("rm", f"{RELEASE}/sbom.cdx.json")
        run = play(controller, {"source": "host", "dest": str(tmp_path / "sboms")})
        assert run.status != 0
        assert "has no SBOM beside it" in run.output


def play(controller: Controller, task: dict[str, Any], *options: str) -> Run:
    """Run the module alone."""
    local = {"ansible_connection": "local"} if controller.host.name == "localhost" else {}
    tasks = {"hardened.librespot.sbom": task, "vars": local}
    return controller.run(controller.playbook(tasks), {}, options)
