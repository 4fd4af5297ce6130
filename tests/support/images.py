# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of the real librespot, as the module makes them on the lab's build host."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARCHIVE
from tests.support.hosts import BUILDER, Host
from tests.support.plays import Controller, Run, built

PLAY = Path(__file__).with_name("image.yml")


@dataclass(frozen=True)
class Made:
    """An image: what the module said, and the run that made it."""

    said: dict[str, Any]
    run: Run

    @property
    def manifest(self) -> dict[str, Any]:
        """Return its manifest."""
        found: dict[str, Any] = self.said["manifest"]
        return found

    @property
    def archive(self) -> Path:
        """Return the path of what engines load."""
        return Path(self.said["path"], ARCHIVE)

    def contents(self) -> dict[str, bytes]:
        """Return the files of the archive."""
        with tarfile.open(self.archive) as outer:
            return {member.name: handle.read() for member in outer if (handle := outer.extractfile(member))}

    def members(self) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
        """Yield what its layers have, each with its content."""
        return layers_of(self.contents())


def layers_of(contents: Mapping[str, bytes]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield what the layers have of an image that was saved as the files *contents*."""
    (named,) = json.loads(contents["manifest.json"])
    for name in named["Layers"]:
        yield from members(contents[name])


def members(archive: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield what a tar archive has, each with its content."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            handle = tar.extractfile(member) if member.isreg() else None
            yield member, handle.read() if handle else b""


def make(directory: Path, **places: str) -> Made:
    """Make an image, or find it in the cache; *places* are the ``work_dir`` and the ``cache_dir``."""
    controller = Controller(Host(BUILDER), directory)
    said = directory / "image.json"
    run = controller.converge(PLAY, {"artifact": built(controller)["path"], "said": str(said), **places})
    return Made(json.loads(said.read_text(encoding="utf-8")), run)


def loaded(controller: Controller, artifact: Mapping[str, Any], engine: str) -> str:
    """Return the id of the image of an *artifact* in the *engine* of the host."""
    said = controller.directory / "loaded.json"
    arguments = {"artifact": artifact["path"], "work_dir": "/var/cache/hardened-librespot/build"}
    path = "{{ made.path }}"
    controller.converge(
        controller.playbook(
            {"hardened.librespot.image_build": arguments, "delegate_to": BUILDER, "register": "made"},
            {"hardened.librespot.image": {"engine": engine, "path": path}, "become": True, "register": "image"},
            {
                "ansible.builtin.copy": {"content": "{{ image | to_json }}", "dest": str(said), "mode": "0600"},
                "delegate_to": "localhost",
            },
        ),
        {},
    )
    return str(json.loads(said.read_text(encoding="utf-8"))["image"])
