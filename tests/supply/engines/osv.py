# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RustSec's database in the form that OSV publishes it in, for osv-scanner to read."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from semver import Version

_COMPARATOR = re.compile(r"(>=|<=|>|<|=|\^)?\s*([0-9A-Za-z.+-]+)")
_LAST = Version(10**6)


def write_osv(database: Path, archive: Path, ecosystem: str) -> None:
    """Write all advisories on crates that were not withdrawn as *archive*."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for file in sorted(database.glob("crates/*/*.md")):
            text = file.read_text(encoding="utf-8")
            said = tomllib.loads(text.split("```")[1].removeprefix("toml\n"))
            if "withdrawn" not in said["advisory"]:
                entry = _entry(said, text, ecosystem)
                made.writestr(f"{entry['id']}.json", json.dumps(entry))


def _entry(said: dict[str, Any], text: str, ecosystem: str) -> dict[str, Any]:
    advisory, versions = said["advisory"], said.get("versions", {})
    title = re.search(r"^# (.*)", text, re.MULTILINE)
    vector = advisory.get("cvss")
    safe = [_interval(item) for item in (*versions.get("patched", ()), *versions.get("unaffected", ()))]
    affected = {
        "package": {"ecosystem": ecosystem, "name": advisory["package"]},
        "ranges": [{"type": "SEMVER", "events": list(_events(safe))}],
        "database_specific": {"informational": advisory.get("informational")},
    }
    return {
        "schema_version": "1.6.0",
        "id": advisory["id"],
        "modified": f"{advisory['date']}T12:00:00Z",
        "published": f"{advisory['date']}T12:00:00Z",
        "aliases": advisory.get("aliases", []),
        "summary": title.group(1) if title else "",
        "severity": [{"type": f"CVSS_V{vector[5]}", "score": vector}] if vector else [],
        "affected": [affected],
    }


def _interval(requirement: str) -> tuple[Version, Version]:
    """Return the first version of a requirement, and the first that is past it."""
    first, past = Version(0), _LAST
    for part in requirement.split(","):
        sign, text = _COMPARATOR.findall(part)[0]
        bound = Version.parse(text, optional_minor_and_patch=True)
        if sign in (">=", "=", "^", "", ">"):
            first = max(first, bound.bump_patch() if sign == ">" else bound)
        if sign in ("<", "<="):
            past = min(past, bound.bump_patch() if sign == "<=" else bound)
        if sign == "=":
            past = bound.bump_patch()
        if sign in ("^", ""):
            past = bound.bump_major() if bound.major else bound.bump_minor() if bound.minor else bound.bump_patch()
    return first, past


def _events(safe: Sequence[tuple[Version, Version]]) -> Iterator[dict[str, str]]:
    """Return where it was introduced and fixed: all that is in none of the *safe* intervals."""
    start: Version | None = Version(0)
    for first, past in sorted(safe):
        if start is not None and first > start:
            yield {"introduced": str(start) if start != Version(0) else "0"}
            yield {"fixed": str(first)}
        if start is not None and past > start:
            start = None if past == _LAST else past
    if start is not None:
        yield {"introduced": str(start) if start != Version(0) else "0"}
