# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An artifact of which one byte was altered between the build and its activation: refused, and nothing changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import FILES
from tests.supply.conftest import Artifacts
from tests.support.hosts import Host
from tests.support.plays import Controller

OTHER = "0.7.1"
PORT = 37879


@pytest.fixture
def copied(artifact: Artifacts, tmp_path: Path) -> Path:
    """Return a copy of the artifact of another release than the one that runs."""
    whole = artifact(OTHER)
    return Path(shutil.copytree(whole, tmp_path / whole.name))


@pytest.mark.parametrize("name", FILES)
def test_one_byte(deployed: Host, copied: Path, tmp_path: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).chmod(0o600)
    (copied / name).write_bytes(content)
    before = deployed.snapshot()
    controller = Controller(deployed, tmp_path)
    release = {"id": copied.name, "artifact": str(copied)}
    run = controller.run(controller.playbook({"hardened.librespot.release": release}), {})
    assert run.status != 0
    assert f"{copied}: no whole artifact is there" in run.output
    assert deployed.snapshot() == before
    assert deployed.get_info(PORT)["libraryVersion"] == "0.8.0"


def test_the_artifact_itself_is_activated(deployed: Host, copied: Path, tmp_path: Path) -> None:
    controller = Controller(deployed, tmp_path)
    release = {"id": copied.name, "artifact": str(copied)}
    run = controller.run(controller.playbook({"hardened.librespot.release": release}), {}, ["--check"])
    assert run.status == 0, run.output
    assert run.recap(deployed)["changed"] == 1
