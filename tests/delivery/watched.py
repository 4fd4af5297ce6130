# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is watched, as a user deploys it, and the rules by which."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, ZONES
from tests.delivery.causes import GUESTS
from tests.machine.conftest import LIMITS
from tests.machine.machine import Machine, machine
from tests.support.hosts import CHECKOUT
from tests.support.plays import Controller, activate, built
from tests.support.prometheus import Watch

EXPORTER = 9100
TEXTFILES_ALONE = "--collector.disable-defaults --collector.textfile"
SEEN_S = 300
SPEAKER, LIMITED = "speaker", "limited"
"""What Prometheus calls the hosts."""
ALERTS = CHECKOUT / "playbooks" / "alerts.yml"
MONITORING = Path(__file__).parent / "playbooks" / "monitoring.yml"
SCARCE: dict[str, Any] = {"memory": "96M", "cpu": "10%"}
"""So little of the processor that whoever asks without end uses it up."""

VARIABLES: dict[str, Any] = {
    "librespot_instances": [
        {**KITCHEN, "limits": LIMITS, "access": [*KITCHEN["access"], GUESTS]},
        {**BEDROOM, "limits": SCARCE},
    ],
    "librespot_zones": {**ZONES, GUESTS: {"grants": True, "max_ttl": "1h"}},
}


AUDITED_SOON: dict[str, Any] = {"librespot_monitoring_timer": {"calendar": "minutely", "random_delay": 0}}
UNAUDITED: dict[str, Any] = {"librespot_monitoring_audit": False}
"""Emulated, an audit takes what others need."""


@contextlib.contextmanager
def enforcing(watch: Watch, directory: Path, purpose: str) -> Iterator[tuple[Machine, str]]:
    """Start a machine that enforces limits, and tells of itself; returns it, and where Prometheus reaches it."""
    with (
        machine("debian13-exporter", directory, purpose) as host,
        host.forwarded(EXPORTER, watch.gateway) as reached,
    ):
        # Emulated, the rest takes longer than there is time for an answer when the machine is busy.
        host.write("/etc/default/prometheus-node-exporter", f'ARGS="{TEXTFILES_ALONE}"\n')
        host.out("systemctl", "restart", "prometheus-node-exporter")
        yield host, reached


def deploy(controller: Controller, audited: Mapping[str, Any]) -> None:
    """Deploy a speaker and its neighbour on a pristine host, watched."""
    activate(controller, built(controller))
    controller.converge(APPLY, VARIABLES)
    controller.converge(MONITORING, {**VARIABLES, **audited})


def alerting(watch: Watch, directory: Path) -> None:
    """Have the rules made where Prometheus runs, as a user does, and take them up."""
    watch.configure()
    Controller(watch.host, directory).converge(ALERTS, {"librespot_alerts_host": "librespot"})
    watch.wait_rule("LibrespotOutOfMemory", 30)


def seen(watch: Watch, name: str, address: str) -> None:
    """Have a host watched, and wait until it is."""
    watch.add(name, address)
    watch.wait_value(f'librespot_instance_healthy{{instance="{name}",name="kitchen"}} == 1', SEEN_S)
