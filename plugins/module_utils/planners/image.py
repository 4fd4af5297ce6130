# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of ours in the engine of a host, and what is known of each of their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..host.engine import Engine
from ..host.files import Files
from ..model.artifact import encode_manifest
from ..model.errors import HostError
from ..model.image import ARTIFACT_LABEL
from ..model.plan import Plan, State
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, OnlyPlanner

IMAGES = "/opt/librespot/images"
"""Manifests of the images that the engine has of ours."""

_ENGINE = "in the engine"


def manifest_path(identifier: str) -> str:
    """Return where the manifest of the image *identifier* is."""
    return f"{IMAGES}/{identifier.partition(':')[2]}.json"


class ImagePlanner(Planner):
    """The image *identifier* in the engine. *archive* is where it was uploaded to; empty when it was not."""

    def __init__(self, engine: Engine, identifier: str, archive: str) -> None:
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
            raise HostError(
                f"What was loaded is not the {plan.subject}",
                "Make it again with the module image_build, and look who can write to the controller's cache",
            )


class NoImagePlanner(Planner):
    """An image of ours that goes."""

    def __init__(self, engine: Engine, identifier: str) -> None:
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


def image_planners(
    engine: Engine, files: Files, identifier: str, manifest: Mapping[str, Any], archive: str, keep: int
) -> list[Planner]:
    """Return what gets the image *identifier* into the engine, and all but the newest *keep* others out of it.

    What a container uses stays. Its manifest comes first: whatever runs can be accounted for.
    """
    others = [item for item in _ours(engine) if item["Id"] != identifier]
    used = {item["ImageID"] for item in engine.containers(ARTIFACT_LABEL)}
    spare = [item["Id"] for item in sorted(others, key=lambda item: -int(item["Created"])) if item["Id"] not in used]
    kept = {identifier, *(item["Id"] for item in others)} - set(spare[keep:])
    return [
        DirectoryPlanner(files, IMAGES, along="/opt/librespot"),
        FilePlanner(files, manifest_path(identifier), encode_manifest(manifest).decode()),
        ImagePlanner(engine, identifier, archive),
        *(NoImagePlanner(engine, name) for name in spare[keep:]),
        OnlyPlanner(files, IMAGES, [manifest_path(name).rpartition("/")[2] for name in kept]),
    ]


def no_image_planners(engine: Engine, files: Files) -> list[Planner]:
    """Return what removes all images of ours. The engine keeps those that containers run."""
    return [
        *(NoImagePlanner(engine, item["Id"]) for item in _ours(engine)),
        DirectoryPlanner(files, IMAGES, None),
    ]


def _ours(engine: Engine) -> list[dict[str, Any]]:
    return engine.images(ARTIFACT_LABEL)
