# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of the real librespot, made twice in two places, and run by the real engine."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARCHIVE, PROBE, PROGRAM
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.support.hosts import BUILDER, Host
from tests.support.plays import Controller, Run, built

PLAY = Path(__file__).with_name("image.yml")
PLACES = ("/var/cache/hardened-librespot/first", "/var/cache/hardened-librespot/elsewhere/second")
PORT = 37879
MOST_OVERHEAD = 1.15
STOP_S = 2.0


@dataclass(frozen=True)
class Made:
    """An image: what the module said, and the run that made it."""

    said: dict[str, Any]
    run: Run

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = self.said["manifest"]
        return found

    @property
    def archive(self) -> Path:
        return Path(self.said["path"], ARCHIVE)


def engine(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make(directory: Path, work_dir: str) -> Made:
    """Make the image in *work_dir*, into a cache below *directory*."""
    controller = Controller(Host(BUILDER), directory)
    said = directory / "image.json"
    variables = {
        "artifact": built(controller)["path"],
        "work_dir": work_dir,
        "cache_dir": str(directory / "cache"),
        "said": str(said),
    }
    try:
        run = controller.converge(PLAY, variables)
    finally:
        Host(BUILDER).run("rm", "-rf", work_dir)
    return Made(json.loads(said.read_text(encoding="utf-8")), run)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("controller")


@pytest.fixture(scope="module")
def image(directory: Path) -> Made:
    return make(directory, PLACES[0])


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
    other = make(tmp_path, PLACES[1])
    assert other.said["image"] == image.said["image"]
    assert other.archive.read_bytes() == image.archive.read_bytes()


def test_what_is_in_the_cache_is_not_made_again(image: Made, directory: Path) -> None:
    assert image.said["changed"]
    again = make(directory, PLACES[0])
    assert not again.said["changed"]
    assert "starting on the build host" not in again.run.output


def test_its_files_are_those_of_the_manifest_and_little_more_than_librespot_with_its_libraries(image: Made) -> None:
    with tarfile.open(image.archive) as outer:
        contents = {member.name: handle.read() for member in outer if (handle := outer.extractfile(member))}
    (named,) = json.loads(contents["manifest.json"])
    found = []
    for name in named["Layers"]:
        with tarfile.open(fileobj=io.BytesIO(contents[name])) as tar:
            found += [f"/{member.name}" for member in tar if not member.isdir()]
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
    show(
        "image",
        ["files", "bytes", "librespot and its libraries", "times", "packages"],
        [
            list(
                map(
                    str,
                    (
                        len(found),
                        image.manifest["size"],
                        needed,
                        round(image.manifest["size"] / needed, 3),
                        len(packages),
                    ),
                )
            )
        ],
    )
    assert image.manifest["size"] <= MOST_OVERHEAD * needed


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
