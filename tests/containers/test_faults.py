# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on a host with an engine: it is said, or put right by the next run; and what relaxations open."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.test_relaxations import MEDIA, PIPE, PREPARE
from tests.containers.speaker import NAME, Speaker

RELAXED: dict[str, Any] = {
    "options": {"name": "Kitchen", "backend": "pipe", "device": PIPE, "local-file-dir": [MEDIA]},
    "relaxations": {
        "fifo": {"reason": "snapserver reads it", "path": PIPE, "group": "players"},
        "media": {"reason": "own records", "paths": [MEDIA]},
    },
}

# Does each of [WAY, PATH] with the users, groups and files of the process that the argument names, and with nothing
# else of it: the rights to files are the kernel's alone to judge.
_AS = """
import json, os, sys
pid, wanted = sys.argv[1], json.load(sys.stdin)
status = dict(line.rstrip("\\n").split(":\\t", 1) for line in open(f"/proc/{pid}/status") if ":\\t" in line)
os.chroot(f"/proc/{pid}/root"); os.chdir("/")
os.setgroups([int(number) for number in status["Groups"].split()])
os.setresgid(*[int(number) for number in status["Gid"].split()[:3]])
os.setresuid(*[int(number) for number in status["Uid"].split()[:3]])
def done(way, path):
    try:
        handle = os.open(path, os.O_RDONLY if way == "read" else os.O_WRONLY | (os.O_CREAT if way == "make" else 0))
        return os.read(handle, 99).decode().strip() if way == "read" else str(os.write(handle, b"sound\\n"))
    except OSError as error:
        return type(error).__name__ if error.errno != 30 else "ReadOnly"
print(json.dumps([done(way, path) for way, path in wanted]))
"""


@pytest.fixture
def relaxed(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with a kitchen that writes into a pipe and plays files of the host."""
    # By their owner and mode anyone might write the records.
    speaker.host.shell(f"{PREPARE}chmod -R a+w {MEDIA}")
    speaker.converge(RELAXED)
    yield speaker
    speaker.converge()


def _tried(speaker: Speaker, *what: tuple[str, str]) -> list[str]:
    pid = str(speaker.inspect()["State"]["Pid"])
    found: list[str] = json.loads(speaker.host.out("python3", "-Ic", _AS, pid, text=json.dumps(what)))
    return found


def test_relaxations_open_what_they_name_and_nothing_else(relaxed: Speaker) -> None:
    assert relaxed.converge(RELAXED) == 0
    assert relaxed.answers
    reader = relaxed.host.start("timeout", "30", "cat", PIPE)
    assert _tried(relaxed, ("write", PIPE), ("read", f"{MEDIA}/track")) == ["6", "record"]
    heard, _unused = reader.communicate(timeout=40)
    assert heard == "sound\n"
    denied = _tried(
        relaxed,
        ("make", "/run/snapserver/another"),
        ("write", f"{MEDIA}/track"),
        ("make", f"{MEDIA}/another"),
        ("read", "/srv/private/file"),
    )
    assert denied == ["PermissionError", "ReadOnly", "ReadOnly", "FileNotFoundError"]


def test_a_relaxation_whose_group_is_none_of_the_host_changes_nothing(running: Speaker) -> None:
    before = running.identity
    running.host.shell(PREPARE)
    fifo = {"fifo": {**RELAXED["relaxations"]["fifo"], "group": "nobodys"}}
    done = running.run({**RELAXED, "relaxations": {**RELAXED["relaxations"], **fifo}})
    assert done.status != 0
    assert "nobodys" in done.output
    assert running.identity == before


def test_no_addresses_are_left_for_its_network(running: Speaker) -> None:
    running.converge(librespot_state="absent")
    # The engine takes none that the host has a route for; newer ones, none that an interface of the host leads to.
    routes = ("172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8")
    lead = "ip link add everywhere type bridge; ip link set everywhere up"
    running.host.shell("\n".join((lead, *(f"ip route add {route} dev everywhere" for route in routes))))
    try:
        done = running.run()
    finally:
        running.host.shell("ip link del everywhere")
    assert done.status != 0
    assert f"The engine refused to make the network {NAME}" in done.output
    assert "docker network ls" in done.output
    assert running.names == []
    running.converge()
    assert running.answers


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9])
def test_the_engine_is_restarted_during_a_run(running: Speaker, after: float) -> None:
    begun = time.monotonic()
    running.converge({"options": {"name": f"Kitchen {after}"}})
    whole = time.monotonic() - begun
    waits = f"sleep {whole * after:.1f}; systemctl reset-failed docker.service; systemctl restart docker.service"
    running.host.out("systemd-run", "--collect", "sh", "-c", waits)
    done = running.run({"options": {"name": f"Cook {after}"}})
    until(lambda: running.host.run("docker", "info").returncode == 0, 60, "the engine is back")
    if done.status:
        assert "The engine did not answer" in done.output or "The engine refused" in done.output, done.output
    running.converge({"options": {"name": f"Cook {after}"}})
    assert running.names == [NAME]
    until(lambda: (running.host.answer(PORT) or {}).get("remoteName") == f"Cook {after}", 20, "it is the new one")
    assert running.converge({"options": {"name": f"Cook {after}"}}) == 0
