# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet that all tests share, one after the other, and how long each host was without its old release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.conftest import pytest_addoption, pytest_report_header
from tests.rollout.world import Fleet, fleet
from tests.supply.databases import EXCERPT
from tests.support.hosts import lab

__all__ = ["pytest_addoption", "pytest_report_header"]

REPORT: list[str] = []


@pytest.fixture(scope="session")
def database() -> Path:
    """Return the database of advisories that the gate looks into."""
    return EXCERPT


@pytest.fixture(scope="session")
def rollout(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Iterator[Fleet]:
    """Return six hosts with the old release."""
    lab("builder", "up")
    engines = [{"name": "cargo-audit", "database": str(database)}]
    # Upstream's lock files have advisories that only a refreshed one mends.
    settings = {"librespot_update_engines": engines, "librespot_update_fail_on": "critical"}
    with fleet(tmp_path_factory.mktemp("rollout"), **settings) as made:
        yield made


@pytest.fixture(scope="session")
def report() -> list[str]:
    """Return the lines that are printed after the tests."""
    return REPORT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    terminalreporter.section("rollouts")
    for line in REPORT:
        terminalreporter.write_line(line)
