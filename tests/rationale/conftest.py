# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import deploy
from tests.attacks.hosts import target
from tests.rationale.document import Described
from tests.support.hosts import lab
from tests.support.plays import Controller


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    """Return a host with two speakers of the real librespot, of which the document is written."""
    lab("builder", "up")
    with target("debian13", "rationale") as host:
        controller = Controller(host, tmp_path_factory.mktemp("rationale"))
        deploy(controller)
        yield Described(host, controller)
