# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts to attack, and the tables that tell how the attacks ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import deploy
from tests.attacks.hosts import Target, target
from tests.attacks.tables import TABLES
from tests.support.plays import Controller

IMAGES = ("debian12", "debian13")


@pytest.fixture(scope="session", params=IMAGES)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Return a host with a speaker and its neighbour."""
    with target(str(request.param), "attacks") as made:
        deploy(Controller(made, tmp_path_factory.mktemp("deploy")))
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
