# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SBOM of ours as SPDX 2.3. Runs on the controller, where its library is.

It says what the CycloneDX says, and the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..module_utils.model.errors import HostError
from ..module_utils.model.image import OURS
from .sbom import COMPILED

try:
    from spdx_tools.common.spdx_licensing import spdx_licensing
    from spdx_tools.spdx.model.actor import Actor, ActorType
    from spdx_tools.spdx.model.checksum import Checksum, ChecksumAlgorithm
    from spdx_tools.spdx.model.document import CreationInfo, Document
    from spdx_tools.spdx.model.package import (
        ExternalPackageRef,
        ExternalPackageRefCategory,
        Package,
        PackagePurpose,
    )
    from spdx_tools.spdx.model.relationship import Relationship, RelationshipType
    from spdx_tools.spdx.model.spdx_no_assertion import SpdxNoAssertion
    from spdx_tools.spdx.writer.json.json_writer import write_document_to_stream
except ImportError as error:
    LACKING = str(error)
else:
    _NOT_COMPILED = RelationshipType.OPTIONAL_DEPENDENCY_OF
    LACKING = ""
    """Why nothing here can be used, where spdx-tools is not installed."""

_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9.-]+")
_DOCUMENT = "SPDXRef-DOCUMENT"


def as_spdx(bill: Mapping[str, Any]) -> str:
    """Return *bill*, which is CycloneDX of ours, as the text of a document of SPDX.

    Raises `HostError` when the library finds that it is not valid.
    """
    subject = bill["metadata"]["component"]
    components = [subject, *bill.get("components", ())]
    packages = [package for component in components for package in _packages(component)]
    document = Document(_creation(bill, subject), packages=packages, relationships=list(_relationships(bill)))
    written = io.StringIO()
    try:
        write_document_to_stream(document, written, validate=True)
    except ValueError as error:
        raise HostError(
            f"The SBOM cannot be written as SPDX: {error}", "Write it as cyclonedx, and report it"
        ) from error
    return written.getvalue() + "\n"


def _creation(bill: Mapping[str, Any], subject: Mapping[str, Any]) -> CreationInfo:
    number = bill["serialNumber"].rpartition(":")[2]
    # Times of SPDX are UTC, and have no place for another zone.
    created = datetime.fromisoformat(bill["metadata"]["timestamp"]).replace(tzinfo=None)
    return CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id=_DOCUMENT,
        name=f"{subject['name']} {subject['version']}",
        document_namespace=f"https://spdx.org/spdxdocs/{OURS}-{number}",
        creators=[Actor(ActorType.TOOL, OURS)],
        created=created,
    )


def _packages(component: Mapping[str, Any]) -> Iterator[Package]:
    """Yield a component and the files below it, as packages: of what it calls a file SPDX wants the SHA-1."""
    properties = [
        f"{item['name'].rpartition(':')[2]}: {item['value']}"
        for item in component.get("properties", ())
        if item["value"]
    ]
    references = [
        ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl)
        for purl in [component.get("purl")]
        if purl
    ]
    yield Package(
        spdx_id=_id(component),
        name=component["name"],
        download_location=SpdxNoAssertion(),
        version=component.get("version"),
        files_analyzed=False,
        checksums=[Checksum(ChecksumAlgorithm.SHA256, item["content"]) for item in component.get("hashes", ())],
        license_concluded=SpdxNoAssertion(),
        copyright_text=SpdxNoAssertion(),
        comment="; ".join(properties) or None,
        external_references=references,
        primary_package_purpose=PackagePurpose[component["type"].upper()],
        **_license(component),
    )
    for below in component.get("components", ()):
        yield from _packages(below)


def _license(component: Mapping[str, Any]) -> dict[str, Any]:
    for item in component.get("licenses", ()):
        if "expression" in item:
            return {"license_declared": spdx_licensing.parse(item["expression"])}
        return {"license_declared": SpdxNoAssertion(), "license_comment": item["license"]["name"]}
    return {"license_declared": SpdxNoAssertion()}


def _relationships(bill: Mapping[str, Any]) -> Iterator[Relationship]:
    subject = bill["metadata"]["component"]
    components = [subject, *bill.get("components", ())]
    known = {component["bom-ref"]: component for component in components}
    yield Relationship(_DOCUMENT, RelationshipType.DESCRIBES, _id(subject))
    for item in bill.get("dependencies", ()):
        for reference in item.get("dependsOn", ()):
            needed, user = known[reference], known[item["ref"]]
            if user["type"] == "container":
                yield Relationship(_id(user), RelationshipType.CONTAINS, _id(needed))
            elif needed.get("scope") == "excluded":
                kind = RelationshipType.BUILD_DEPENDENCY_OF if _compiled(needed) else _NOT_COMPILED
                yield Relationship(_id(needed), kind, _id(user))
            else:
                yield Relationship(_id(user), RelationshipType.DEPENDS_ON, _id(needed))
    for component in components:
        for below in component.get("components", ()):
            yield Relationship(_id(component), RelationshipType.CONTAINS, _id(below))


def _compiled(component: Mapping[str, Any]) -> bool:
    said = {item["name"]: item["value"] for item in component.get("properties", ())}
    return said.get(f"{OURS}:{COMPILED}") != "no"


def _id(component: Mapping[str, Any]) -> str:
    """Return the identifier, in which few characters are allowed: versions that differ in others must not share one."""
    reference = component["bom-ref"]
    readable = _NOT_IN_IDS.sub("-", f"{component['name']}-{component.get('version', '')}").strip("-")
    return f"SPDXRef-{readable}-{hashlib.sha256(reference.encode()).hexdigest()[:8]}"
