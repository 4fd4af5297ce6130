# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual machine to attack, and the tables that tell how the attacks ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import BEDROOM, KITCHEN, deploy
from tests.attacks.tables import TABLES
from tests.machine.machine import Machine, machine
from tests.support.plays import Controller

LIMITS = {"memory": "128M", "cpu": "50%", "tasks": 48, "files": 512}


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine with a speaker, which has limits, and its neighbour."""
    directory = tmp_path_factory.mktemp("machine")
    with machine("debian13", directory) as made:
        speakers(Controller(made, directory))
        yield made


def speakers(controller: Controller) -> None:
    """Deploy the speaker and its neighbour as services."""
    deploy(controller, [{**KITCHEN, "limits": LIMITS}, BEDROOM])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
