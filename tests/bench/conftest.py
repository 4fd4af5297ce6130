# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what was measured."""

from __future__ import annotations

import pytest

TABLE: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how often both are measured."""
    parser.addoption("--rounds", type=int, default=7, help="runs of each playbook (default: 7)")


@pytest.fixture(scope="session")
def table() -> list[str]:
    """Return the lines that are printed after the tests."""
    return TABLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    terminalreporter.section("one instance, nothing to change")
    for line in TABLE:
        terminalreporter.write_line(line)
