# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The excerpt in the checkout is what the whole database says, and lacks nothing that is known of a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply.databases import EXCERPT
from tests.supply.excerpt import excerpt
from tests.supply.reader import locked, matches
from tests.supply.releases import VERSIONS

REMEDY = "make it anew: python3 -m tools.lab run --kind test -- python -m tests.supply.excerpt"


def test_it_is_made_of_the_whole(database: Path) -> None:
    files = EXCERPT.glob("crates/*/*")
    assert {str(file.relative_to(EXCERPT)): file.read_text(encoding="utf-8") for file in files} == excerpt(database), (
        REMEDY
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_it_has_all_that_is_known_of_a_release(locks: dict[str, Path], database: Path, version: str) -> None:
    packages = locked(locks[version])
    assert matches(EXCERPT, packages) == matches(database, packages), REMEDY
