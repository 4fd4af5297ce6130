# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image is made of its inputs alone."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import (
    PLATFORMS,
    PROBE,
    ImageFile,
    ImagePackage,
    image_identifier,
    skeleton,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.image import (
    configuration,
    contents,
    described,
    image_archive,
    layer,
    tag,
)

ARTIFACT: dict[str, Any] = {
    "id": "0.8.0-x86_64-glibc2.36-0123456789ab",
    "version": "0.8.0",
    "binary": {"sha256": "0" * 64, "architecture": "x86_64"},
    "sbom": {"sha256": "0" * 64},
    "inputs": {"source_date_epoch": 1762732800},
}
PROGRAM = ImageFile("/usr/bin/librespot", ARTIFACT["id"], b"program", 0o555)

paths = st.lists(st.sampled_from(["usr", "lib", "etc", "a", "b"]), min_size=1, max_size=4).map("/".join)
files = st.lists(
    st.builds(lambda path, content: ImageFile(f"/{path}.file", "package", content), paths, st.binary(max_size=64)),
    max_size=8,
    unique_by=lambda item: item.path,
)


def members(archive: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getmembers()


@given(files, st.randoms())
def test_the_order_of_files_makes_no_difference(found: list[ImageFile], random: Any) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert layer(shuffled, ARTIFACT) == layer(found, ARTIFACT)


@given(files)
def test_each_file_is_there_once_behind_its_directories_and_nobody_may_write_it(found: list[ImageFile]) -> None:
    seen: set[str] = {""}
    for member in members(layer(found, ARTIFACT)):
        assert member.name not in seen
        assert member.name.rpartition("/")[0] in seen
        assert (member.uid, member.gid, member.mode & 0o222, member.mtime) == (0, 0, 0, 1762732800)
        seen.add(member.name)
    assert {item.path.lstrip("/") for item in found} <= seen


def test_each_architecture_finds_its_interpreter_by_the_links() -> None:
    for platform in PLATFORMS.values():
        links = {item.path: item.target for item in skeleton(platform) if item.target}
        top = f"/{platform.loader.split('/')[1]}"
        assert f"/{links[top]}" == f"/usr{top}"
        kinds = {member.name: member for member in members(layer(skeleton(platform), ARTIFACT))}
        assert kinds[top.lstrip("/")].issym()


def test_the_id_is_the_digest_of_the_configuration_which_names_the_layer() -> None:
    only = layer([PROGRAM], ARTIFACT)
    config = configuration(ARTIFACT, [only], b"the sbom")
    said = json.loads(config)
    assert said["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(only).hexdigest()}"]
    manifest = described("image", ARTIFACT, contents([PROGRAM], [], "debian", "12"), b"the sbom", 3, config, b"all")
    assert manifest["image"] == f"sha256:{hashlib.sha256(config).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(image_archive(config, [only], tag(ARTIFACT)))) as tar:
        inside = {member.name: handle.read() for member in tar if (handle := tar.extractfile(member))}
    (named,) = json.loads(inside["manifest.json"])
    assert inside[named["Config"]] == config
    assert [inside[name] for name in named["Layers"]] == [only]
    assert named["RepoTags"] == ["hardened-librespot:0.8.0"]


def test_run_by_hand_it_is_no_root_says_goodbye_and_is_asked_for_a_sign_of_life() -> None:
    said = json.loads(configuration(ARTIFACT, [b""], b""))
    assert said["config"]["User"] == "65532:65532"
    assert said["config"]["StopSignal"] == "SIGINT"
    assert said["config"]["Healthcheck"]["Test"][:2] == ["CMD", PROBE]
    assert (said["created"], said["os"], said["architecture"]) == ("2025-11-10T00:00:00Z", "linux", "amd64")


@pytest.mark.parametrize(
    ("architecture", "engine", "variant", "interpreter"),
    [
        ("x86_64", "amd64", None, "/lib64/ld-linux-x86-64.so.2"),
        ("aarch64", "arm64", "v8", "/lib/ld-linux-aarch64.so.1"),
        ("armv7l", "arm", "v7", "/lib/ld-linux-armhf.so.3"),
    ],
)
def test_each_architecture_has_the_name_that_engines_know(
    architecture: str, engine: str, variant: str | None, interpreter: str
) -> None:
    """As the image specification lists them, and as each ABI has its interpreter."""
    said = json.loads(configuration({**ARTIFACT, "binary": {"architecture": architecture, "sha256": ""}}, [], b""))
    assert (said["architecture"], said.get("variant")) == (engine, variant)
    assert PLATFORMS[architecture].loader == interpreter


def test_the_configuration_names_the_sbom_by_its_digest() -> None:
    labels = json.loads(configuration(ARTIFACT, [b""], b"the sbom"))["config"]["Labels"]
    assert labels["hardened.librespot.sbom"] == f"sha256:{hashlib.sha256(b'the sbom').hexdigest()}"


def test_every_file_is_accounted_for() -> None:
    link = ImageFile("/lib", "hardened.librespot", target="usr/lib")
    package = ImagePackage("libc6", "2.36-9", "amd64", "glibc", "2.36-9")
    made_of = contents([PROGRAM, link], [package], "debian", "12")
    manifest = described("image", ARTIFACT, made_of, b"the sbom", 3, b"{}", b"all")
    assert manifest["files"] == [
        {"path": "/lib", "target": "usr/lib", "origin": "hardened.librespot"},
        {
            "path": "/usr/bin/librespot",
            "mode": "0555",
            "size": 7,
            "sha256": hashlib.sha256(b"program").hexdigest(),
            "origin": ARTIFACT["id"],
        },
        {
            "path": "/usr/share/sbom/librespot.cdx.json",
            "mode": "0444",
            "size": 8,
            "sha256": hashlib.sha256(b"the sbom").hexdigest(),
            "origin": "hardened.librespot",
        },
    ]
    assert manifest["size"] == 15
    assert [item["version"] for item in manifest["packages"]] == ["2.36-9"]


def test_another_program_another_sbom_or_another_health_check_is_another_image() -> None:
    other = {**ARTIFACT, "binary": {**ARTIFACT["binary"], "sha256": "1" * 64}}
    said = {**ARTIFACT, "sbom": {"sha256": "2" * 64}}
    artifacts = [(ARTIFACT, "a"), (other, "a"), (ARTIFACT, "b"), (said, "a")]
    names = {image_identifier(artifact, probe) for artifact, probe in artifacts}
    assert len(names) == 4
    assert all(name.startswith("image-0.8.0-x86_64-") for name in names)
