# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance that falls out of the inventory: it goes on running, and is not left open to everyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.deployment import APPLY, BEDROOM, NEIGHBOUR_PORT, OURS, PORT, specified
from tests.attacks.hosts import Target, until
from tests.support.plays import Controller

_REACH = """
import socket, sys
try:
    socket.create_connection(("{gateway}", 22), 2)
except ConnectionRefusedError:
    sys.exit("answered")
except OSError as error:
    sys.exit(f"no way: {{error}}")
sys.exit("answered")
"""


@pytest.fixture
def controller(host: Target, tmp_path: Path) -> Controller:
    """Return what deploys to the host."""
    return Controller(host, tmp_path)


def _reaches_a_neighbour(host: Target) -> bool:
    gateway = host.shell("ip -4 route show default").split()[2]
    script = _REACH.format(gateway=gateway)
    said = host.run("setpriv", "--reuid=librespot-kitchen", "--clear-groups", "python3", "-c", script)
    return "answered" in said.stderr


def test_one_that_nobody_describes_any_more_is_sealed_off(host: Target, controller: Controller) -> None:
    try:
        run = controller.converge(APPLY, specified([BEDROOM]))
        assert "kitchen is on this host and not in librespot_instances" in " ".join(run.output.split())
        assert host.show(OURS, "ActiveState") == {"ActiveState": "active"}
        assert host.answer(PORT) is None
        assert not _reaches_a_neighbour(host)
        assert host.answer(NEIGHBOUR_PORT)
        assert controller.converge(APPLY, specified([BEDROOM])).recap(host)["changed"] == 0
        # Of none described at all, too.
        controller.converge(APPLY, specified([]))
        assert (host.answer(PORT), host.answer(NEIGHBOUR_PORT)) == (None, None)
        assert not _reaches_a_neighbour(host)
    finally:
        controller.converge(APPLY, specified())
    until(lambda: host.answer(PORT), 15, "it answers again")


def test_the_probe_sees_what_is_not_sealed(host: Target) -> None:
    host.shell("nft delete table inet librespot")
    try:
        assert _reaches_a_neighbour(host)
    finally:
        host.shell("systemctl restart librespot-firewall.service")
    until(lambda: host.answer(PORT), 40, "it answers again")
