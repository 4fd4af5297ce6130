# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts to attack, and the tables that tell how the attacks ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import hosts
from tests.attacks.deployment import deploy
from tests.attacks.hosts import Host
from tests.attacks.tables import TABLES


@pytest.fixture(scope="session", params=["debian12", "debian13"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Return a host with a speaker and its neighbour, both deployed as a user would."""
    made = hosts.start(str(request.param), "speakers")
    try:
        deploy(made, tmp_path_factory.mktemp("deploy"))
        yield made
    finally:
        hosts.stop(made)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a directory for inventories and variables."""
    return tmp_path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
