# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong at run time, and that it mends itself."""

from __future__ import annotations

import time

import pytest

from ansible_collections.hardened.librespot.tests.molecule.speaker import BACK_S, Speaker, within

LONGEST_STOP_S = 2.0
_EXHAUST = """
import resource, socket, sys, time
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held, many = [], int(sys.argv[2])
while len(held) < many:
    held.append(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5))
time.sleep(1)
"""


def test_it_stops_fast_and_clean(speaker: Speaker) -> None:
    host = speaker.host
    start = time.monotonic()
    host.check_output("systemctl stop %s", speaker.unit)
    took = time.monotonic() - start
    assert took < LONGEST_STOP_S
    assert speaker.show("Result") == "success"
    assert speaker.pid == 0
    host.check_output("systemctl start %s", speaker.unit)
    assert within(BACK_S, speaker.up)


@pytest.mark.parametrize("signal", ["KILL", "TERM"])
def test_it_comes_back_after_its_death(speaker: Speaker, signal: str) -> None:
    before = speaker.pid
    speaker.host.check_output("kill -%s %s", signal, str(before))
    assert within(BACK_S, lambda: speaker.pid not in (0, before) and speaker.up())


def test_a_process_that_stands_still_is_restarted(speaker: Speaker) -> None:
    before = speaker.pid
    speaker.host.check_output("kill -STOP %s", str(before))
    assert not speaker.up()
    assert within(BACK_S, lambda: speaker.pid not in (0, before) and speaker.up())


def test_a_listener_without_descriptors_is_restarted(speaker: Speaker) -> None:
    before = speaker.pid
    limit = int(next(row.split()[3] for row in speaker.read("limits").splitlines() if row.startswith("Max open files")))
    speaker.host.check_output("python3 -c %s %s %s", _EXHAUST, str(speaker.port), str(limit + 1))
    # The connections are gone again, the process lives, and nobody is served: what no state of the unit shows.
    assert speaker.pid == before
    assert speaker.ask() is None
    assert within(BACK_S, lambda: speaker.pid not in (0, before) and speaker.up())


def test_it_is_left_alone_while_the_host_has_no_address(speaker: Speaker) -> None:
    host = speaker.host
    before = speaker.pid
    addresses = host.check_output("ip -4 -oneline address show dev eth0").split()[3]
    route = host.check_output("ip -4 route show default")
    host.check_output("ip address flush dev eth0")
    try:
        host.check_output("kill -STOP %s", str(before))
        time.sleep(BACK_S)
        assert speaker.pid == before
    finally:
        host.check_output("ip address add %s dev eth0", addresses)
        host.check_output(f"ip route add {route}")
    assert within(BACK_S, lambda: speaker.pid not in (0, before) and speaker.up())
