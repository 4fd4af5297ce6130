# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts with an engine of their own, on which instances run in containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.hosts import target
from tests.attacks.tables import TABLES
from tests.containers.speaker import Speaker
from tests.kill.conftest import REPORT, pytest_addoption, pytest_generate_tests, pytest_report_header, report
from tests.support.hosts import lab
from tests.support.plays import Controller

IMAGES = ("debian12-docker", "debian13-docker")

__all__ = ["pytest_addoption", "pytest_generate_tests", "pytest_report_header", "report"]


@pytest.fixture(scope="session", params=IMAGES)
def speaker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    """Return a host that has an engine, and nothing of ours yet."""
    lab("builder", "up")
    with target(str(request.param), "containers") as host:
        yield Speaker(host, Controller(host, tmp_path_factory.mktemp("deploy")))


@pytest.fixture
def running(speaker: Speaker) -> Speaker:
    """Return the host with the kitchen in a container."""
    speaker.converge()
    return speaker


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables, and what was killed, after the tests."""
    if REPORT:
        TABLES["runs that were killed"] = REPORT
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
