# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""librespot on a host: as ours deploys it, and beside it under the units that it is compared with."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.hosts import CHECKOUT, Host, lab, until

HERE = Path(__file__).resolve().parent
UNITS = "/etc/systemd/system"
BASELINES = {"root": 38001, "upstream": 38002, "raspotify": 38003}
"""The units that ours is compared with, and the port of each."""

OURS = "librespot-kitchen.service"
PORT = 37879
NEIGHBOUR = "librespot-bedroom.service"
NEIGHBOUR_PORT = 37880

KITCHEN: dict[str, Any] = {"name": "kitchen", "options": {"name": "Kitchen"}, "port": PORT}
BEDROOM: dict[str, Any] = {"name": "bedroom", "options": {"name": "Bedroom"}, "port": NEIGHBOUR_PORT}


@dataclass(frozen=True)
class Run:
    """How a run of Ansible ended."""

    status: int
    output: str
    results: list[dict[str, Any]]

    @property
    def failure(self) -> str:
        """Message and remedy of the task that failed."""
        failed = [item for item in self.results if item.get("failed")]
        return " ".join(str(item.get(key, "")) for item in failed for key in ("msg", "remedy"))

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return any(item.get("changed") for item in self.results)


def inventory(host: Host) -> str:
    """Return the inventory of *host* and of where librespot is built when nothing has it yet."""
    connection = {
        "ansible_connection": "community.docker.docker",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_user": "root",
    }
    builder = "hardened-librespot-builder"
    variables = {
        "librespot_install_build_host": builder,
        "librespot_install_build_dir": "/var/cache/hardened-librespot/build",
    }
    group = {"hosts": {host.name: connection}, "vars": variables}
    return json.dumps({"all": {"hosts": {builder: connection}, "children": {"librespot": group}}})


def play(host: Host, playbook: str, directory: Path, **variables: Any) -> Run:
    """Run a playbook of this directory, or of the collection, on *host*."""
    process = begin(host, playbook, directory, **variables)
    output, _unused = process.communicate(timeout=1800)
    return ended(process.returncode, output)


def begin(host: Host, playbook: str, directory: Path, **variables: Any) -> subprocess.Popen[str]:
    """Start such a run."""
    hosts = directory / f"{host.name}.json"
    hosts.write_text(inventory(host), encoding="utf-8")
    facts = directory / f"{host.name}-variables.json"
    facts.write_text(json.dumps(variables), encoding="utf-8")
    environment = {
        **os.environ,
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
    }
    return subprocess.Popen(
        ["ansible-playbook", "--inventory", str(hosts), "--extra-vars", f"@{facts}", str(CHECKOUT / playbook)],
        env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def ended(status: int, output: str) -> Run:
    """Return what a run printed as what it did."""
    start = output.find("{\n")
    assert start >= 0, output
    report, _unused = json.JSONDecoder().raw_decode(output[start:])
    results = [item for play in report["plays"] for task in play["tasks"] for item in task["hosts"].values()]
    return Run(status, output, results)


def converge(host: Host, directory: Path, instances: Sequence[Mapping[str, Any]], **variables: Any) -> Run:
    """Apply a specification with the collection's modules; librespot itself is there already."""
    return play(host, "tests/attacks/playbooks/apply.yml", directory, librespot_instances=list(instances), **variables)


def deploy(host: Host, directory: Path) -> None:
    """Deploy a speaker and its neighbour as a user would."""
    lab("builder", "up")
    run = play(host, "playbooks/site.yml", directory, librespot_instances=[KITCHEN, BEDROOM])
    assert run.status == 0, run.failure or run.output


def baseline(host: Host, kind: str) -> str:
    """Start librespot under a unit that ours is compared with; returns the unit's name."""
    unit, port = f"attacked-{kind}.service", BASELINES[kind]
    text = (HERE / "units" / f"{kind}.service").read_text(encoding="utf-8")
    host.write(f"{UNITS}/{unit}", text.replace("@NAME@", f"attacked-{kind}").replace("@PORT@", str(port)))
    host.shell(
        "mkdir -p /usr/local/lib/attacks\n"
        "cp --remove-destination /opt/librespot/current/bin/librespot /usr/local/lib/attacks/librespot\n"
        f"systemctl daemon-reload; systemctl restart {unit}"
    )
    until(lambda: host.get_info(port), 20, f"{unit} answers")
    return unit


def confined(host: Host, unit: str, name: str, command: str) -> list[str]:
    """Run *command* once under the properties of *unit* and return what it printed.

    It is the unit's own text under another name: what it starts is replaced, and that it starts again.
    """
    text = host.out("cat", f"{UNITS}/{unit}")
    lines = [f"ExecStart={command}" if line.startswith("ExecStart=") else line for line in text.splitlines()]
    kept = [line for line in lines if not line.startswith(("Restart", "WantedBy", "[Install]", "Type="))]
    place = kept.index("[Service]") + 1
    host.write(f"{UNITS}/{name}", "\n".join([*kept[:place], "Type=oneshot", *kept[place:]]) + "\n")
    since = host.now()
    host.out("systemctl", "daemon-reload")
    said = host.run(["systemctl", "start", name])
    host.out("journalctl", "--sync")
    lines = host.journal(name, since)
    assert said.status == 0, "\n".join([said.err, *lines])
    return lines
