# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit beside a ping of the same host over the same connection, and an audit of many hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.attacks.deployment import KITCHEN, ZONES
from tests.attacks.tables import show
from tests.bench import fleet
from tests.bench.timed import Way, in_turns
from tests.support.hosts import CHECKOUT, Host, fresh
from tests.support.plays import Controller, built

SITE, AUDIT = CHECKOUT / "playbooks/site.yml", CHECKOUT / "playbooks/audit.yml"
MOST = 3.0
"""Times as long as a ping."""

FEW, MANY = 10, 50
FORKS = (5, 10)
"""Ansible's own default, and what is usual for as many hosts."""

_IMAGES = {"systemd": "debian13", "container": "debian13-docker"}
_PING: dict[str, Any] = {"ansible.builtin.ping": {}}
_LOOK = {
    "deployment": "{{ librespot_deployment }}",
    "instances": "{{ librespot_instances }}",
    "zones": "{{ librespot_zones | hardened.librespot.zones }}",
}
_PASSIVE: dict[str, Any] = {"hardened.librespot.audit": _LOOK}
_LIVE: dict[str, Any] = {"hardened.librespot.audit": {**_LOOK, "live": True}}


@dataclass
class Speaker:
    """A host with one real librespot, *deployed* as a service or in a container."""

    deployed: str
    host: Host
    controller: Controller
    tasks: dict[str, list[float]] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, Any]:
        """Return what its user wrote."""
        return {
            "librespot_deployment": self.deployed,
            "librespot_instances": [dict(KITCHEN)],
            "librespot_zones": ZONES,
        }

    def deploy(self) -> None:
        """Deploy it."""
        built(self.controller)
        self.controller.converge(SITE, self.variables)

    def play(self, name: str, *tasks: Mapping[str, Any]) -> Path:
        """Return the path of a play of these tasks, which is called *name*."""
        path = self.controller.directory / f"{name}.yml"
        play = {"hosts": "librespot", "gather_facts": False, "tasks": tasks}
        path.write_text(json.dumps([play]), encoding="utf-8")
        return path

    def way(self, what: str, path: Path) -> Way:
        """Return a whole run of ansible-playbook."""
        return Way(what, self.deployed, lambda: self.controller.converge(path, self.variables))

    def timed(self, rounds: int) -> None:
        """Take the time of each task alone: in one run, in turns, after one that sends it for the first time."""
        named = {"ping": _PING, "audit": _PASSIVE, "audit, live": _LIVE}
        tasks = [{**task, "name": name} for _round in range(rounds + 1) for name, task in named.items()]
        run = self.controller.run(
            self.play("tasks", *tasks), self.variables, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json"
        )
        assert run.status == 0, run.output
        for played in json.loads(run.output)["plays"][0]["tasks"][len(named) :]:
            (result,) = played["hosts"].values()
            assert result["changed"] is False
            when = played["task"]["duration"]
            begin, end = (datetime.fromisoformat(when[name].rstrip("Z")) for name in ("start", "end"))
            self.tasks.setdefault(played["task"]["name"], []).append((end - begin).total_seconds())


@pytest.fixture(params=sorted(_IMAGES))
def speaker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Speaker]:
    """Return a host of its own for each way to deploy."""
    deployed = str(request.param)
    with fresh(f"hardened-librespot-bench-audit-{deployed}", _IMAGES[deployed]) as host:
        made = Speaker(deployed, host, Controller(host, tmp_path))
        made.deploy()
        yield made


def test_one_host_beside_a_ping(speaker: Speaker, request: pytest.FixtureRequest) -> None:
    rounds = request.config.getoption("rounds")
    ping = speaker.way("ping, a run", speaker.play("ping", _PING))
    audit = speaker.way("audit, a run", speaker.play("audit", _PASSIVE))
    live = speaker.way("audit with live probes, a run", speaker.play("live", _LIVE))
    role = speaker.way("playbooks/audit.yml", AUDIT)
    ways = [ping, audit, live, role]
    in_turns(ways, rounds)
    speaker.timed(rounds)
    rows = [[way.what, f"{way.median:.2f}", f"{way.median / ping.median:.2f}", way.row()[3]] for way in ways]
    alone = median(speaker.tasks["ping"])
    rows += [
        [
            f"{what}, the task alone",
            f"{median(seconds):.2f}",
            f"{median(seconds) / alone:.2f}",
            f"{min(seconds):.3f} to {max(seconds):.3f}",
        ]
        for what, seconds in speaker.tasks.items()
    ]
    show(f"an audit beside a ping: {speaker.deployed}", ("what", "median s", "of a ping", "range"), rows)
    assert audit.median / ping.median <= MOST


def test_many_hosts(tmp_path: Path) -> None:
    """Each is a container with a systemd and a librespot of its own, on the machine that runs Ansible as well."""
    with fresh("hardened-librespot-bench-fleet") as host:
        speaker = Speaker("systemd", host, Controller(host, tmp_path))
        speaker.deploy()
        ping = speaker.play("ping", _PING)
        variables = {**speaker.variables, "librespot_audit_show": "problems"}
        rows, audits = [], {}
        with fleet.like(host.name, MANY) as names:
            for forks in FORKS:
                for count in (FEW, MANY):
                    for what, path in (("ping", ping), ("playbooks/audit.yml", AUDIT)):
                        took, _said = fleet.run(path, names[:count], variables, forks, tmp_path)
                        rows.append(
                            [
                                what,
                                str(count),
                                str(forks),
                                f"{took.seconds:.1f}",
                                f"{took.seconds / count:.2f}",
                                f"{took.processor:.1f}",
                                f"{took.memory:.0f}",
                            ]
                        )
                        audits[what, forks, count] = took
    head = ("what", "hosts", "forks", "seconds", "of each host", "of the controller's processors", "MiB at its peak")
    show("an audit of many hosts", head, rows)
    for forks in FORKS:
        few, many = (audits["playbooks/audit.yml", forks, count] for count in (FEW, MANY))
        # Neither grows faster than the number of hosts.
        assert many.seconds / few.seconds <= MANY / FEW * 1.2
        assert many.memory / few.memory <= 2
