# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that watches, and those whom it tells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.prometheus import Watch, machine_address, watching
from tests.support.told import Authority, authority


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"), machine_address())


@pytest.fixture(scope="session")
def watch(trusted: Authority) -> Iterator[Watch]:
    with watching("alerts", trusted) as made:
        yield made
