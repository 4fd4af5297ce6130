# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What librespot was compiled from, as CycloneDX. Runs on the controller, where its library is.

The same inputs give the same bytes: the SBOM is a file of the artifact, of which hosts compare the digest.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..module_utils.model.artifact import BINARY, CRATE, encode_manifest
from ..module_utils.model.image import OURS
from ..module_utils.render.image import digest, epoch
from .compiled import BUILD, Crate
from .elf import ELSEWHERE

try:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from cyclonedx.spdx import is_expression
    from packageurl import PackageURL
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where cyclonedx-python-lib is not installed."""

CRATES = "crates"
"""The property of librespot that says when its crates are not known."""

COMPILED = "compiled"
"""The property of a crate that is in the program's record and was not compiled."""

DEPENDENCY = "dependency"
"""The property of a crate that says whether librespot itself asks for it."""

FEATURES = "features"
"""The property of a crate with the features that it was compiled with, separated by commas."""

SOURCE = "source"
"""The property of a crate from elsewhere than the registry that a package URL means."""


def program_sbom(artifact: Mapping[str, Any], crates: Sequence[Crate]) -> bytes:
    """Return the SBOM of an *artifact*, by its manifest, with the *crates* that are in its program."""
    bom = Bom()
    program = add_crates(bom, artifact, crates)
    sha256 = artifact["binary"]["sha256"]
    program.components.add(file_component(BINARY, sha256))
    bom.metadata = metadata(program, artifact)
    return encoded(bom)


def add_crates(bom: Bom, artifact: Mapping[str, Any], crates: Sequence[Crate]) -> Component:
    """Add the *crates* of librespot, and who needs whom, to *bom*; return librespot's own component, to be added last.

    A component is known to a set by all that is in it, so it must not change any more once it is in one. When the
    program does not say what it was made of, there are no crates, and a property says so.
    """
    known = [_crate(crate, artifact) for crate in crates]
    program = next((made for made, crate in zip(known, crates) if crate.root), None) or _program(artifact, None)
    bom.components.update(made for made in known if made is not program)
    for made, crate in zip(known, crates):
        bom.register_dependency(made, [known[position] for position in crate.dependencies])
    if not crates:
        program.properties.add(own_property(CRATES, "not recorded in the program"))
    return program


def packages(sbom: bytes) -> int:
    """Return how many packages, crates and those of the distribution, an SBOM of ours names below its subject."""
    return sum("purl" in component for component in json.loads(sbom).get("components", ()))


def metadata(subject: Component, artifact: Mapping[str, Any]) -> BomMetaData:
    """Return what stands at the head of an SBOM about *subject*: made when the sources of *artifact* were."""
    when = datetime.fromtimestamp(epoch(artifact), timezone.utc)
    return BomMetaData(component=subject, timestamp=when)


def component(purl: PackageURL, **more: Any) -> Component:
    """Return what a package URL names, a library unless *more* says otherwise."""
    named = {"type": ComponentType.LIBRARY, "name": purl.name, "version": purl.version, "bom_ref": str(purl)}
    return Component(purl=purl, **{**named, **more})


def file_component(path: str, sha256: str = "", properties: Iterable[Property] = ()) -> Component:
    """Return a file."""
    return Component(
        type=ComponentType.FILE,
        name=path,
        bom_ref=f"file:{path}",
        hashes=[_sha256(sha256)] if sha256 else [],
        properties=properties,
    )


def own_property(name: str, value: str) -> Property:
    """Return a property, whose name is in a space of ours."""
    return Property(name=f"{OURS}:{name}", value=value)


def encoded(bom: Bom) -> bytes:
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


def _program(artifact: Mapping[str, Any], crate: Crate | None) -> Component:
    inputs = artifact["inputs"]
    pinned = [_sha256(inputs["crate_sha256"])] if inputs["method"] == CRATE else []
    purl = PackageURL("cargo", name="librespot", version=artifact["version"])
    said = [own_property("method", inputs["method"]), *([] if crate is None else _features(crate))]
    licenses = [] if crate is None else _licenses(crate)
    return component(purl, type=ComponentType.APPLICATION, hashes=pinned, properties=said, licenses=licenses)


def _crate(crate: Crate, artifact: Mapping[str, Any]) -> Component:
    if crate.root:
        return _program(artifact, crate)
    said = [own_property(DEPENDENCY, "direct" if crate.direct else "transitive"), *_features(crate)]
    if not crate.compiled:
        said.append(own_property(COMPILED, "no"))
    if crate.source in ELSEWHERE:
        said.append(own_property(SOURCE, crate.source))
    return component(
        PackageURL("cargo", name=crate.name, version=crate.version),
        # What runs at build time alone can be attacked there, and is not in the program.
        scope=ComponentScope.EXCLUDED if crate.kind == BUILD or not crate.compiled else ComponentScope.REQUIRED,
        hashes=[_sha256(crate.checksum)] if crate.checksum else [],
        licenses=_licenses(crate),
        properties=said,
    )


def _features(crate: Crate) -> list[Property]:
    return [] if crate.features is None else [own_property(FEATURES, ",".join(crate.features))]


def _licenses(crate: Crate) -> list[Any]:
    # Old crates write a slash, which cargo reads as "or".
    expression = crate.license.replace("/", " OR ")
    if expression and is_expression(expression):
        return [LicenseExpression(expression)]
    name = crate.license or (f"in the file {crate.license_file} of the crate" if crate.license_file else "")
    return [DisjunctiveLicense(name=name)] if name else []


def _sha256(value: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=value)
