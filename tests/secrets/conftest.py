# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with librespot, searched while a login from Vault is deployed to it and changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.secrets.deployment import Deployment, Finds
from tests.support.hosts import fresh
from tests.support.plays import Controller, activate, built


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Return a host with librespot and no instance."""
    directory = tmp_path_factory.mktemp("secrets")
    with fresh("hardened-librespot-secrets") as host:
        controller = Controller(host, directory)
        activate(controller, built(controller))
        yield Deployment(host, controller)


@pytest.fixture(scope="session")
def finds(deployment: Deployment) -> Finds:
    """Return where the two logins of a whole life were seen: check, deploy, check a change, change."""
    return deployment.live()
