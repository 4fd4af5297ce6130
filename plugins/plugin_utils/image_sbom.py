# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image of librespot is made of, as CycloneDX: all that the SBOM of its artifact has, and each file in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..module_utils.model.errors import HostError, why
from ..module_utils.model.image import OURS
from ..module_utils.render.image import digest, tag
from .sbom import LACKING, component, encoded, file_component, metadata, own_property

if not LACKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL


def image_sbom(artifact: Mapping[str, Any], program_bill: bytes, made_of: Mapping[str, Any], layer: bytes) -> bytes:
    """Return the SBOM of the image of an *artifact*, by its manifest and its SBOM, which is *program_bill*.

    *made_of* is what `render.image.contents` returns, and *layer* has its files, of which each is below the component
    that it is from. The SBOM cannot name the image, whose id follows from it; it names the layer by its digest.
    """
    name, _colon, version = tag(artifact).partition(":")
    image = Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        properties=[own_property("layer", digest(layer))],
    )
    reading: Any = Bom  # what reads is put into its class by a decorator
    try:
        said = json.loads(program_bill)
    except (ValueError, RecursionError) as error:
        raise HostError(
            f"The SBOM of {artifact['id']} cannot be read: {why(error)}", "Build the artifact again"
        ) from error
    bom: Bom = reading.from_json(said)
    program = bom.metadata.component
    if program is None:
        raise HostError(f"The SBOM of {artifact['id']} is about nothing", "Build the artifact again")
    # In the image the program has another path.
    program.components.clear()
    parts: dict[str, Component] = {
        artifact["id"]: program,
        OURS: Component(type=ComponentType.APPLICATION, name=OURS, bom_ref=OURS),
        **{item["name"]: _package(item, made_of) for item in made_of["packages"]},
    }
    for item in made_of["files"]:
        parts[item["origin"]].components.add(_file(item))
    bom.metadata = metadata(image, artifact)
    bom.components.update(parts.values())
    bom.register_dependency(image, parts.values())
    return encoded(bom)


def _package(item: Mapping[str, str], made_of: Mapping[str, Any]) -> Component:
    # Advisories of a distribution are about its source packages, whose versions can be others, as after a rebuild.
    own = item["source_version"] == item["version"]
    qualifiers = {
        "arch": item["architecture"],
        "distro": f"{made_of['distribution']}-{made_of['release']}",
        "upstream": item["source"] if own else f"{item['source']}@{item['source_version']}",
    }
    purl = PackageURL("deb", made_of["distribution"], item["name"], item["version"], qualifiers)
    return component(purl)


def _file(item: Mapping[str, Any]) -> Component:
    if "target" in item:
        return file_component(item["path"], properties=[own_property("target", item["target"])])
    return file_component(item["path"], item["sha256"])
