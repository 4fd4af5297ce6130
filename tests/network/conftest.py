# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine on two segments with a speaker that is bound to one of them, and librespot under its authors' unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import APPLY
from tests.attacks.tables import TABLES
from tests.network.site import BOUND, ZONES, Site, site
from tests.support.plays import Controller, activate, built

IMAGES = ("debian12", "debian13")


@pytest.fixture(scope="session", params=IMAGES)
def controller(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """Return what deploys to a machine on two segments."""
    directory = tmp_path_factory.mktemp("network")
    with site(str(request.param), directory) as made:
        found = Controller(made, directory)
        activate(found, built(found))
        yield found


@pytest.fixture
def host(controller: Controller) -> Site:
    """Return the machine with a speaker that is bound to one of its segments."""
    controller.converge(APPLY, {"librespot_instances": [BOUND], "librespot_zones": ZONES})
    assert isinstance(controller.host, Site)
    return controller.host


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
