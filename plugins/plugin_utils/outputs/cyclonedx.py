# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is thought of the advisories on librespot, as a VEX in CycloneDX 1.6."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from decimal import Decimal

from ...module_utils.model.gate import EXPLAINED, WAIVED, Judged
from ...module_utils.model.scanned import Scanned
from ...module_utils.model.statements import FIXED, LIBRESPOT
from .purl import crate, package

try:
    from cyclonedx.model import XsUri
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.impact_analysis import ImpactAnalysisJustification, ImpactAnalysisState
    from cyclonedx.model.vulnerability import (
        BomTarget,
        Vulnerability,
        VulnerabilityAnalysis,
        VulnerabilityRating,
        VulnerabilityScoreSource,
        VulnerabilitySeverity,
        VulnerabilitySource,
    )
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from packageurl import PackageURL
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where cyclonedx-python-lib is not installed."""

_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""What CycloneDX calls the justifications of OpenVEX."""


def as_cyclonedx(scanned: Scanned) -> str:
    """Return a document as text: librespot, the packages that advisories are on, and what is thought of each."""
    when = datetime(scanned.today.year, scanned.today.month, scanned.today.day, tzinfo=timezone.utc)
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(scanned.as_data(), sort_keys=True))
    purl = crate(LIBRESPOT, scanned.librespot)
    subject = _component(LIBRESPOT, scanned.librespot, purl, ComponentType.APPLICATION)
    bom = Bom(metadata=BomMetaData(component=subject, timestamp=when), serial_number=number)
    packages = sorted(
        {(item.found.package, item.found.package_version, package(item.found)) for item in scanned.judged}
    )
    components = [_component(*named, ComponentType.LIBRARY) for named in packages]
    bom.components.update(components)
    bom.register_dependency(subject, components)
    for item in scanned.judged:
        bom.vulnerabilities.add(_vulnerability(item))
    said = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    return str(said) + "\n"


def _component(name: str, version: str, purl: str, kind: ComponentType) -> Component:
    return Component(type=kind, name=name, version=version or None, bom_ref=purl, purl=PackageURL.from_string(purl))


def _vulnerability(item: Judged) -> Vulnerability:
    found = item.found
    rating = VulnerabilityRating(
        score=None if found.cvss_score is None else Decimal(str(found.cvss_score)),
        # Its words for severities are ours.
        severity=VulnerabilitySeverity(found.severity),
        method=VulnerabilityScoreSource.get_from_vector(found.cvss_vector) if found.cvss_vector else None,
        vector=found.cvss_vector or None,
    )
    return Vulnerability(
        bom_ref=f"{found.id} {found.package} {found.package_version}",
        id=found.id,
        source=VulnerabilitySource(name=found.engines[0] if found.engines else None, url=_uri(found.url)),
        ratings=[rating],
        description=found.title,
        affects=[BomTarget(ref=package(found))],
        analysis=_analysis(item),
    )


def _uri(url: str) -> XsUri | None:
    return XsUri(url) if url else None


def _analysis(item: Judged) -> VulnerabilityAnalysis:
    if item.status == EXPLAINED and item.statement is not None:
        fixed = item.statement.status == FIXED
        justification = _JUSTIFICATIONS.get(item.statement.justification)
        return VulnerabilityAnalysis(
            state=ImpactAnalysisState.RESOLVED if fixed else ImpactAnalysisState.NOT_AFFECTED,
            justification=ImpactAnalysisJustification(justification) if justification and not fixed else None,
            detail=item.statement.reason,
        )
    if item.status == WAIVED:
        return VulnerabilityAnalysis(
            state=ImpactAnalysisState.EXPLOITABLE, detail=f"Accepted until {item.until}: {item.why}"
        )
    return VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE)
