# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many runs are killed, and at which moments; and afterwards, what the kills hit."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.world import World, shots, versions
from tests.support.hosts import fresh
from tests.support.plays import Controller, built
from tests.support.releases import sibling

REPORT: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the number of kills, and the seed that gives their moments."""
    parser.addoption("--kills", type=int, default=5, help="runs to kill (default: 5)")
    parser.addoption("--seed", type=int, default=secrets.randbelow(10**9), help="of the moments")


def pytest_report_header(config: pytest.Config) -> str:
    """Return what it takes to repeat this run."""
    return f"kills: --kills={config.getoption('kills')} --seed={config.getoption('seed')}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each kill."""
    if "shot" in metafunc.fixturenames:
        chosen = shots(metafunc.config.getoption("kills"), metafunc.config.getoption("seed"))
        metafunc.parametrize("shot", chosen, ids=str)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a host that has been at both versions."""
    directory = tmp_path_factory.mktemp("kill")
    with fresh("hardened-librespot-kill") as host:
        controller = Controller(host, directory)
        first = built(controller)
        made = World(host, controller, versions(first, sibling(Path(first["path"]), directory)))
        made.learn()
        yield made


@pytest.fixture(scope="session")
def report() -> list[str]:
    """Return the lines that are printed after the tests."""
    return REPORT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was hit, and the longest silence."""
    terminalreporter.section(f"kills, --seed={config.getoption('seed')}")
    for line in REPORT:
        terminalreporter.write_line(line)
