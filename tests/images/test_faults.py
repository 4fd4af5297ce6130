# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with an image: it says so, nothing half is left, and what the engine had it keeps."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import (
    CHECKSUMS,
    MANIFEST,
    digests,
    encode_checksums,
    encode_manifest,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARCHIVE
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import IMAGE
from tests.attacks.hosts import Target
from tests.attacks.tables import TABLES, show
from tests.support.hosts import BUILDER, Host, fresh
from tests.support.images import PLAY, Made
from tests.support.plays import Controller, Run, built

SMALL = "/dev/shm"
"""A file system of the build host with room for 64 MiB."""

WORK_DIR = f"{SMALL}/hardened-librespot"


def told(fault: str, outcome: str) -> None:
    kept = TABLES.get("faults of an image", [])[1:]
    show("faults of an image", [f"{'fault':<44}", "what happens"], [[f"{fault:<44}", outcome]])
    TABLES["faults of an image"] += kept


def images(host: Host) -> list[str]:
    return sorted(
        host.out("docker", "image", "ls", "--all", "--no-trunc", "--format={{.ID}} {{.Repository}}").split("\n")
    )


def load(controller: Controller, path: Path) -> Run:
    task: dict[str, Any] = {"hardened.librespot.image": {"path": str(path)}}
    return controller.run(controller.playbook(task), {})


@pytest.mark.parametrize("free", [64, 8 * 1024, 40 * 1024], ids=lambda free: f"{free} KiB free")
def test_a_build_host_without_space_leaves_nothing_half(tmp_path: Path, free: int) -> None:
    builder, cache = Host(BUILDER), tmp_path / "cache"
    controller = Controller(builder, tmp_path)
    given = {"work_dir": WORK_DIR, "cache_dir": str(cache), "said": str(tmp_path / "said")}
    artifact = built(controller)["path"]
    fill = f"head -c $(( $(stat -f --format='%a * %S' {SMALL}) - {free} * 1024 )) /dev/zero > {SMALL}/fill"
    builder.out("sh", "-euc", fill)
    try:
        done = controller.run(PLAY, {"artifact": artifact, **given})
        left = builder.out("find", WORK_DIR, "-mindepth", "1", "-name", "unfinished-*").split()
    finally:
        builder.out("rm", "-rf", f"{SMALL}/fill", WORK_DIR)
    assert done.status != 0
    assert "No space left on device" in done.output, done.output
    assert "Traceback" not in done.output
    assert left == []
    assert [path for path in (cache / "container-images").rglob("*") if path.name != "lock"] == []
    told(f"{free} KiB free on the build host", "says so, nothing in the cache, nothing left there")


@pytest.fixture
def loaded(host: Target, image: Made, tmp_path: Path) -> Controller:
    """Return the controller of a host whose engine has the image."""
    controller = Controller(host, tmp_path)
    done = load(controller, image.archive.parent)
    assert done.status == 0, done.output
    return controller


OTHER = f"sha256:{'0' * 64}"


def tampered(image: Made, directory: Path) -> Path:
    """Return a copy of the image, one that the engine does not have, with one bit of its archive changed."""
    copy = directory / "tampered"
    shutil.copytree(image.archive.parent, copy)
    content = bytearray(image.archive.read_bytes())
    content[len(content) // 2] ^= 1
    (copy / ARCHIVE).write_bytes(content)
    (copy / MANIFEST).write_bytes(encode_manifest({**image.manifest, "image": OTHER}))
    return copy


def with_checksums(copy: Path) -> Path:
    """Write the checksums of *copy* as whoever changes the controller's cache would."""
    names = [name for name in IMAGE.files if name != CHECKSUMS]
    (copy / CHECKSUMS).write_bytes(encode_checksums(digests({name: (copy / name).read_bytes() for name in names})))
    return copy


def test_an_archive_with_one_bit_changed_is_not_even_uploaded(
    loaded: Controller, host: Target, image: Made, tmp_path: Path
) -> None:
    before = images(host), host.snapshot()
    done = load(loaded, tampered(image, tmp_path))
    assert done.status != 0
    assert "no whole image is there" in done.output
    assert (images(host), host.snapshot()) == before
    told("one bit of the archive changed", "refused on the controller")


def test_one_whose_checksums_were_changed_with_it_never_reaches_the_engine(
    loaded: Controller, host: Target, image: Made, tmp_path: Path
) -> None:
    before = images(host), host.snapshot()
    done = load(loaded, with_checksums(tampered(image, tmp_path)))
    assert done.status != 0
    assert f"What came to this host is not the archive of the image {OTHER}" in done.output
    assert (images(host), host.snapshot()) == before
    told("one bit changed, and its checksum with it", "refused on the host, the engine is given nothing")


def test_one_that_is_another_image_than_it_says_does_not_replace_what_is_there(
    loaded: Controller, host: Target, image: Made, tmp_path: Path
) -> None:
    """Its layer is one that the engine has, so the changed bytes are not even read; its id gives it away."""
    before = images(host)
    copy = tampered(image, tmp_path)
    archive = f"sha256:{hashlib.sha256((copy / ARCHIVE).read_bytes()).hexdigest()}"
    (copy / MANIFEST).write_bytes(encode_manifest({**image.manifest, "image": OTHER, "archive": archive}))
    done = load(loaded, with_checksums(copy))
    assert done.status != 0
    assert f"What was loaded is not the image {OTHER}" in done.output
    assert images(host) == before
    told("all checksums changed as well", "refused by its id, the engine keeps the old one")
    # The next good run removes what was written of it.
    assert load(loaded, image.archive.parent).status == 0
    assert [path for path in host.snapshot() if "0" * 64 in path] == []


def test_a_host_without_an_engine_is_told_what_to_install(image: Made, tmp_path: Path) -> None:
    with fresh("hardened-librespot-no-engine", "debian12") as bare:
        controller = Controller(bare, tmp_path)
        before = bare.snapshot()
        done = load(controller, image.archive.parent)
        assert done.status != 0
        assert "apt-get install --no-install-recommends python3-docker" in done.output
        bare.out("apt-get", "update", "-q")
        bare.out("apt-get", "install", "-q", "-y", "--no-install-recommends", "python3-docker", timeout=600)
        done = load(controller, image.archive.parent)
        assert done.status != 0
        assert "The engine did not answer who it is" in done.output
        assert "docker.service" in done.output
        assert bare.snapshot() == before == {}
    told("no engine on the host", "says so, nothing changed")
