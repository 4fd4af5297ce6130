# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of the real librespot, made twice in two places, and run by the real engine."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.running import running
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROBE, PROGRAM, SBOM, SBOM_LABEL
from ansible_collections.hardened.librespot.plugins.plugin_utils.elf import inspect
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.support.hosts import BUILDER, Host
from tests.support.images import Made, make
from tests.support.plays import Controller

PLACES = ("/var/cache/hardened-librespot/first", "/var/cache/hardened-librespot/elsewhere/second")
PORT = 37879
MOST_OVERHEAD = 1.15
STOP_S = 2.0


def engine(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def made(directory: Path, work_dir: str) -> Made:
    """Make the image in *work_dir*, into a cache below *directory*."""
    try:
        return make(directory, work_dir=work_dir, cache_dir=str(directory / "cache"))
    finally:
        Host(BUILDER).run("rm", "-rf", work_dir)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("controller")


@pytest.fixture(scope="module")
def image(directory: Path) -> Made:
    return made(directory, PLACES[0])


@pytest.fixture
def container(image: Made) -> Iterator[str]:
    """Run the image by hand, as its own configuration says, and yield the container's name."""
    engine("load", "--input", str(image.archive))
    name = "hardened-librespot-image-test"
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
    hardened = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
    options = ["--name=Image", "--backend=pipe", f"--zeroconf-port={PORT}"]
    engine("run", "--detach", "--name", name, *hardened, image.said["image"], *options)
    try:
        yield name
    finally:
        engine("rm", "--force", name)
        engine("rmi", "--force", image.said["image"])


def test_two_places_give_the_same_image(image: Made, tmp_path: Path) -> None:
    other = made(tmp_path, PLACES[1])
    assert other.said["image"] == image.said["image"]
    assert other.archive.read_bytes() == image.archive.read_bytes()


@pytest.mark.usefixtures("container")
def test_its_sbom_is_fetched_from_the_host_on_which_it_runs(image: Made, directory: Path) -> None:
    # The engine's host is this machine, on which those of other tests may run as well.
    controller = Controller(Host("localhost"), directory)
    task = {"source": "host", "dest": str(directory / "sboms"), "per": "artifact"}
    local = {"ansible_connection": "local"}
    controller.converge(controller.playbook({"hardened.librespot.sbom": task, "vars": local}), {})
    (inside,) = (content for member, content in image.members() if f"/{member.name}" == SBOM)
    assert inside in [path.read_bytes() for path in (directory / "sboms").iterdir()]


def test_what_is_in_the_cache_is_not_made_again(image: Made, directory: Path) -> None:
    assert image.said["changed"]
    again = made(directory, PLACES[0])
    assert not again.said["changed"]
    assert "starting on the build host" not in again.run.output


def test_its_files_are_those_of_the_manifest_and_little_more_than_librespot_with_its_libraries(image: Made) -> None:
    found = [f"/{member.name}" for member, _content in image.members() if not member.isdir()]
    listed = image.manifest["files"]
    assert sorted(found) == [item["path"] for item in listed]
    packages = {item["name"] for item in image.manifest["packages"]}
    assert {item["origin"] for item in listed} == packages | {"hardened.librespot", image.manifest["artifact"]}
    # Whatever could be run: librespot, its health check, and what the libraries are.
    programs = [
        item["path"] for item in listed if item.get("mode") == "0555" and not item["path"].startswith("/usr/lib")
    ]
    assert programs == [PROGRAM, PROBE]
    needed = sum(item["size"] for item in listed if item["path"] == PROGRAM or ".so" in item["path"])
    size = image.manifest["size"]
    show(
        "image",
        ["files", "bytes", "librespot and its libraries", "times", "packages in its SBOM"],
        [[str(len(found)), str(size), str(needed), f"{size / needed:.3f}", str(image.said["sbom"]["packages"])]],
    )
    assert size <= MOST_OVERHEAD * needed


def test_its_sbom_is_in_it_and_accounts_for_every_other_file(image: Made) -> None:
    inside = {f"/{member.name}": content for member, content in image.members()}
    sbom = inside.pop(SBOM)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.decode()) is None
    (named,) = json.loads(image.contents()["manifest.json"])
    config = json.loads(image.contents()[named["Config"]])
    assert config["config"]["Labels"][SBOM_LABEL] == f"sha256:{hashlib.sha256(sbom).hexdigest()}"
    said = json.loads(sbom)
    # Of another maker than the list that the build host gave: what the binary and the layer say themselves.
    layer = hashlib.sha256(image.contents()[named["Layers"][0]]).hexdigest()
    assert said["metadata"]["component"]["properties"] == [
        {"name": "hardened.librespot:layer", "value": f"sha256:{layer}"}
    ]
    files = [item for component in said["components"] for item in component.get("components", ())]
    digests = {item["name"]: item["hashes"][0]["content"] for item in files if "hashes" in item}
    regular = {f"/{member.name}" for member, _content in image.members() if member.isreg()} - {SBOM}
    assert digests == {path: hashlib.sha256(inside[path]).hexdigest() for path in regular}
    crates = {f"pkg:cargo/{item['name']}@{item['version']}" for item in inspect(inside[PROGRAM])["crates"]}
    debian = {item["name"] for item in image.manifest["packages"]}
    purls = {component["purl"] for component in said["components"] if "purl" in component}
    assert crates <= purls
    assert {purl.partition("@")[0] for purl in purls - crates} == {f"pkg:deb/debian/{name}" for name in debian}
    assert image.said["sbom"]["packages"] == len(purls) == len(crates) + len(debian)


def test_it_runs_by_hand_is_healthy_and_stops_at_once(image: Made, container: str) -> None:
    assert engine("inspect", "--format", "{{.Image}}", container) == image.said["image"]
    healthy = "{{.State.Health.Status}}"
    until(lambda: engine("inspect", "--format", healthy, container) == "healthy", 60, "it is healthy")
    begin = time.monotonic()
    engine("stop", container)
    took = time.monotonic() - begin
    code = engine("inspect", "--format", "{{.State.ExitCode}}", container)
    show("stop", ["s", "exit code"], [[f"{took:.2f}", code]])
    assert took < STOP_S
    assert code == "0"


def test_its_health_check_notices_what_does_not_answer(container: str) -> None:
    asked = [PROBE, str(PORT)]
    until(lambda: subprocess.run(["docker", "exec", container, *asked], check=False).returncode == 0, 60, "it answers")
    other = subprocess.run(
        ["docker", "exec", container, PROBE, str(PORT + 1)], capture_output=True, text=True, check=False
    )
    assert other.returncode == 1
    assert other.stderr.startswith("no answer: ")


def test_a_look_at_what_runs_finds_it_by_its_sbom_and_its_answer(container: str) -> None:
    asked = ["docker", "exec", container, PROBE, str(PORT)]
    until(lambda: subprocess.run(asked, check=False).returncode == 0, 60, "it answers")
    pid = int(engine("inspect", "--format", "{{.State.Pid}}", container))
    (found,) = (item for item in running(Files()) if item.pid == pid)
    assert (found.deployment, found.version, found.answered, found.problem) == ("container", "0.8.0", "0.8.0", "")
