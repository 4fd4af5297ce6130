# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mends an advisory, and how bad it is."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.cvss_score import rated
from ansible_collections.hardened.librespot.plugins.plugin_utils.fixes import fix


@pytest.mark.parametrize(
    ("version", "fixed_in", "expected"),
    [
        ("0.9.8", [], "none"),
        ("1.10.1", [">=1.11.1"], "refresh"),
        ("1.10.1", [">=2.0.0"], "upgrade"),
        ("0.38.3", [">=0.41.0"], "upgrade"),
        ("0.103.8", [">=0.103.12, <0.104.0-alpha.1", ">=0.104.0-alpha.6"], "refresh"),
        ("0.102.8", [">=0.103.12, <0.104.0-alpha.1", ">=0.104.0-alpha.6"], "upgrade"),
        ("0.8.5", [">=0.10.1", "<0.10.0, >=0.9.3", "<0.9.0, >=0.8.6"], "refresh"),
        # Fixed in an older series of the same major version as well, to which nothing is refreshed.
        ("1.41.0", [">=1.38.2, <1.39.0", ">=2.0.0"], "upgrade"),
        ("0.0.3", [">=0.0.4"], "upgrade"),
        ("0.4.1+23.1", ["^0.4.2"], "refresh"),
        ("1.2.3", [">1.2"], "upgrade"),
        ("1.2.3", [">1.3"], "refresh"),
    ],
)
def test_cargo_takes_by_itself_what_is_newer_and_compatible(version: str, fixed_in: list[str], expected: str) -> None:
    assert fix(version, fixed_in) == expected


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("", (None, "unknown")),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", (5.9, "medium")),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", (9.8, "critical")),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", (8.7, "high")),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", (7.8, "high")),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", (0.0, "low")),
    ],
)
def test_a_vector_is_rated(vector: str, expected: tuple[float | None, str]) -> None:
    assert rated(vector) == expected


@pytest.mark.parametrize("vector", ["high", "CVSS:3.1/AV:N", "CVSS:4.0/nonsense"])
def test_what_is_no_vector_is_an_error(vector: str) -> None:
    with pytest.raises(HostError, match="is no CVSS vector"):
        rated(vector)
