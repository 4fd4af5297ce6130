# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers with a systemd of their own and a release, but nothing that runs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hosts import fresh
from tests.support.plays import Controller, activate, built


@pytest.fixture(scope="session", params=["debian12", "debian13"])
def container(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the name of a container."""
    with fresh(f"hardened-librespot-systemd-{request.param}", request.param) as host:
        controller = Controller(host, tmp_path_factory.mktemp("controller"))
        activate(controller, built(controller))
        yield host.name
