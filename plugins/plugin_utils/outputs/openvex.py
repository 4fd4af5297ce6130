# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is thought of the advisories on librespot, as OpenVEX 0.2.0, for others to read."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ...module_utils.model.gate import EXPLAINED, WAIVED, Judged
from ...module_utils.model.scanned import Scanned
from ...module_utils.model.statements import AFFECTED, JUSTIFICATIONS, UNDER_INVESTIGATION
from .purl import package, product

_CONTEXT = "https://openvex.dev/ns/v0.2.0"


def as_openvex(scanned: Scanned) -> str:
    """Return a document as text. What nobody has accounted for is under investigation."""
    when = f"{scanned.today}T00:00:00Z"
    statements = [_statement(item, scanned) for item in scanned.judged]
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([scanned.sha256, when, statements], sort_keys=True))
    document = {
        "@context": _CONTEXT,
        "@id": number.urn,
        "author": "hardened.librespot scan",
        "timestamp": when,
        "version": 1,
        "statements": statements,
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _statement(item: Judged, scanned: Scanned) -> dict[str, Any]:
    found = item.found
    whole = {
        "@id": product(scanned.librespot),
        "subcomponents": [{"@id": package(found)}],
    }
    return {
        "vulnerability": {"name": found.id, "aliases": list(found.aliases)},
        "products": [whole],
        **_said(item),
    }


def _said(item: Judged) -> dict[str, str]:
    if item.status == EXPLAINED and item.statement is not None:
        justification = item.statement.justification
        return {
            "status": item.statement.status,
            **({"justification": justification} if justification in JUSTIFICATIONS else {}),
            "impact_statement": item.statement.reason,
        }
    if item.status == WAIVED:
        return {"status": AFFECTED, "action_statement": f"Accepted until {item.until}: {item.why}"}
    return {"status": UNDER_INVESTIGATION}
