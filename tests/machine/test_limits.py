# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever takes all it can get, from outside or inside, gets what the live cgroup shows, and the host goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks.deployment import (
    BASELINES,
    NEIGHBOUR_PORT,
    OURS,
    PORT,
    PROGRAMS,
    baseline,
    compiled,
    disguised,
)
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.machine.machine import ADDRESS, Machine

MIB = 1024 * 1024
BODY_MIB = 256
BACK_S = 10.0
POST = f"""\
import socket, sys, time
block = bytes(1 << 20)
with socket.create_connection(("{ADDRESS}", int(sys.argv[1])), timeout=60) as here:
    here.sendall(b"POST /?action=addUser HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: {BODY_MIB * MIB}\\r\\n\\r\\n")
    sent = 0
    try:
        for sent in range(1, {BODY_MIB} + 1):
            here.sendall(block)
    except OSError:
        pass
print(sent)
"""
WATCH = f"""\
import json, sys, time, urllib.request
port, url = sys.argv[1], "http://{ADDRESS}:%s/?action=getInfo"
begin = time.monotonic(); gone = back = None
while time.monotonic() - begin < 60 and back is None:
    try:
        urllib.request.urlopen(url % port, timeout=1).read()
        back = time.monotonic() if gone else None
    except OSError:
        gone = gone or time.monotonic()
    time.sleep(0.1)
print(json.dumps([gone, back]))
"""


def cgroup(host: Machine, unit: str, name: str) -> str:
    """Return a file of the live cgroup of *unit*."""
    place = host.show(unit, "ControlGroup")["ControlGroup"]
    return host.out("cat", f"/sys/fs/cgroup{place}/{name}").strip()


def counted(text: str, name: str) -> int:
    """Return one of the counters of a file such as memory.events; 0 where the kernel does not count it."""
    return int(dict(line.split() for line in text.splitlines()).get(name, "0"))


def available(host: Machine) -> int:
    """Return the memory that the host has left, in MiB."""
    return int(host.shell("awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo"))


def test_body_larger_than_memory(host: Machine) -> None:
    unit, port = baseline(host, "upstream"), BASELINES["upstream"]
    sent = int(host.out("python3", "-Ic", POST, str(port)))
    theirs = int(cgroup(host, unit, "memory.peak")) // MIB
    assert sent == BODY_MIB
    assert theirs > BODY_MIB
    host.out("systemctl", "stop", unit)

    most = int(cgroup(host, OURS, "memory.max"))
    before = counted(host.out("cat", "/sys/fs/cgroup/librespot.slice/memory.events"), "oom_kill")
    process, free = host.process(OURS), available(host)
    attacker = host.start("python3", "-Ic", POST, str(PORT))
    start = time.monotonic()
    until(lambda: host.process(OURS) not in (process, 0), 60, "the instance was ended and started again")
    died = time.monotonic() - start
    assert host.answer(NEIGHBOUR_PORT) is not None
    until(lambda: host.answer(PORT), BACK_S, f"{OURS} answers again")
    sent = int(attacker.communicate(timeout=120)[0])
    peak = int(host.out("cat", "/sys/fs/cgroup/librespot.slice/memory.peak")) // MIB
    killed = counted(host.out("cat", "/sys/fs/cgroup/librespot.slice/memory.events"), "oom_kill") - before
    left = available(host)
    show(
        f"a body of {BODY_MIB} MiB on the machine",
        ["unit", "memory.max", "taken", "oom kills", "ended after", "host's free memory"],
        [
            ["upstream", "max", f"{theirs} MiB", "0", "never", ""],
            ["ours", f"{most // MIB} MiB", f"{sent} MiB sent", str(killed), f"{died:.0f} s", f"{free} to {left} MiB"],
        ],
    )
    assert killed >= 1
    assert sent < BODY_MIB
    assert peak < BODY_MIB
    assert left > free - most // MIB
    assert host.show(OURS, "ActiveState")["ActiveState"] == "active"


