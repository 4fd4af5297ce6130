# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of ours in the engine of a host, and what is known of each of their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..host.engines import AnyEngine
from ..host.files import Files
from ..model.artifact import encode_manifest
from ..model.container import DOCKER
from ..model.errors import HostError, SpecificationError
from ..model.image import ARTIFACT_LABEL, PLATFORMS
from ..model.plan import Plan, State
from ..render.image import digest
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, OnlyPlanner

IMAGES = "/opt/librespot/images"
"""Manifests of the images that the engine has of ours."""

_ENGINE = "in the engine"
_REMEDY = "Make it again with the module image_build, and look who can write to the controller's cache"


def manifest_path(identifier: str) -> str:
    """Return where the manifest of the image *identifier* is."""
    return f"{IMAGES}/{identifier.partition(':')[2]}.json"


class ImagePlanner(Planner):
    """The image *identifier* in the engine. *archive* is where it was uploaded to; empty when it was not."""

    def __init__(self, engine: AnyEngine, identifier: str, archive: str) -> None:
        super().__init__(f"image {identifier}")
        self._engine = engine
        self._identifier = identifier
        self._archive = archive

    def wanted(self) -> State:
        """Return the image as it shall be; its id is the digest of all that is in it."""
        return {_ENGINE: self._identifier}

    def found(self) -> State:
        """Return whether the engine has it."""
        return {} if self._engine.image(self._identifier) is None else self.wanted()

    def apply(self, plan: Plan) -> None:
        """Load it, and refuse what is another image than it was said to be."""
        self._engine.load(self._archive)
        if self._engine.image(self._identifier) is None:
            raise HostError(f"What was loaded is not the {plan.subject}", _REMEDY)


class NoImagePlanner(Planner):
    """An image of ours that goes."""

    def __init__(self, engine: AnyEngine, identifier: str) -> None:
        super().__init__(f"image {identifier}")
        self._engine = engine
        self._identifier = identifier

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return whether the engine has it."""
        return {} if self._engine.image(self._identifier) is None else {_ENGINE: self._identifier}

    def apply(self, plan: Plan) -> None:
        """Remove it."""
        self._engine.remove_image(plan.before[_ENGINE])


def refuse_foreign(engine: AnyEngine, manifest: Mapping[str, Any]) -> None:
    """Raise `HostError` when the image of *manifest* is for another architecture than the *engine* runs."""
    architecture = manifest["architecture"]
    if PLATFORMS[architecture].engine != engine.architecture:
        raise HostError(
            f"The image {manifest['image']} is for {architecture}, and the engine runs {engine.architecture}",
            "Make one on a build host of that architecture; nothing is cross-compiled",
        )


def refuse_other(files: Files, path: str, manifest: Mapping[str, Any]) -> None:
    """Raise `HostError` when the archive that came to *path* is not the one of *manifest*.

    The engine would take whatever images are in it, under all names that it gives them.
    """
    entry = files.read(path)
    if entry is None or digest(entry.content) != manifest["archive"]:
        raise HostError(f"What came to this host is not the archive of the image {manifest['image']}", _REMEDY)


def image_planners(
    engine: AnyEngine, files: Files, identifier: str, manifest: Mapping[str, Any], archive: str, keep: int
) -> list[Planner]:
    """Return what gets the image *identifier* into the engine, and all but the newest *keep* others out of it.

    What a container uses stays. Its manifest comes first: whatever runs can be accounted for.
    """
    if keep < 0:
        raise SpecificationError("keep", keep, "is less than none", "Write how many older images stay, as 2")
    # All images of a release say to be as old as it is; when one came to this host, its manifest was written.
    spare = sorted(
        _unused(engine, files) - {identifier}, key=lambda name: files.modified(manifest_path(name)), reverse=True
    )
    gone = spare[keep:]
    kept = {identifier, *(item["Id"] for item in engine.images(ARTIFACT_LABEL))} - set(gone)
    return [
        DirectoryPlanner(files, IMAGES, along="/opt/librespot"),
        FilePlanner(files, manifest_path(identifier), encode_manifest({**manifest, "engine": engine.name}).decode()),
        ImagePlanner(engine, identifier, archive),
        *(NoImagePlanner(engine, name) for name in gone),
        OnlyPlanner(files, IMAGES, [manifest_path(name).rpartition("/")[2] for name in kept]),
    ]


def engines_with_images(files: Files) -> set[str]:
    """Return the names of the engines that have images of ours, by the manifests of these."""
    read = (files.read(f"{IMAGES}/{name}") for name in files.names(IMAGES))
    return {str(json.loads(entry.content).get("engine", DOCKER)) for entry in read if entry}


def no_image_planners(engine: AnyEngine, files: Files) -> list[Planner]:
    """Return what removes all images of ours but those of which anyone has a container."""
    gone = sorted(_unused(engine, files))
    return [*(NoImagePlanner(engine, name) for name in gone), DirectoryPlanner(files, IMAGES, None)]


def _unused(engine: AnyEngine, files: Files) -> set[str]:
    """Return the images of ours of which nobody has a container, running or not.

    One that somebody made of ours has its label too. Of ours each has a manifest.
    """
    used = {item["ImageID"] for item in engine.containers(ARTIFACT_LABEL)}
    found = {item["Id"] for item in engine.images(ARTIFACT_LABEL)} - used
    return {name for name in found if files.read(manifest_path(name), content=False) is not None}
