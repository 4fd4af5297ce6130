# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What librespot, or an image of it, is made of, as CycloneDX. Runs on the controller, where its library is.

The same inputs give the same bytes: an image has the SBOM in it, and its id follows from every byte.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..module_utils.model.artifact import CRATE, encode_manifest
from ..module_utils.model.image import OURS
from ..module_utils.render.image import digest, epoch, tag
from .elf import ELSEWHERE

try:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from packageurl import PackageURL
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where cyclonedx-python-lib is not installed."""


def image_sbom(
    artifact: Mapping[str, Any], crates: Sequence[Mapping[str, Any]], made_of: Mapping[str, Any], layer: bytes
) -> bytes:
    """Return the SBOM of the image of an *artifact*, by its manifest, with *crates* as `elf.crates` returns them.

    *made_of* is what `render.image.contents` returns, and *layer* has its files, of which each is below the component
    that it is from. The SBOM cannot name the image, whose id follows from it; it names the layer by its digest.
    """
    name, _colon, version = tag(artifact).partition(":")
    image = Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        properties=[_property("layer", digest(layer))],
    )
    bom = _bom(image, artifact)
    program = add_crates(bom, artifact, crates)
    parts = {
        artifact["id"]: program,
        OURS: Component(type=ComponentType.APPLICATION, name=OURS, bom_ref=OURS),
        **{item["name"]: _package(item, made_of) for item in made_of["packages"]},
    }
    for item in made_of["files"]:
        parts[item["origin"]].components.add(_file(item))
    bom.components.update(parts.values())
    bom.register_dependency(image, parts.values())
    return _encoded(bom)


def add_crates(bom: Bom, artifact: Mapping[str, Any], crates: Sequence[Mapping[str, Any]]) -> Component:
    """Add the *crates* of librespot, and who needs whom, to *bom*; return librespot's own component, to be added last.

    A component is known to a set by all that is in it, so it must not change any more once it is in one. When the
    program does not say what it was made of, there are no crates, and a property says so.
    """
    known = [_crate(crate, artifact) for crate in crates]
    program = next((made for made, crate in zip(known, crates) if crate["root"]), None) or _program(artifact)
    bom.components.update(made for made in known if made is not program)
    for made, crate in zip(known, crates):
        bom.register_dependency(made, [known[position] for position in crate["dependencies"]])
    if not crates:
        program.properties.add(_property("crates", "not recorded in the program"))
    return program


def packages(sbom: bytes) -> int:
    """Return how many packages, crates and those of the distribution, an SBOM of ours names."""
    return sum("purl" in component for component in json.loads(sbom)["components"])


def _bom(subject: Component, artifact: Mapping[str, Any]) -> Bom:
    when = datetime.fromtimestamp(epoch(artifact), timezone.utc)
    return Bom(metadata=BomMetaData(component=subject, timestamp=when))


def _program(artifact: Mapping[str, Any]) -> Component:
    inputs = artifact["inputs"]
    pinned = [_sha256(inputs["crate_sha256"])] if inputs["method"] == CRATE else []
    purl = PackageURL("cargo", name="librespot", version=artifact["version"])
    method = [_property("method", inputs["method"])]
    return _component(purl, type=ComponentType.APPLICATION, hashes=pinned, properties=method)


def _crate(crate: Mapping[str, Any], artifact: Mapping[str, Any]) -> Component:
    if crate["root"]:
        return _program(artifact)
    purl = PackageURL("cargo", name=crate["name"], version=crate["version"])
    # What runs at build time alone can be attacked there, and is not in the program.
    scope = ComponentScope.EXCLUDED if crate["kind"] == "build" else ComponentScope.REQUIRED
    elsewhere = [_property("source", crate["source"])] if crate["source"] in ELSEWHERE else []
    return _component(purl, scope=scope, properties=elsewhere)


def _package(item: Mapping[str, str], made_of: Mapping[str, Any]) -> Component:
    # Advisories of a distribution are about its source packages, whose versions can be others, as after a rebuild.
    own = item["source_version"] == item["version"]
    qualifiers = {
        "arch": item["architecture"],
        "distro": f"{made_of['distribution']}-{made_of['release']}",
        "upstream": item["source"] if own else f"{item['source']}@{item['source_version']}",
    }
    purl = PackageURL("deb", made_of["distribution"], item["name"], item["version"], qualifiers)
    return _component(purl)


def _component(purl: PackageURL, **more: Any) -> Component:
    """Return what a package URL names, a library unless *more* says otherwise."""
    named = {"type": ComponentType.LIBRARY, "name": purl.name, "version": purl.version, "bom_ref": str(purl)}
    return Component(purl=purl, **{**named, **more})


def _file(item: Mapping[str, Any]) -> Component:
    link = "target" in item
    return Component(
        type=ComponentType.FILE,
        name=item["path"],
        bom_ref=f"file:{item['path']}",
        hashes=[] if link else [_sha256(item["sha256"])],
        properties=[_property("target", item["target"])] if link else [],
    )


def _sha256(value: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=value)


def _property(name: str, value: str) -> Property:
    return Property(name=f"{OURS}:{name}", value=value)


def _encoded(bom: Bom) -> bytes:
    """Return *bom* as JSON, in an order and with a number of its own that follow from what it says alone."""
    said = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    said = _ordered({name: value for name, value in said.items() if name != "serialNumber"})
    number = uuid.uuid5(uuid.NAMESPACE_OID, digest(encode_manifest(said)))
    return encode_manifest({**said, "serialNumber": number.urn})


def _ordered(value: Any) -> Any:
    """Return *value* with its lists, which are sets in CycloneDX, in one order."""
    if isinstance(value, dict):
        return {name: _ordered(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted(map(_ordered, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
