# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host between two versions of its configuration, and the runs that are killed on the way from one to the other."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.hosts import Host, State
from tests.support.plays import Controller

HERE = Path(__file__).resolve().parent
DEPLOY = HERE / "deploy.yml"
AGENT = "/root/kill-agent.py"
# Below those that the kernel gives to outgoing connections, of which the agent makes thousands.
PORT = 27879
LEFT_BEHIND = (".librespot-new-", ".unfinished-", ".replaced-")
"""How the names of files and directories begin that a killed run may leave, for the next one to remove."""

CONTROLLER = "controller"
TARGET = "target"


@dataclass(frozen=True)
class Shot:
    """One kill. *moment* is the part of the run, or of the modules' time in it, after which it happens.

    With *back* the next run wants what was there before, else what the killed one wanted.
    """

    number: int
    where: str
    moment: float
    pipelining: bool
    back: bool

    def __str__(self) -> str:
        return f"{self.number}-{self.where}"


def chance(seed: int, *names: object) -> float:
    """Return a number from 0 to 1 that looks random and is always the same for the same arguments."""
    return int.from_bytes(hashlib.sha256(repr((seed, *names)).encode()).digest()[:6], "big") / 2**48


def shots(count: int, seed: int) -> list[Shot]:
    """Return *count* kills, half of them on each side."""
    return [
        Shot(
            number,
            (CONTROLLER, TARGET)[number % 2],
            moment=0.02 + 0.96 * chance(seed, number, "moment"),
            pipelining=chance(seed, number, "pipelining") < 0.5,
            back=chance(seed, number, "back") < 0.3,
        )
        for number in range(count)
    ]


@dataclass
class Version:
    """One of the two configurations. *seconds* and *spent* are what a run towards it takes, in all and in modules."""

    variables: dict[str, Any]
    state: State = field(default_factory=dict)
    seconds: float = 0.0
    spent: float = 0.0


class Agent:
    """The agent on the host, from its start to what it tells."""

    def __init__(self, host: Host, fuse: float = 0.0) -> None:
        self._process = host.start("/usr/bin/python3", "-I", AGENT, str(PORT), str(fuse))
        # Else the first module could be over before the agent looks.
        time.sleep(0.3)

    def spare(self) -> None:
        """Kill nothing from now on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def told(self) -> dict[str, Any]:
        """End the agent and return what it saw."""
        output, _unused = self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        told: dict[str, Any] = json.loads(output)
        return told


def specification(instances: list[dict[str, Any]], login: str, artifact: Mapping[str, str]) -> dict[str, Any]:
    """Return the variables of a run."""
    return {
        "librespot_instances": instances,
        "librespot_credentials": {"kitchen": json.dumps({"login": login})},
        "artifact": dict(artifact),
    }


def versions(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[Version, Version]:
    """Return two configurations that differ in options, limits, login, number of instances, and release."""
    kitchen = {"name": "kitchen", "port": PORT, "limits": {"memory": "128M"}, "options": {"bitrate": 160}}
    other = {**kitchen, "limits": {"memory": "192M", "cpu": "75%"}, "options": {"bitrate": 320, "name": "Küche"}}
    guest = {"name": "guest", "port": PORT + 1}
    gone = {**guest, "state": "absent"}
    return (
        Version(specification([kitchen, gone], "first" * 50, first)),
        Version(specification([other, guest], "second", second)),
    )


def end_at_once(process: subprocess.Popen[str]) -> None:
    """Kill *process* and all that it started: Ansible's workers are leaders of sessions of their own."""
    family = [process.pid]
    parents = _parents()
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            found[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return found


class World:
    """The host, its two versions, and the index of the one that it has."""

    def __init__(
        self, host: Host, controller: Controller, choice: tuple[Version, Version], playbook: Path = DEPLOY
    ) -> None:
        self.host = host
        self.controller = controller
        self.versions = choice
        self.playbook = playbook
        self.current = 1
        host.put(HERE / "agent.py", AGENT)

    def learn(self) -> None:
        """Go to each version undisturbed, and remember what the host is then and how long it takes."""
        for version in self.versions * 2:
            agent, start = Agent(self.host), time.monotonic()
            self.controller.converge(self.playbook, version.variables)
            version.seconds, version.spent = time.monotonic() - start, agent.told()["spent"]
            version.state = self.host.snapshot()

    def strange(self, state: State) -> list[str]:
        """Return what in *state* is neither as in the one version nor as in the other, nor may be left behind."""
        return [
            f"{name}: {state.get(name, 'absent')}"
            for name in sorted({*state, *self.versions[0].state, *self.versions[1].state})
            if state.get(name) not in [version.state.get(name) for version in self.versions]
            and not any(part in name for part in LEFT_BEHIND)
        ]

    def fire(self, shot: Shot, agent: Agent) -> float:
        """Run towards the other version and kill the run; returns when, or 0.0 when the controller's had ended.

        On the target the *agent* kills.
        """
        version = self.versions[1 - self.current]
        options = {"ANSIBLE_PIPELINING": str(int(shot.pipelining))}
        process = self.controller.begin(self.playbook, version.variables, **options)
        killed = 0.0
        if shot.where == CONTROLLER:
            try:
                process.wait(shot.moment * version.seconds)
            except subprocess.TimeoutExpired:
                killed = time.monotonic()
                end_at_once(process)
        process.communicate(timeout=300)
        agent.spare()
        return killed
