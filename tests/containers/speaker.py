# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose instances run in containers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.attacks.deployment import KITCHEN, PORT, ZONES
from tests.attacks.hosts import Target
from tests.support.hosts import CHECKOUT
from tests.support.plays import Controller, Run

SITE = CHECKOUT / "playbooks" / "site.yml"
ROLLBACK = CHECKOUT / "playbooks" / "rollback.yml"
NAME = "librespot-kitchen"


@dataclass(frozen=True)
class Speaker:
    """The *host*, and what deploys to it."""

    ENGINE: ClassVar[str] = "docker"

    host: Target
    controller: Controller

    def run(self, *changes: Mapping[str, Any], options: Sequence[str] = (), playbook: Path = SITE, **more: Any) -> Run:
        """Deploy the kitchen with *changes* to what its user wrote; *more* are other variables."""
        kitchen: dict[str, Any] = dict(KITCHEN)
        for change in changes:
            kitchen.update(change)
        wanted = {
            "librespot_deployment": "container",
            "librespot_container_engine": self.ENGINE,
            "librespot_instances": [kitchen],
            "librespot_zones": ZONES,
        }
        return self.controller.run(playbook, {**wanted, **more}, options)

    def converge(
        self, *changes: Mapping[str, Any], options: Sequence[str] = (), playbook: Path = SITE, **more: Any
    ) -> int:
        """Deploy, which must succeed, and return how many tasks changed something."""
        done = self.run(*changes, options=options, playbook=playbook, **more)
        assert done.status == 0, done.output
        return done.recap(self.host)["changed"]

    def engine(self, *argv: str) -> str:
        """Return what the command of the engine prints on the host."""
        return self.host.out(self.ENGINE, *argv).strip()

    docker = engine

    def halt(self, name: str) -> None:
        """Stop a container for good."""
        self.engine("stop", name)

    def inspect(self, name: str = NAME) -> dict[str, Any]:
        """Return what the engine says of a container."""
        (found,) = json.loads(self.engine("container", "inspect", name))
        return dict(found)

    @property
    def identity(self) -> tuple[str, str]:
        """The container and the moment at which it was started: another one when it was made or started anew."""
        found = self.inspect()
        return found["Id"], found["State"]["StartedAt"]

    @property
    def names(self) -> list[str]:
        """The names of all containers, running or not."""
        return sorted(self.engine("ps", "--all", "--format", "{{.Names}}").split())

    @property
    def answers(self) -> bool:
        """Whether the kitchen answers whom it trusts."""
        return self.host.answer(PORT) is not None

    def status(self, name: str = NAME) -> dict[str, str]:
        """Return /proc/PID/status of the process in a container."""
        text = self.host.out("cat", f"/proc/{self.inspect(name)['State']['Pid']}/status")
        return {key: value.strip() for key, _colon, value in (line.partition(":") for line in text.splitlines())}