@dataclass(frozen=True)
class Hog:
    """What is taken: how much is tried, the file of the cgroup that bounds it, and the most that ours may get.

    Of the processor, that is in milliseconds of each tenth of a second.
    """

    name: str
    tried: int
    bound: str
    most: int


HOGS = (
    Hog("tasks", 200, "pids.max", 48),
    Hog("memory", 300, "memory.max", 128),
    Hog("cpu", 8, "cpu.max", 60),
    Hog("files", 3000, "", 512),
    Hog("disk", 100, "", 64),
)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program that takes."""
    return compiled(Path(__file__).with_name("hog.c"), tmp_path_factory.mktemp("hog"))


@pytest.fixture
def armed(host: Machine, program: Path) -> Iterator[Machine]:
    """Return the machine with the program where each unit may execute it."""
    host.install(program, f"{PROGRAMS}/hog")
    host.install(program, "/opt/librespot/current/bin/attack-hog")
    yield host
    host.out("rm", "-f", "/opt/librespot/current/bin/attack-hog")


@dataclass(frozen=True)
class Got:
    """What a hog got, what bounded it, and whether the neighbour answered meanwhile."""

    most: int
    bound: str
    events: str
    neighbour: bool
    result: str


def take(host: Machine, hog: Hog, kind: str) -> Got:
    """Run the hog under a unit's properties and look at its cgroup while it holds what it got."""
    ours = kind == "ours"
    unit, name = (OURS if ours else baseline(host, kind)), f"attack-hog-{kind}.service"
    place = "/opt/librespot/current/bin/attack-hog" if ours else f"{PROGRAMS}/hog"
    disguised(host, unit, name, f"{place} {hog.name} {hog.tried} {'/scratch' if ours else '/var/tmp'}")
    since = host.now()
    runner = threading.Thread(target=host.run, args=("systemctl", "start", name))
    runner.start()
    until(lambda: host.journal(name, since), 30, f"{name} has some {hog.name}")
    bound = cgroup(host, name, hog.bound) if hog.bound and ours else ""
    neighbour = host.answer(NEIGHBOUR_PORT, 5) is not None
    events = host.shell(
        f"group=$(systemctl show -P ControlGroup {name})\n"
        'test -n "$group" && cd "/sys/fs/cgroup$group" && cat cpu.stat || exit 0'
    )
    runner.join(120)
    numbers = [int(line) for line in host.journal(name, since) if line.isdigit()]
    return Got(max(numbers), bound, events, neighbour, host.show(name, "Result")["Result"])


def throttled(got: Got) -> int:
    """Return in how many periods the kernel held the hog back."""
    return counted(got.events, "nr_throttled")


def test_hogs(armed: Machine) -> None:
    rows, ours = [], {}
    process, free = armed.process(OURS), available(armed)
    for hog in HOGS:
        theirs, mine = take(armed, hog, "upstream"), take(armed, hog, "ours")
        ours[hog.name] = mine
        rows.append([hog.name, str(hog.tried), str(theirs.most), str(mine.most), mine.bound or "-", mine.result])
        if hog.name == "cpu":
            # How much of itself an emulated processor gives is the business of its host; the kernel's own count is not.
            assert (throttled(theirs), throttled(mine) > 0) == (0, True), (theirs, mine)
            assert counted(mine.events, "usage_usec") <= counted(mine.events, "nr_periods") * hog.most * 1000, mine
        else:
            assert theirs.most >= hog.tried, hog
            assert mine.most <= hog.most, (hog, mine)
        assert mine.neighbour, hog
    head = ["hog", "tried", "upstream got", "ours got", "live cgroup", "ended"]
    show("hogs on the machine (cpu in percent of one processor)", head, rows)
    assert ours["memory"].result == "oom-kill"
    assert armed.process(OURS) == process
    assert armed.answer(PORT) is not None
    assert available(armed) > free - 64
