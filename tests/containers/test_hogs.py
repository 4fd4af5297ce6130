# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever takes all it can get, outside or inside a container, gets what the kernel gives it, and the host goes on."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.deployment import BEDROOM, KITCHEN, NEIGHBOUR_PORT, PORT, compiled
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import PORT as PLAIN_PORT
from tests.containers.plain import away, looked_at, plain
from tests.containers.speaker import NAME, Speaker
from tests.containers.within import Bait, armed, twin
from tests.support.hosts import CHECKOUT

MIB = 1024**2
BODY_MIB = 256
BACK_S = 10.0
LIMITS: dict[str, Any] = {"memory": "128M", "cpu": "10%", "tasks": 48, "files": 512, "scratch": "32M"}


@dataclass(frozen=True)
class Hog:
    """What is taken, how much is tried, and the most that ours may get; no *most* where the kernel counts itself."""

    name: str
    tried: int
    most: int | None


HOGS = (
    Hog("tasks", 200, 48),
    Hog("memory", 300, 128),
    Hog("cpu", 8, None),
    Hog("files", 3000, 512),
    Hog("disk", 100, 32),
)


@pytest.fixture(scope="session")
def hog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program that takes."""
    return compiled(CHECKOUT / "tests" / "machine" / "hog.c", tmp_path_factory.mktemp("hog"))


@pytest.fixture
def both(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen, its neighbour the bedroom, and the plain container."""
    speaker.converge(librespot_instances=[{**KITCHEN, "limits": LIMITS}, BEDROOM])
    plain(speaker)
    yield speaker
    away(speaker)


@dataclass(frozen=True)
class Got:
    """What a hog got, how often the kernel held it back, how it ended, and whether the neighbour answered meanwhile."""

    most: int
    throttled: int
    ended: str
    neighbour: bool


def _take(speaker: Speaker, what: Hog, of: str) -> Got:
    scratch = "/var/tmp" if of == PLAIN else "/scratch"
    tag = "attacked-plain" if of == PLAIN else "attacked-ours"
    with twin(speaker, of, tag, "/attack/hog", what.name, str(what.tried), scratch) as name:
        until(lambda: speaker.docker("logs", name), 60, f"{of} has some {what.name}")
        neighbour = speaker.host.answer(NEIGHBOUR_PORT, 5) is not None
        throttled = _throttled(speaker, name) if what.name == "cpu" else 0
        speaker.host.out("docker", "wait", name, timeout=120)
        numbers = [int(line) for line in speaker.docker("logs", name).split() if line.isdigit()]
        state = speaker.inspect(name)["State"]
    ended = "out of memory" if state["OOMKilled"] or state["ExitCode"] == 137 else f"code {state['ExitCode']}"
    return Got(max(numbers), throttled, ended, neighbour)


def _throttled(speaker: Speaker, name: str) -> int:
    """Return in how many periods the kernel held a container back, in either version of control groups."""
    pid = str(speaker.inspect(name)["State"]["Pid"])
    script = (
        'place=$(sed -n "s/^[0-9]*:\\([a-z,]*,\\)\\?cpu\\(,[a-z,]*\\)\\?://p" /proc/$1/cgroup)\n'
        'if [ -n "$place" ]; then place=/cpu$place; else place=$(sed -n "s/^0:://p" /proc/$1/cgroup); fi\n'
        'awk "/^nr_throttled/ {print \\$2}" "/sys/fs/cgroup$place/cpu.stat"'
    )
    return int(speaker.host.out("sh", "-euc", script, "sh", pid))


def test_14_hogs(both: Speaker, hog: Path) -> None:
    files = {
        "attack": Bait(None, 0o755),
        "var": Bait(None, 0o755),
        "var/tmp": Bait(None, 0o1777),
        "attack/hog": Bait(hog.read_bytes(), 0o755),
    }
    armed(both, both.inspect()["Image"], "attacked-ours", files)
    armed(both, "plain", "attacked-plain", files)
    before, rows, won = both.identity, [], {}
    try:
        for what in HOGS:
            theirs, ours = _take(both, what, PLAIN), _take(both, what, NAME)
            won[what.name] = theirs, ours
            count = [
                f"{x.most} ({x.throttled} throttled)" if what.name == "cpu" else str(x.most) for x in (theirs, ours)
            ]
            rows.append([what.name, str(what.tried), *count, ours.ended, "yes" if ours.neighbour else "no"])
    finally:
        both.docker("image", "rm", "attacked-ours", "attacked-plain")
    head = ["hog", "tried", "plain got", "ours got", "ours ended by", "neighbour answers"]
    show(f"14. hogs in a container on {both.host.image} (cpu in percent of one processor)", head, rows)
    for what in HOGS:
        theirs, ours = won[what.name]
        assert ours.neighbour, what
        if what.most is None:
            assert (theirs.throttled, ours.throttled > 0) == (0, True), (theirs, ours)
        else:
            assert theirs.most >= what.tried, (what, theirs)
            assert ours.most <= what.most, (what, ours)
    assert won["memory"][1].ended == "out of memory"
    assert both.identity == before
    assert both.answers


def _post(address: str, port: int) -> int:
    """Send a body of BODY_MIB and return how many MiB were taken."""
    head = f"POST /?action=addUser HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_MIB * MIB}\r\n\r\n"
    sent = 0
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=60) as here:
        here.sendall(head.encode())
        while sent < BODY_MIB:
            here.sendall(bytes(MIB))
            sent += 1
    return sent


def _peak(speaker: Speaker, name: str) -> int:
    """Return the most memory that a container has had, in MiB."""
    pid = str(speaker.inspect(name)["State"]["Pid"])
    script = (
        'place=$(sed -n "s/^[0-9]*:memory://p" /proc/$1/cgroup)\n'
        'if [ -n "$place" ]; then cat "/sys/fs/cgroup/memory$place/memory.max_usage_in_bytes"\n'
        'else cat "/sys/fs/cgroup$(sed -n "s/^0:://p" /proc/$1/cgroup)/memory.peak"; fi'
    )
    return int(speaker.host.out("sh", "-euc", script, "sh", pid)) // MIB


def test_4_a_body_larger_than_its_memory(both: Speaker) -> None:
    sent = _post(both.host.address, PLAIN_PORT)
    theirs = _peak(both, PLAIN)
    assert sent == BODY_MIB
    assert theirs > BODY_MIB
    _unused, before = both.identity
    silent: list[float] = []
    over = threading.Event()

    def listen() -> None:
        while not over.wait(0.1):
            if both.host.answer(NEIGHBOUR_PORT, 2) is None:
                silent.append(time.monotonic())

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        mine = _post(both.host.address, PORT)
        until(lambda: both.identity[1] != before, 60, "it was ended and started again")
        back = until(lambda: both.answers, BACK_S, "the kitchen answers again")
    finally:
        over.set()
        listening.join()
    limit = int(looked_at(both, NAME)["limits"]["memory"]) // MIB
    show(
        f"4. a body of {BODY_MIB} MiB on {both.host.image}",
        ["container", "memory limit", "taken", "back after"],
        [
            ["plain", "none", f"{theirs} MiB held", "not ended"],
            ["ours", f"{limit} MiB", f"{mine} MiB", f"{back:.1f} s"],
        ],
    )
    assert mine < BODY_MIB
    assert silent == []
