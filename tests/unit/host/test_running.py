# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container says of its librespot is believed only as far as it is a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import running

GOOD = '{"metadata": {}, "components": [{"purl": "pkg:cargo/librespot@0.8.0"}]}'


@pytest.fixture
def sbom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "share").mkdir()
    monkeypatch.setattr(running, "SBOM", f"{tmp_path}/share/sbom")
    return tmp_path / "share/sbom"


def test_the_version_of_its_sbom(sbom: Path) -> None:
    assert running._billed(os.getpid()) is None
    sbom.write_text(GOOD, encoding="utf-8")
    assert running._billed(os.getpid()) == ("0.8.0", "")


@pytest.mark.parametrize(
    "text", ["", "\x00", "[]", "[" * 100_000, '{"metadata": 1}', '{"metadata": {}, "components": 1}']
)
def test_one_that_cannot_be_read_is_a_problem_of_that_container(sbom: Path, text: str) -> None:
    sbom.write_text(text, encoding="utf-8")
    found = running._billed(os.getpid())
    assert found is not None
    assert found[0] == ""
    assert "cannot be read" in found[1]


@pytest.mark.parametrize("link", ["directory", "file"])
def test_a_file_of_the_host_says_nothing_of_a_container(sbom: Path, link: str) -> None:
    elsewhere = sbom.parent.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "sbom").write_text(GOOD, encoding="utf-8")
    if link == "directory":
        sbom.parent.rmdir()
        sbom.parent.symlink_to(elsewhere)
    else:
        sbom.symlink_to(elsewhere / "sbom")
    found = running._billed(os.getpid())
    assert found is not None
    assert found[0] == ""
    assert "cannot be read" in found[1]
