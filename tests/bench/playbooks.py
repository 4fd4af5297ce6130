# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's playbook and one of stock modules, for the same instance."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.support.hosts import CHECKOUT, Host
from tests.support.plays import Controller

SPEAKER = "kitchen"
PORT = 37879
LOGIN = '{"username": "", "note": "librespot reads it, warns and goes on"}'
UNITS = (
    "librespot.slice",
    f"librespot-{SPEAKER}.service",
    f"librespot-{SPEAKER}-bind.service",
    f"librespot-{SPEAKER}-watchdog.service",
    f"librespot-{SPEAKER}-watchdog.timer",
    "librespot-firewall.service",
    "librespot-firewall-again.service",
    "librespot-firewall-resolvers.service",
    "librespot-firewall-resolvers.path",
)
HELPERS = ("liveness.py", "bpf.py", "firewall.py")
_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[", re.MULTILINE)
_TRIP = re.compile(r"^<[^>]+> (?:EXEC|PUT|FETCH) ", re.MULTILINE)


@dataclass
class Playbook:
    """One way to the end state. *trips* are commands and files that are sent to the host in a run."""

    title: str
    path: Path
    variables: Mapping[str, Any]
    seconds: list[float] = field(default_factory=list)
    tasks: int = 0
    trips: int = 0

    @property
    def median(self) -> float:
        """What a run takes, in seconds."""
        return median(self.seconds)

    def run(self, controller: Controller) -> int:
        """Run it and return how much it changed."""
        return controller.converge(self.path, self.variables).recap(controller.host)["changed"]

    def time(self, controller: Controller) -> None:
        """Measure a run that changes nothing."""
        start = time.monotonic()
        changed = self.run(controller)
        self.seconds.append(time.monotonic() - start)
        assert changed == 0

    def count(self, controller: Controller) -> None:
        """Count tasks and round trips of a run that changes nothing."""
        run = controller.converge(self.path, self.variables, ["-vvv"])
        assert run.recap(controller.host)["changed"] == 0
        self.tasks, self.trips = len(_TASK.findall(run.output)), len(_TRIP.findall(run.output))

    def row(self) -> str:
        """Return its line of the table."""
        spread = f"{min(self.seconds):.2f} to {max(self.seconds):.2f}"
        return f"{self.title:<28}{self.tasks:>6}{self.trips:>12}{self.median:>10.2f}  {spread}"


def ours(**variables: Any) -> Playbook:
    """Return the collection's own playbook."""
    given = {"librespot_instances": [{"name": SPEAKER}], "librespot_credentials": {SPEAKER: LOGIN}}
    return Playbook("playbooks/site.yml", CHECKOUT / "playbooks/site.yml", {**given, **variables})


def stock(artifact: Mapping[str, str], host: Host, directory: Path) -> Playbook:
    """Return the frozen playbook, with what the collection has written on *host* as its templates."""
    names = (f"{SPEAKER}.env", "firewall.nft", "firewall.grants")
    templates = {name: f"/etc/librespot/{name}" for name in names}
    templates.update({name: f"/opt/librespot/libexec/{name}" for name in HELPERS})
    templates.update({name: f"/etc/systemd/system/{name}" for name in UNITS})
    for name, path in templates.items():
        (directory / name).write_text(host.out("cat", path), encoding="utf-8")
    given = {
        "templates": str(directory),
        "artifact": artifact["path"],
        "release": artifact["id"],
        "speaker": SPEAKER,
        "port": PORT,
        "login": LOGIN,
    }
    return Playbook("stock modules (stock.yml)", Path(__file__).with_name("stock.yml"), given)
