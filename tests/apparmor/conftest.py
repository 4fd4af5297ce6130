# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine, whose kernel enforces AppArmor, and the tables that tell what it refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.deployment import compiled
from tests.attacks.tables import TABLES
from tests.machine.machine import Machine, machine
from tests.support.plays import Controller

IMAGES = ("debian12", "debian13")


@pytest.fixture(scope="session", params=IMAGES)
def controller(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """Return what deploys to a pristine machine."""
    directory = tmp_path_factory.mktemp("apparmor")
    with machine(str(request.param), directory) as made:
        # Each refusal shall be in the log, however many come at once.
        made.out("sysctl", "--quiet", "--write", "kernel.printk_ratelimit=0")
        yield Controller(made, directory)


@pytest.fixture(scope="session")
def host(controller: Controller) -> Machine:
    """Return the machine."""
    assert isinstance(controller.host, Machine)
    return controller.host


@pytest.fixture(scope="session")
def tries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program that tries."""
    return compiled(Path(__file__).with_name("tries.c"), tmp_path_factory.mktemp("tries"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
