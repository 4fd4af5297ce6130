# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host that controls are taken away from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mutants.world import Findings, World
from tests.support.hosts import fresh
from tests.support.plays import Controller, built


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a host with three speakers."""
    with fresh("hardened-librespot-mutants") as host:
        controller = Controller(host, tmp_path_factory.mktemp("mutants"))
        made = World(host, controller, built(controller))
        made.prepare()
        made.converge()
        yield made


@pytest.fixture(scope="session")
def healthy(world: World) -> Findings:
    """Return the findings while every control is in place."""
    return world.audit()
