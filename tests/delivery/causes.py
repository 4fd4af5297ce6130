# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What someone is to be told of, done to a real instance: by requests from outside where they suffice.

Each returns when the cause set in, in seconds since the epoch.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tests.attacks.deployment import OURS, PORT, PROGRAMS
from tests.attacks.hosts import Target, until
from tests.attacks.login import encoded, form
from tests.machine.machine import Machine
from tests.machine.test_limits import POST
from tests.support.plays import Controller

CRASHES = 5
GRANT_S = 20
GUESTS = "guests"
"""The zone whose doors are opened one at a time."""
TASKS = 200
HOG = f"{PROGRAMS}/hog"
"""The program that takes tasks, on the host."""

_LOAD = """
import http.client, sys, time
address, port = sys.argv[1], int(sys.argv[2])
while True:
    connection = http.client.HTTPConnection(address, port, timeout=30)
    try:
        while True:
            connection.request("GET", "/?action=getInfo")
            connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        time.sleep(0.1)
    finally:
        connection.close()
"""


def send_more_than_its_memory(host: Machine) -> float:
    """Send a body that is larger than the instance may be, until the kernel ends it."""
    process, began = host.process(OURS), time.time()
    host.out("python3", "-Ic", POST, str(PORT))
    until(lambda: host.process(OURS) not in (process, 0), 60, f"{OURS} was ended and started again")
    return began


def start_more_than_its_tasks(host: Machine) -> float:
    """Start tasks in the control group of the instance, as someone does who has taken it over."""
    group, began = host.show(OURS, "ControlGroup")["ControlGroup"], time.time()
    script = f"echo $$ > /sys/fs/cgroup{group}/cgroup.procs; exec {HOG} tasks {TASKS}"
    got = int(host.out("sh", "-euc", script).splitlines()[-1])
    assert got < TASKS
    return began


@contextlib.contextmanager
def asked_without_end(host: Machine, address: str, port: int) -> Iterator[float]:
    """Ask an instance one thing after another, until this is left."""
    with host.start("timeout", "3600", "python3", "-Ic", _LOAD, address, str(port)) as load:
        try:
            yield time.time()
        finally:
            load.terminate()


def crash_again_and_again(host: Target) -> float:
    """Hand over logins that are worth nothing: each ends the process."""
    began = time.time()
    for _unused in range(CRASHES):
        before, info = host.process(OURS), host.answer(PORT)
        assert info is not None
        assert host.post(PORT, encoded(form(info, "nobody"))) == 200
        while host.process(OURS) in (before, 0) or host.answer(PORT) is None:
            assert time.time() < began + 120, f"{OURS} is not back"
            time.sleep(0.2)
    return began


def stand_still(host: Target) -> float:
    """Stop the process: it keeps its listener and answers nobody."""
    host.out("kill", "-STOP", str(host.process(OURS)))
    return time.time()


def hold_up(host: Target) -> float:
    """Stop each process of the instance, the one that is started in its place too, for longer than a minute."""
    began = time.time()
    while time.time() < began + 90:
        process = host.process(OURS)
        if process:
            host.run("kill", "-STOP", str(process))
        time.sleep(1)
    return began


def loosen_a_file(host: Target) -> float:
    """Let everyone read the options of the instance."""
    host.out("chmod", "0666", "/etc/librespot/kitchen.env")
    return time.time()


def grant_for_a_while(controller: Controller) -> float:
    """Let a guest in for so long that no one has to wait, and return when that will be over."""
    asked = {"zone": GUESTS, "address": "192.0.2.7", "ttl": f"{GRANT_S}s"}
    controller.converge(controller.playbook({"hardened.librespot.grant": asked}), {})
    return time.time() + GRANT_S
