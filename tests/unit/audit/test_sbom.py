# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which crates an SBOM names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit.sbom import named_crates


def bill(*purls: str, subject: str = "") -> bytes:
    parts: list[dict[str, Any]] = [{"purl": purl} for purl in purls]
    about = {"component": {"purl": subject}} if subject else {}
    return json.dumps(
        {"bomFormat": "CycloneDX", "components": [*parts, {"name": "a file"}], "metadata": about}
    ).encode()


def test_crates_are_named_with_their_whole_version_and_nothing_else_is() -> None:
    content = bill(
        "pkg:cargo/ndk-sys@0.4.0%2B25.0?x=y", "pkg:deb/debian/libc6@2.36", subject="pkg:cargo/librespot@0.8.0"
    )
    assert named_crates(content) == {("ndk-sys", "0.4.0+25.0"), ("librespot", "0.8.0")}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"spdxVersion": "SPDX-2.3"}'])
def test_what_is_no_sbom_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"CycloneDX|Expecting"):
        named_crates(content)
