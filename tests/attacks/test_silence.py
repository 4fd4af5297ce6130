# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances that are up but silent: by idle connections that took every descriptor, and stopped by a signal.

And the other end: an instance that shall stop does so at once and says goodbye.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.attacks.deployment import BASELINES, OURS, PORT, baseline
from tests.attacks.hosts import Target, until
from tests.attacks.tables import TABLES, show

DESCRIPTORS = 1024
"""What systemd gives a service, and what ours has."""
CONNECTIONS = 1100
BACKLOG = 64
"""Half of what librespot lets wait; of more at once some would be lost."""
NOTICED_S = 30.0
WATCHED_S = 45.0
STOP_S = 2.0


@contextlib.contextmanager
def idle_connections(host: Target, port: int) -> Iterator[None]:
    """Hold connections that say nothing.

    None is waited for: those that the zone's share refuses would take until ours is up again.
    """
    _unused, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with contextlib.ExitStack() as held:
        for number in range(CONNECTIONS):
            if number % BACKLOG == 0:
                time.sleep(0.02)
            connection = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                connection.connect((host.address, port))
        yield


def wedge(host: Target, unit: str, port: int) -> None:
    """Take every descriptor, then give all back: the listener does not recover from it."""
    files = f"/proc/{host.process(unit)}/fd"
    with idle_connections(host, port):
        # The listener itself is the first that it lets go.
        until(lambda: len(host.out("ls", files).split()) >= DESCRIPTORS - 1, 15, f"{unit} has no descriptor left")
    assert host.answer(port, 1) is None


def freeze(host: Target, unit: str, port: int) -> None:
    """Stop the process as Ctrl-Z does."""
    host.out("systemctl", "kill", "--kill-whom=main", "--signal=SIGSTOP", unit)
    assert host.answer(port, 1) is None


@pytest.mark.parametrize("attack", [wedge, freeze])
def test_silent_instance_is_restarted(host: Target, attack: Callable[[Target, str, int], None]) -> None:
    unit, port = baseline(host, "upstream"), BASELINES["upstream"]
    theirs = host.process(unit)
    attack(host, unit, port)
    wedged = time.monotonic()

    before = host.process(OURS)
    attack(host, OURS, PORT)
    start = time.monotonic()
    until(lambda: host.answer(PORT, 1), NOTICED_S, f"{OURS} answers again")
    took = time.monotonic() - start
    assert host.process(OURS) != before

    # Theirs has had longer than ours needed, and looks healthy to systemd.
    time.sleep(max(0.0, wedged + WATCHED_S - time.monotonic()))
    assert host.answer(port, 1) is None
    assert host.show(unit, "MainPID", "ActiveState") == {"MainPID": str(theirs), "ActiveState": "active"}
    title = f"silent instances on {host.image}"
    rows = [[attack.__name__, "silent, and active to systemd", f"answers again after {took:.1f} s"]]
    head = [f"{'attack':<8}", f"upstream, {WATCHED_S:g} s later", "ours"]
    kept = TABLES.get(title, [])[1:]
    show(title, head, rows)
    TABLES[title] += kept
    host.out("systemctl", "kill", "--signal=SIGKILL", unit)


def stopped(host: Target) -> tuple[float, dict[str, str]]:
    """Stop ours and start it again; return the seconds that the stop took and how it ended, as systemd saw it."""
    host.out("systemctl", "stop", OURS)
    ended = host.show(OURS, "ActiveState", "Result", "ExecMainCode", "ExecMainStatus")
    moments = host.show(OURS, "ActiveExitTimestampMonotonic", "InactiveEnterTimestampMonotonic")
    host.out("systemctl", "start", OURS)
    until(lambda: host.answer(PORT), 15, f"{OURS} answers again")
    took = int(moments["InactiveEnterTimestampMonotonic"]) - int(moments["ActiveExitTimestampMonotonic"])
    return took / 1e6, ended


def test_stop_is_quick_and_clean(host: Target) -> None:
    ends = [stopped(host) for _unused in range(5)]
    slowest = max(took for took, _unused in ends)
    show(f"stop on {host.image}", ["stops", "slowest", "result"], [["5", f"{slowest:.2f} s", "success, exit 0"]])
    # Code 1 is an exit of its own, not a death by a signal.
    clean = {"ActiveState": "inactive", "Result": "success", "ExecMainCode": "1", "ExecMainStatus": "0"}
    assert [end for _unused, end in ends] == [clean] * 5
    assert slowest < STOP_S


def test_half_a_request_does_not_hold_a_stop_up(host: Target) -> None:
    with socket.create_connection((host.address, PORT), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        time.sleep(0.5)
        took, _unused = stopped(host)
    assert took < STOP_S
