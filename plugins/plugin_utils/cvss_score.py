# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How bad a CVSS vector is."""

from __future__ import annotations

from collections.abc import Iterable

from ..module_utils.model.errors import HostError
from ..module_utils.model.vulnerability import LOW, SEVERITIES, UNKNOWN

try:
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where cvss is not installed."""


def worst(vectors: Iterable[str]) -> str:
    """Return the one of *vectors* with the highest score, whatever their versions; nothing when there is none.

    Raises `HostError` when one of them is no vector.
    """
    return max(vectors, key=lambda vector: (rated(vector)[0] or 0.0, vector), default="")


def rated(vector: str) -> tuple[float | None, str]:
    """Return score and severity of *vector*, which is of any version; None and unknown when there is none.

    Raises `HostError` for what is no vector.
    """
    if not vector:
        return None, UNKNOWN
    try:
        if vector.startswith("CVSS:4"):
            four = CVSS4(vector)
            score, severity = float(four.base_score), str(four.severity)
        else:
            older = CVSS3(vector) if vector.startswith("CVSS:3") else CVSS2(vector)
            score, severity = float(older.base_score), str(older.severities()[0])
    except CVSSError as error:
        raise HostError(f"{vector!r} is no CVSS vector: {error}", "Look at the advisory and the database") from error
    # A score of 0 is called none; what an advisory exists for is not nothing.
    return score, severity.lower() if severity.lower() in SEVERITIES else LOW
