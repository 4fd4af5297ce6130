# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose instances are services, of whatever release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, ZONES, specified
from tests.attacks.hosts import Target
from tests.support.health import Health, health
from tests.support.impostors import impostor
from tests.support.plays import Controller, Run, activate, built

INSTANCES = (KITCHEN, BEDROOM)


@dataclass(frozen=True)
class Served:
    """The *host*, and what deploys to it."""

    host: Target
    controller: Controller

    def real(self, version: str = "0.8.0") -> Mapping[str, Any]:
        """Run a real release, and return its artifact."""
        artifact = built(self.controller, version)
        activate(self.controller, artifact)
        self.controller.converge(APPLY, {**specified(INSTANCES), "librespot_version": version})
        return artifact

    def impostor(self, manner: str, answers: str = "") -> tuple[Mapping[str, Any], Run]:
        """Run an impostor, and return its artifact, and how the run ended that brought it there."""
        artifact = impostor(self.controller, manner, answers=answers)
        activate(self.controller, artifact)
        return artifact, self.controller.run(APPLY, specified(INSTANCES))

    def health(self, **asked: Any) -> Health:
        """Look at the health of both."""
        return health(self.controller, INSTANCES, zones=ZONES, **asked)
