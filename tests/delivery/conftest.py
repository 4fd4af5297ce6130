# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that watches, those whom it tells, and two hosts that it watches: one of them enforces limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.deployment import NEIGHBOUR_PORT, compiled
from tests.attacks.hosts import Target, target
from tests.attacks.tables import TABLES
from tests.delivery.causes import HOG, Asking, asked_without_end
from tests.delivery.watched import (
    AUDITED_SOON,
    EXPORTER,
    LIMITED,
    SPEAKER,
    UNAUDITED,
    alerting,
    deploy,
    enforcing,
    seen,
)
from tests.machine.machine import ADDRESS, Machine
from tests.support.plays import Controller
from tests.support.prometheus import Watch, machine_address, watching
from tests.support.told import Authority, authority

HOG_SOURCE = Path(__file__).parents[1] / "machine" / "hog.c"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add for how long recommended limits have to hold."""
    parser.addoption("--hold", type=float, default=120, help="seconds that limits have to hold a load (default: 120)")


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"), machine_address())


@pytest.fixture(scope="session")
def watch(trusted: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Return a host that watches by the rules of ours, and nobody yet."""
    with watching("delivery", trusted) as made:
        alerting(made, tmp_path_factory.mktemp("alerting"))
        yield made


@pytest.fixture(scope="session")
def speaker(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Return a host that is watched, like any; its limits are not enforced."""
    with target("debian13-exporter", "delivery") as host:
        deploy(Controller(host, tmp_path_factory.mktemp("speaker")), AUDITED_SOON)
        seen(watch, SPEAKER, f"{host.address}:{EXPORTER}")
        yield host


@pytest.fixture(scope="session")
def limited(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine that is watched, and enforces limits."""
    directory = tmp_path_factory.mktemp("limited")
    with enforcing(watch, directory, "delivery") as (host, reached):
        deploy(Controller(host, directory), UNAUDITED)
        host.install(compiled(HOG_SOURCE, directory), HOG)
        seen(watch, LIMITED, reached)
        yield host


@pytest.fixture(scope="session")
def asking(limited: Machine) -> Iterator[Asking]:
    """Ask the neighbour of the limited one without end, while all else happens."""
    with asked_without_end(limited, ADDRESS, NEIGHBOUR_PORT) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
