# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is deployed is found with the SBOM beside it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import deployed
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files

ID = "0.8.0-x86_64-glibc2.36-0123456789ab"


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployed, "pids", lambda: [os.getpid()])


@pytest.fixture
def release(tmp_path: Path) -> Path:
    made = tmp_path / f"opt/librespot/releases/{ID}"
    (made / "bin").mkdir(parents=True)
    (made / "bin/librespot").write_bytes(b"program")
    (made / "sbom.cdx.json").write_text("{}", encoding="utf-8")
    (tmp_path / "opt/librespot/current").symlink_to(f"releases/{ID}")
    return made


def test_the_active_release_with_its_sbom(release: Path, tmp_path: Path) -> None:
    (found,) = deployed.deployed(Files(str(tmp_path)))
    assert found.as_data() == {
        "kind": "release",
        "name": ID,
        "path": f"/opt/librespot/releases/{ID}/bin/librespot",
        "sha256": hashlib.sha256(b"program").hexdigest(),
        "sbom": "{}",
    }
    (release / "sbom.cdx.json").unlink()
    (found,) = deployed.deployed(Files(str(tmp_path)))
    assert found.sbom == ""


def test_where_nothing_is_active_there_is_nothing(tmp_path: Path) -> None:
    assert deployed.deployed(Files(str(tmp_path))) == []
    (tmp_path / "opt/librespot").mkdir(parents=True)
    (tmp_path / "opt/librespot/current").symlink_to("/somewhere")
    assert deployed.deployed(Files(str(tmp_path))) == []


def test_containers_of_one_image_are_told_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    same = [deployed.Deployed("container", str(number), f"/proc/{number}/exe", "0", "{}") for number in (7, 8)]
    other = deployed.Deployed("container", "9", "/proc/9/exe", "1", "{}")
    monkeypatch.setattr(deployed, "_containers", lambda: [*same, other])
    assert [item.name for item in deployed.deployed(Files(str(tmp_path)))] == ["7", "9"]


def test_a_program_on_the_host_itself_is_in_no_container() -> None:
    assert deployed._same_root(os.getpid())
