# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variable that a page tells users to set is one that a role or a playbook reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")], key=lambda path: path.name)
_SET = re.compile(r"`?\b(librespot_[a-z0-9_]+)\b(?=:|=)|`(librespot_[a-z0-9_]+)`")
_NAME = re.compile(r"\blibrespot_[a-z0-9_]+\b")
_FORMATS = (".yml", ".py")


def _read() -> Iterator[str]:
    for directory in ("roles", "playbooks", "plugins"):
        for path in (ROOT / directory).rglob("*"):
            if path.suffix in _FORMATS:
                yield from _NAME.findall(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return every name of ours in the code, and of the roles themselves."""
    return {*_read(), *(path.name for path in (ROOT / "roles").iterdir())}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_it_is_known(page: Path, known: set[str]) -> None:
    named = {first or second for first, second in _SET.findall(page.read_text(encoding="utf-8"))}
    assert named - known == set()
