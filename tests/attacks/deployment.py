# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""librespot on a host: as ours deploys it, and beside it under the units that it is compared with."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.attacks.hosts import Target, until
from tests.support.hosts import lab
from tests.support.plays import Controller, Run, activate, built

HERE = Path(__file__).resolve().parent
APPLY = HERE / "playbooks" / "apply.yml"
UNITS = "/etc/systemd/system"
PROGRAMS = "/usr/local/lib/attacks"
"""Where the program of the baselines lies."""
BASELINES = {"root": 38001, "upstream": 38002, "raspotify": 38003}
"""The units that ours is compared with, and the port of each."""

OURS = "librespot-kitchen.service"
PORT = 37879
NEIGHBOUR = "librespot-bedroom.service"
NEIGHBOUR_PORT = 37880

ZONES: dict[str, Any] = {
    # Whoever attacks here is trusted, and has no share of connections to keep within: what withstands is the instance.
    "lab": {"networks": ["10.0.0.0/8", "172.16.0.0/12"], "rate": "99999/second", "connections": 1024},
}
KITCHEN: dict[str, Any] = {"name": "kitchen", "options": {"name": "Kitchen"}, "port": PORT, "access": ["lab"]}
BEDROOM: dict[str, Any] = {
    "name": "bedroom",
    "options": {"name": "Bedroom"},
    "port": NEIGHBOUR_PORT,
    "access": ["lab"],
}


def specified(instances: Sequence[Mapping[str, Any]] = (KITCHEN, BEDROOM)) -> dict[str, Any]:
    """Return the variables of a run that wants these instances."""
    return {"librespot_instances": [dict(item) for item in instances], "librespot_zones": ZONES}


def apply(controller: Controller, instances: Sequence[Mapping[str, Any]] = (KITCHEN, BEDROOM)) -> Run:
    """Run the collection's modules for these instances; librespot itself is there already."""
    return controller.run(APPLY, specified(instances))


def deploy(controller: Controller, instances: Sequence[Mapping[str, Any]] = (KITCHEN, BEDROOM)) -> None:
    """Deploy a speaker and its neighbour on a pristine host."""
    activate(controller, built(controller))
    controller.converge(APPLY, specified(instances))


def baseline(host: Target, kind: str) -> str:
    """Start librespot under a unit that ours is compared with; returns the unit's name."""
    unit, port = f"attacked-{kind}.service", BASELINES[kind]
    text = (HERE / "units" / f"{kind}.service").read_text(encoding="utf-8")
    host.write(f"{UNITS}/{unit}", text.replace("@NAME@", f"attacked-{kind}").replace("@PORT@", str(port)))
    host.shell(
        f"mkdir -p {PROGRAMS}; cp --remove-destination /opt/librespot/current/bin/librespot {PROGRAMS}/librespot\n"
        f"systemctl daemon-reload; systemctl restart {unit}"
    )
    until(lambda: host.answer(port), 20, f"{unit} answers")
    return unit


def compiled(source: Path, directory: Path) -> Path:
    """Return the static program made from a C file, compiled where librespot is built."""
    script = "d=$(mktemp -d); cat > $d/p.c; gcc -static -O1 -Wall -Wextra -Werror -o $d/p $d/p.c; cat $d/p; rm -rf $d"
    made = subprocess.run(
        ["docker", "exec", "--interactive", lab("builder", "up"), "sh", "-euc", script],
        input=source.read_bytes(),
        capture_output=True,
        check=True,
    )
    program = directory / source.stem
    program.write_bytes(made.stdout)
    return program


def disguised(host: Target, unit: str, name: str, command: str, *, profiled: bool = False) -> None:
    """Put *unit* on the host under another *name*: all its properties, but it runs *command*, once.

    Without its AppArmor profile, under which nothing but librespot runs: what is attacked is the rest. What stands
    where a release does can be *profiled* as well.
    """
    text = host.out("cat", f"{UNITS}/{unit}")
    lines = [f"ExecStart={command}" if line.startswith("ExecStart=") else line for line in text.splitlines()]
    others = ("Restart", "WantedBy", "[Install]", "Type=", *(() if profiled else ("AppArmorProfile=",)))
    kept = [line for line in lines if not line.startswith(others)]
    place = kept.index("[Service]") + 1
    host.write(f"{UNITS}/{name}", "\n".join([*kept[:place], "Type=oneshot", *kept[place:]]) + "\n")
    host.out("systemctl", "daemon-reload")


def confined(host: Target, unit: str, name: str, command: str, *, profiled: bool = False) -> list[str]:
    """Run *command* to its end under the properties of *unit* and return what it printed."""
    disguised(host, unit, name, command, profiled=profiled)
    since = host.now()
    ended = host.run("systemctl", "start", name)
    lines = host.journal(name, since)
    assert ended.returncode == 0, "\n".join([ended.stderr, *lines])
    return lines
