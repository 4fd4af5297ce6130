# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What someone is to be told of, done to a real instance: by requests from outside where they suffice.

Each returns when the cause set in, in seconds since the epoch.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.deployment import OURS, PORT, PROGRAMS
from tests.attacks.hosts import Target, until
from tests.attacks.login import encoded, form
from tests.machine.conftest import LIMITS
from tests.machine.machine import Machine
from tests.machine.test_limits import POST
from tests.support.plays import Controller

CRASHES = 5
GRANT_S = 90
GUESTS = "guests"
"""The zone whose doors are opened one at a time."""

GUEST = "192.0.2.7"
TASKS = 200
FILES = int(str(LIMITS["files"]))
HOG = f"{PROGRAMS}/hog"
"""The program that takes tasks, on the host."""

_EXHAUST = """
import resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
while len(held) < int(sys.argv[3]):
    held.append(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2))
"""
_ASKING = "asking.service"
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


@dataclass(frozen=True)
class Asking:
    """Requests to an instance of *host*, one after another, since *began*, in seconds since the epoch."""

    host: Machine
    began: float

    def end(self) -> None:
        """Ask no more."""
        self.host.run("systemctl", "stop", _ASKING)


@contextlib.contextmanager
def asked_without_end(host: Machine, address: str, port: int) -> Iterator[Asking]:
    """Ask an instance one thing after another, until that is ended or this is left."""
    # What ssh has started on the machine goes on when ssh is ended.
    host.out("systemd-run", "--quiet", "--collect", f"--unit={_ASKING}", "python3", "-Ic", _LOAD, address, str(port))
    asking = Asking(host, time.time())
    try:
        yield asking
    finally:
        asking.end()


def log_in(host: Target, unit: str, port: int) -> float:
    """Hand over a login that is worth nothing, which ends the process, and wait until another one answers."""
    before, info, began = host.process(unit), host.answer(port), time.time()
    assert info is not None
    assert host.post(port, encoded(form(info, "nobody"))) == 200
    until(lambda: host.process(unit) not in (before, 0), 30, f"{unit} was started again")
    until(lambda: host.answer(port), 30, f"{unit} answers again")
    return began


def crash_again_and_again(host: Target) -> float:
    """Hand over such logins one after the other."""
    began = time.time()
    for _unused in range(CRASHES):
        log_in(host, OURS, PORT)
    return began


def stand_still(host: Target, unit: str) -> float:
    """Stop the process: it keeps its listener and answers nobody."""
    host.out("kill", "-STOP", str(host.process(unit)))
    return time.time()


def wedge_again_and_again(host: Target, seconds: float) -> float:
    """Use up the descriptors of the instance, after which it accepts nobody any more, each time that it is back."""
    began = time.time()
    while time.time() < began + seconds:
        argv = [sys.executable, "-c", _EXHAUST, host.address, str(PORT), str(FILES + 1)]
        subprocess.run(argv, check=False, stderr=subprocess.DEVNULL, timeout=120)
        while time.time() < began + seconds and host.answer(PORT) is None:
            time.sleep(0.5)
    return began


def loosen_a_file(host: Target) -> float:
    """Let everyone read the options of the instance."""
    host.out("chmod", "0666", "/etc/librespot/kitchen.env")
    return time.time()


def grant_for_a_while(host: Target, controller: Controller) -> float:
    """Let a guest in for so long that no one has to wait, and return when that will be over, as the kernel says."""
    asked = {"zone": GUESTS, "address": GUEST, "ttl": f"{GRANT_S}s"}
    controller.converge(controller.playbook({"hardened.librespot.grant": asked}), {})
    found = json.loads(host.out("nft", "-j", "list", "ruleset"))["nftables"]
    elements = [item for entry in found for item in entry.get("set", {}).get("elem", []) if isinstance(item, dict)]
    (left,) = [item["elem"]["expires"] for item in elements if item.get("elem", {}).get("val") == GUEST]
    return time.time() + int(left)


def end_it(host: Target, unit: str, signal: str) -> float:
    """End the process of *unit* as nobody has asked for."""
    began = time.time()
    host.out("kill", f"-{signal}", str(host.process(unit)))
    return began
