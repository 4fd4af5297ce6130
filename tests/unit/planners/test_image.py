# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which images never get near the engine."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.planners.image import refuse_foreign, refuse_other

ARCHIVE = b"an archive"
MANIFEST: dict[str, Any] = {
    "image": f"sha256:{'1' * 64}",
    "archive": f"sha256:{hashlib.sha256(ARCHIVE).hexdigest()}",
    "architecture": "armv7l",
}


class Arm:
    """An engine of a small board."""

    architecture = "arm"


def engine() -> Engine:
    return cast(Engine, Arm())


def test_what_came_whole_is_taken(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(ARCHIVE)
    refuse_other(Files(), str(tmp_path / "image.tar"), MANIFEST)


@pytest.mark.parametrize("position", range(len(ARCHIVE)))
def test_one_bit_changed_is_refused(tmp_path: Path, position: int) -> None:
    content = bytearray(ARCHIVE)
    content[position] ^= 1
    (tmp_path / "image.tar").write_bytes(content)
    with pytest.raises(HostError, match="is not the archive of the image sha256:1"):
        refuse_other(Files(), str(tmp_path / "image.tar"), MANIFEST)


def test_what_did_not_come_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="is not the archive"):
        refuse_other(Files(), str(tmp_path / "image.tar"), MANIFEST)


def test_an_image_of_the_engines_architecture_is_taken() -> None:
    refuse_foreign(engine(), MANIFEST)


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_an_image_of_another_architecture_is_refused(architecture: str) -> None:
    with pytest.raises(HostError, match=f"is for {architecture}, and the engine runs arm") as said:
        refuse_foreign(engine(), {**MANIFEST, "architecture": architecture})
    assert "build host" in said.value.remedy
