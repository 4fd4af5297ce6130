# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what was measured."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.tables import TABLES
from tests.support.hosts import Host, fresh
from tests.support.plays import Controller

TABLE: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how often each is timed."""
    parser.addoption("--rounds", type=int, default=7, help="how often each is timed (default: 7)")


@pytest.fixture(scope="session")
def table() -> list[str]:
    """Return the lines that are printed after the tests."""
    return TABLE


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Return a pristine host."""
    with fresh("hardened-librespot-bench-rules") as made:
        yield made


@pytest.fixture(scope="session")
def controller(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """Return what runs plays against that host."""
    return Controller(host, tmp_path_factory.mktemp("rules"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables."""
    for title, lines in {**({"one instance, nothing to change": TABLE} if TABLE else {}), **TABLES}.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
