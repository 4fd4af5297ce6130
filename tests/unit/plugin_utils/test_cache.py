# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's store of artifacts."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.upload import read_upload
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import FILES, LOCK, SBOM
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import (
    IMAGE,
    ArtifactCache,
    default_directory,
    pack,
)

NAME = "0.8.0-x86_64-glibc2.36-0123456789ab"
LOCK_FILE = b"version = 4\n"
MANIFEST: dict[str, Any] = {
    "id": NAME,
    "binary": {"sha256": "0"},
    "lock": {"sha256": hashlib.sha256(LOCK_FILE).hexdigest()},
}
BESIDE = {SBOM: b"{}\n", LOCK: LOCK_FILE}


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(str(tmp_path / "cache"))


def test_what_was_published_is_there(cache: ArtifactCache) -> None:
    assert cache.get(NAME) is None
    published = cache.publish(NAME, b"program", MANIFEST, BESIDE)
    assert cache.get(NAME) == published
    assert published.manifest == MANIFEST


@pytest.mark.parametrize("name", [*FILES, LOCK])
def test_an_artifact_with_one_byte_changed_is_not_there(cache: ArtifactCache, name: str) -> None:
    path = Path(cache.publish(NAME, b"program", MANIFEST, BESIDE).path, name)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert cache.get(NAME) is None
    assert cache.get(cache.publish(NAME, b"program", MANIFEST, BESIDE).manifest["id"]) is not None


@pytest.mark.parametrize("name", [*FILES, LOCK])
def test_an_artifact_that_lacks_a_file_is_not_there(cache: ArtifactCache, name: str) -> None:
    Path(cache.publish(NAME, b"program", MANIFEST, BESIDE).path, name).unlink()
    assert cache.get(NAME) is None


@pytest.mark.parametrize("name", IMAGE.files)
def test_of_an_image_what_is_beside_it_belongs_to_it(tmp_path: Path, name: str) -> None:
    images = ArtifactCache(str(tmp_path / "cache"), IMAGE)
    beside = {path: path.encode() for path in IMAGE.beside}
    path = Path(images.publish(NAME, b"image", MANIFEST, beside).path, name)
    assert images.get(NAME) is not None
    path.write_bytes(path.read_bytes() + b"!")
    assert images.get(NAME) is None


def test_what_is_uploaded_is_always_the_same_and_what_was_published(cache: ArtifactCache, tmp_path: Path) -> None:
    artifact = cache.publish(NAME, b"program", MANIFEST, BESIDE)
    assert pack(artifact) == pack(artifact)
    (tmp_path / "upload").write_bytes(pack(artifact))
    upload = read_upload(Files(), str(tmp_path / "upload"), artifact.digests)
    assert upload.manifest == MANIFEST
    assert set(upload.contents) == set(artifact.digests) == set(FILES)


def test_what_was_not_compiled_has_no_lock_file(cache: ArtifactCache) -> None:
    published = cache.publish(NAME, b"program", {**MANIFEST, "lock": None}, {SBOM: b"{}\n"})
    assert cache.get(NAME) == published


def test_the_second_of_two_runs_waits_and_is_told_for_whom(cache: ArtifactCache) -> None:
    told: list[str] = []
    inside = multiprocessing.get_context("fork").Event()
    leave = multiprocessing.get_context("fork").Event()

    def hold() -> None:
        with cache.claimed(NAME, "the run for kitchen", 1, lambda _holder, _seconds: None):
            inside.set()
            leave.wait(30)

    def waiting(holder: str, _seconds: float) -> None:
        told.append(holder)
        leave.set()

    child = multiprocessing.get_context("fork").Process(target=hold)
    child.start()
    assert inside.wait(30)
    with cache.claimed(NAME, "the run for bath", 30, waiting):
        assert told
        assert set(told) == {"the run for kitchen"}
    child.join()


def test_who_waits_too_long_is_told_who_is_in_the_way(cache: ArtifactCache) -> None:
    def nothing(_holder: str, _seconds: float) -> None:
        """Wait in silence."""

    with (
        cache.claimed(NAME, "the run for kitchen", 1, nothing),
        pytest.raises(HostError, match="the run for kitchen has been making"),
        cache.claimed(NAME, "the run for bath", 0, nothing),
    ):
        pass


@pytest.mark.parametrize(
    ("variables", "directory"),
    [
        ({"HARDENED_LIBRESPOT_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/hardened-librespot"),
        ({"HOME": "/c"}, "/c/.cache/hardened-librespot"),
    ],
)
def test_where_it_is(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], directory: str) -> None:
    for name in ("HARDENED_LIBRESPOT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert os.path.normpath(default_directory()) == directory
