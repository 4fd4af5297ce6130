# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts with a firewall of their administrator's, and a second host that nobody trusts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.deployment import APPLY
from tests.attacks.hosts import Target, target
from tests.attacks.tables import TABLES
from tests.beside.firewalls import FIREWALLS, KNOCKER, Firewall, specified
from tests.support.plays import Controller, activate, built

ASK = Path(__file__).resolve().parents[1] / "network" / "ask.py"
KNOCK = Path(__file__).resolve().parent / "knock.py"
IMAGES = ("debian12", "debian13")


@pytest.fixture(scope="session", params=IMAGES)
def controller(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """Return what deploys to a host with every firewall installed and none in force."""
    with target(str(request.param), "beside") as made:
        packages = " ".join(item.package for item in FIREWALLS)
        stopped = "; ".join(item.off for item in FIREWALLS)
        made.shell(
            "apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends "
            f"{packages} iptables > /dev/null; {stopped}",
            timeout=300,
        )
        found = Controller(made, tmp_path_factory.mktemp("deploy"))
        activate(found, built(found))
        yield found


@pytest.fixture(scope="session")
def stranger() -> Iterator[Target]:
    """Return a host that is in no zone."""
    with target(IMAGES[-1], "stranger") as made:
        made.put(ASK, "/root/ask.py")
        made.put(KNOCK, KNOCKER)
        yield made


@pytest.fixture(params=FIREWALLS, ids=[item.package for item in FIREWALLS])
def firewall(request: pytest.FixtureRequest, controller: Controller) -> Iterator[Firewall]:
    """Return a firewall that is in force on a host with a speaker, and take it out of force afterwards."""
    found: Firewall = request.param
    assert isinstance(controller.host, Target)
    controller.host.shell(found.on)
    controller.converge(APPLY, specified(controller.host))
    yield found
    controller.host.shell(found.off)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
