# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that watches, those whom it tells, and two hosts that it watches: one of them enforces limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.deployment import compiled
from tests.attacks.hosts import target
from tests.attacks.tables import TABLES
from tests.delivery.causes import HOG
from tests.delivery.watched import EXPORTER, LIMITED, SPEAKER, Scene, alerting, deploy
from tests.machine.machine import machine
from tests.support.plays import Controller
from tests.support.prometheus import Watch, machine_address, watching
from tests.support.told import Authority, authority

SEEN_S = 300
TEXTFILES_ALONE = "--collector.disable-defaults --collector.textfile"
HOG_SOURCE = Path(__file__).parents[1] / "machine" / "hog.c"


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"), machine_address())


@pytest.fixture(scope="session")
def watch(trusted: Authority) -> Iterator[Watch]:
    """Return a host that watches nobody yet."""
    with watching("delivery", trusted) as made:
        yield made


@pytest.fixture(scope="session")
def scene(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Return two hosts that are watched: one like any, and one that enforces limits."""
    directory = tmp_path_factory.mktemp("limited")
    with (
        target("debian13-exporter", "delivery") as speaker,
        machine("debian13-exporter", directory, "delivery") as limited,
        limited.forwarded(EXPORTER, watch.gateway) as reached,
    ):
        deploy(Controller(speaker, tmp_path_factory.mktemp("speaker")))
        deploy(Controller(limited, directory))
        limited.install(compiled(HOG_SOURCE, directory), HOG)
        # Emulated, the rest takes longer than there is time for an answer when the machine is busy.
        limited.write("/etc/default/prometheus-node-exporter", f'ARGS="{TEXTFILES_ALONE}"\n')
        limited.out("systemctl", "restart", "prometheus-node-exporter")
        watch.targets = {SPEAKER: f"{speaker.address}:{EXPORTER}", LIMITED: reached}
        alerting(watch, tmp_path_factory.mktemp("alerting"))
        for name in watch.targets:
            watch.wait_value(f'librespot_instance_healthy{{instance="{name}",name="kitchen"}} == 1', SEEN_S)
        yield Scene(watch, speaker, limited)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
