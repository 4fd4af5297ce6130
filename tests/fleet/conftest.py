# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet.world import Audit, Fleet, fleet
from tests.support.hosts import lab


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return three hosts that are alike."""
    lab("builder", "up")
    with fleet(tmp_path_factory.mktemp("fleet")) as made:
        yield made


@pytest.fixture(scope="session")
def healthy(world: Fleet) -> Audit:
    """Return the first review, of hosts at which nothing is wrong."""
    return world.review()
