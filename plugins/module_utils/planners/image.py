# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of ours in the engine of a host, and what is known of each of their files."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..host.engines import AnyEngine
from ..host.files import Files
from ..model.artifact import encode_manifest, identifier
from ..model.container import DOCKER
from ..model.errors import HostError, SpecificationError
from ..model.image import ARTIFACT_LABEL, IMAGE_ID, PLATFORMS
from ..model.layout import IMAGES, OF_IMAGES, ROOT
from ..model.plan import Plan, State
from ..render.image import digest
from .active import Active, Links
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, OnlyPlanner

_ENGINE = "in the engine"
_MANIFEST = ".json"
_LINKS = ("before", "current")
"""What else is beside the manifests."""
_REMEDY = "Make it again with the module image_build, and look who can write to the controller's cache"


def manifest_path(identifier: str) -> str:
    """Return where the manifest of the image *identifier* is."""
    return OF_IMAGES.path(identifier.partition(":")[2])


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


def refuse_wrong(keep: int, protect: Sequence[str]) -> list[str]:
    """Return those of *protect*, ids of images or artifacts, that name one. Raises `SpecificationError`."""
    if keep < 0:
        raise SpecificationError("keep", keep, "is less than none", "Write how many older images stay, as 2")
    for place, item in enumerate(protect):
        if item and not IMAGE_ID.fullmatch(item):
            identifier(item, f"protect[{place}]")
    return [item for item in protect if item]


def image_planners(
    engine: AnyEngine,
    files: Files,
    manifest: Mapping[str, Any],
    archive: str,
    keep: int,
    protect: Collection[str] = (),
) -> list[Planner]:
    """Return what gets the image of *manifest* into the engine, and all but the newest *keep* others out of it.

    What a container uses stays, and so do the one that is active and the one that was before this one, and those in
    *protect*, by their ids or those of their artifacts. Its manifest comes first: whatever runs can be accounted for.
    """
    wanted, name = manifest["image"], _name(manifest["image"])
    links = Links(files, OF_IMAGES)
    named = [key for key, item in _manifests(files).items() if {item["image"], item["artifact"]} & set(protect)]
    protected = {name, links.current, links.before_when_active(name), *named}
    # All images of a release say to be as old as it is; when one came to this host, its manifest was written.
    spare = sorted(
        (item for item in _unused(engine, files) if _name(item) not in protected),
        key=lambda item: files.modified(manifest_path(item)),
        reverse=True,
    )
    gone = spare[keep:]
    kept = {_name(item) for item in {wanted, *(x["Id"] for x in engine.images(ARTIFACT_LABEL))} - set(gone)}
    old = [item for item in files.names(OF_IMAGES.before) if {item, links.before(item)} <= kept]
    return [
        DirectoryPlanner(files, IMAGES, along=ROOT),
        DirectoryPlanner(files, OF_IMAGES.before),
        FilePlanner(files, manifest_path(wanted), encode_manifest({**manifest, "engine": engine.name}).decode()),
        ImagePlanner(engine, wanted, archive),
        Active(files, name, links, "active image"),
        *(NoImagePlanner(engine, item) for item in gone),
        OnlyPlanner(files, OF_IMAGES.before, [name, *old]),
        OnlyPlanner(files, IMAGES, [*_LINKS, *(f"{item}{_MANIFEST}" for item in kept)]),
    ]


def _name(identifier: str) -> str:
    """Return the name of an image among the files of the host."""
    return identifier.partition(":")[2]


def previous_image(files: Files, identifier: str) -> str:
    """Return the id of the image that was active before the image *identifier*, when that is; empty when none was."""
    name = Links(files, OF_IMAGES).before_when_active(_name(identifier))
    return f"sha256:{name}" if name else ""


def earlier_image(engine: AnyEngine, files: Files, wanted: str) -> dict[str, Any]:
    """Return the manifest of the image to return to: the one before the active one, or *wanted*.

    That is an image's id, or an artifact's, of which the active image is taken, or else the one that came last.
    Raises `HostError` when there is none.
    """
    links = Links(files, OF_IMAGES)
    if not wanted:
        if links.previous in ("", links.current):
            raise HostError(
                "This host has no previous image", "Give the id of one that is on this host, or deploy another"
            )
        found = [links.previous]
    elif IMAGE_ID.fullmatch(wanted):
        found = [_name(wanted)]
    else:
        found = [name for name, item in _manifests(files).items() if item["artifact"] == wanted]
        found.sort(key=lambda name: (name == links.current, files.modified(OF_IMAGES.path(name))), reverse=True)
    for name in found:
        manifest = _manifests(files).get(name)
        if manifest and engine.image(manifest["image"]) is not None:
            return {key: value for key, value in manifest.items() if key != "engine"}
    said = f"image {wanted}" if IMAGE_ID.fullmatch(wanted) or not found else f"image {found[0]}"
    raise HostError(
        f"The {said} is not on this host any more" if not wanted else f"There is no {said} on this host",
        f"It has: {', '.join(sorted(x['image'] for x in _manifests(files).values())) or 'none'}; or deploy another",
    )


def _manifests(files: Files) -> dict[str, dict[str, Any]]:
    """Return the manifests on the host by the names of their images."""
    names = [name for name in files.names(IMAGES) if name.endswith(_MANIFEST)]
    read = {name[: -len(_MANIFEST)]: files.read(f"{IMAGES}/{name}") for name in names}
    return {name: json.loads(entry.content) for name, entry in read.items() if entry}


def engines_with_images(files: Files) -> set[str]:
    """Return the names of the engines that have images of ours, by the manifests of these."""
    return {str(item.get("engine", DOCKER)) for item in _manifests(files).values()}


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
