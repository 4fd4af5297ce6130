# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A speaker that the kernel ends for its memory, on a machine whose kernel does: by mail and by webhook."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.attacks.deployment import BEDROOM, KITCHEN, PORT, deploy
from tests.machine.conftest import LIMITS
from tests.machine.machine import Machine, machine
from tests.machine.test_limits import POST
from tests.support.plays import Controller
from tests.support.told import LOOPBACK, authority, mail_server, webhook

from .conftest import LINES
from .told import Telling, give_secrets, notify_of

HERE = "10.0.2.2"
"""What the machine calls this one, at whose loopback those listen that it tells."""

INSTANCES = [{**KITCHEN, "limits": LIMITS}, BEDROOM]


@pytest.fixture(scope="module")
def telling(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    """Return a machine with speakers that have limits, which tells."""
    directory = tmp_path_factory.mktemp("machine")
    trusted = authority(directory, HERE)
    with (
        mail_server(trusted, LOOPBACK) as mailbox,
        webhook(trusted, LOOPBACK) as hook,
        machine("debian13", directory, "notify") as host,
    ):
        controller = Controller(host, directory)
        deploy(controller, INSTANCES)
        give_secrets(host, trusted)
        made = Telling(host, controller, mailbox, hook, notify_of(HERE, mailbox, hook))
        zones = {"lab": {"networks": ["10.0.0.0/8"]}}
        began = time.monotonic()
        run = made.monitoring(instances=INSTANCES, zones=zones)
        assert run.status == 0, run.output
        made.hears("is told here", began, 120)
        yield made
        request.config.stash.setdefault(LINES, []).extend(f"machine {line}" for line in made.times)


def test_a_speaker_that_is_killed_for_its_memory(telling: Telling) -> None:
    assert isinstance(telling.host, Machine)
    began = time.monotonic()
    telling.host.run("python3", "-Ic", POST, str(PORT))
    sent = time.monotonic() - began
    telling.hears("was ended by the kernel: out of memory", began, 120)
    telling.times.append(f"of that, {sent:.1f} s are the body that it died of")
    assert telling.counted("kitchen on") >= (1, 1)
    assert telling.counted("bedroom on") == (0, 0)
