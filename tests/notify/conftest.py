# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with real speakers, and those whom it tells, on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hosts import fresh, lab
from tests.support.plays import Controller
from tests.support.told import authority, mail_server, webhook

from .told import Telling, deploy, give_secrets, notify_of

_TIMES = "time"


@pytest.fixture(scope="session", params=["debian12", "debian13"])
def telling(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    """Return a host that has speakers, and tells nobody yet."""
    directory = tmp_path_factory.mktemp("notify")
    lab("builder", "up")
    with fresh(f"hardened-librespot-notify-{request.param}", request.param) as host:
        address = host.out("sh", "-c", "ip -4 route show default").split()[2]
        trusted = authority(directory, address)
        with mail_server(trusted, address) as mailbox, webhook(trusted, address) as hook:
            controller = Controller(host, directory)
            deploy(controller)
            give_secrets(host, trusted)
            made = Telling(host, controller, mailbox, hook, notify_of(address, mailbox, hook))
            yield made
            request.config.stash.setdefault(LINES, []).extend(f"{request.param} {line}" for line in made.times)


LINES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how long each took from its cause to its delivery."""
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("from the cause to its delivery")
        for line in lines:
            terminalreporter.write_line(line)
