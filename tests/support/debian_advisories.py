# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Some of Debian's advisories in the form that OSV publishes them in: by release, on source packages.

Their ids, packages, releases and scores are real, as of 2026-09; what they say in prose was left out.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DAY = "2026-08-20"
"""The day on which all was last changed, as in the databases of crates."""

TRACKER = "https://security-tracker.debian.org/tracker"

_ANYTHING = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
_TUNABLES = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"


def advisory(
    identifier: str,
    upstream: list[str],
    source: str,
    fixed: Mapping[str, str],
    vector: str = "",
    urgency: str = "not yet assigned",
    versions: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Return one; *fixed* has the version by the release of Debian, or nothing while there is none."""
    affected = [
        {
            "package": {
                "ecosystem": f"Debian:{release}",
                "name": source,
                "purl": f"pkg:deb/debian/{source}?arch=source",
            },
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *([{"fixed": version}] if version else [])]}
            ],
            "versions": (versions or {}).get(release, []),
            "ecosystem_specific": {"urgency": urgency},
        }
        for release, version in fixed.items()
    ]
    return {
        "schema_version": "1.7.3",
        "id": identifier,
        "published": f"{DAY}T12:00:00Z",
        "modified": f"{DAY}T12:00:00Z",
        "upstream": upstream,
        "details": f"{source}: {', '.join(upstream)}",
        "affected": affected,
        "references": [{"type": "ADVISORY", "url": f"{TRACKER}/{identifier.removeprefix('DEBIAN-')}"}],
        **({"severity": [{"type": "CVSS_V3", "score": vector}]} if vector else {}),
    }


def of_cve(cve: str, source: str, fixed: Mapping[str, str], vector: str = "", **more: Any) -> dict[str, Any]:
    """Return what Debian says of one CVE."""
    return advisory(f"DEBIAN-{cve}", [cve], source, fixed, vector, **more)


_DENIAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
_SYSLOG = ("CVE-2023-6246", "CVE-2023-6779", "CVE-2023-6780")

ADVISORIES: list[dict[str, Any]] = [
    # Mended in the image's glibc.
    advisory(
        "DSA-5514-1",
        ["CVE-2023-4911", "DEBIAN-CVE-2023-4911"],
        "glibc",
        {"11": "2.31-13+deb11u7", "12": "2.36-9+deb12u3"},
    ),
    of_cve("CVE-2023-4911", "glibc", {"12": "2.36-9+deb12u3"}, _TUNABLES, versions={"12": ["2.36-9"]}),
    advisory("DSA-5611-1", [*_SYSLOG, *(f"DEBIAN-{cve}" for cve in _SYSLOG)], "glibc", {"12": "2.36-9+deb12u4"}),
    of_cve("CVE-2023-6246", "glibc", {"12": "2.36-9+deb12u4"}, _TUNABLES),
    of_cve("CVE-2023-6779", "glibc", {"12": "2.36-9+deb12u4"}, _DENIAL),
    of_cve("CVE-2023-6780", "glibc", {"12": "2.36-9+deb12u4"}, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"),
    # Nothing mends them in Debian 12.
    of_cve("CVE-2026-5450", "glibc", {"12": "", "13": ""}, _ANYTHING),
    of_cve("CVE-2019-1010022", "glibc", {"12": "", "13": ""}, _ANYTHING, urgency="unimportant"),
    of_cve(
        "CVE-2022-27943",
        "gcc-12",
        {"12": ""},
        "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H",
        urgency="unimportant",
    ),
    of_cve("CVE-2026-25068", "alsa-lib", {"11": "1.2.4-1.1+deb11u1", "12": ""}),
]


def write(archive: Path, advisories: list[dict[str, Any]] | None = None) -> Path:
    """Write *advisories*, or all of them, as *archive*, and return it."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in ADVISORIES if advisories is None else advisories:
            made.writestr(f"{entry['id']}.json", json.dumps(entry))
    return archive
