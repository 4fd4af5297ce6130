# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts on which the real librespot runs: as two services, and in a container."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.hosts import target
from tests.attacks.tables import TABLES
from tests.containers.speaker import Speaker
from tests.health.served import Served
from tests.support.hosts import lab
from tests.support.plays import Controller


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the host with both services of the real librespot 0.8.0."""
    lab("builder", "up")
    with target("debian13", "profile") as made:
        found = Served(made, Controller(made, tmp_path_factory.mktemp("deploy")))
        found.real()
        yield found


@pytest.fixture(scope="session")
def contained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    """Return a host with an engine, and version 1 of control groups, on which the kitchen is in a container."""
    lab("builder", "up")
    with target("debian12-docker", "profile") as made:
        found = Speaker(made, Controller(made, tmp_path_factory.mktemp("contained")))
        found.converge()
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
