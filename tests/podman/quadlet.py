# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose instances are run by Podman."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.containers.speaker import NAME, Speaker
from tests.support.plays import Run


class Quadlet(Speaker):
    """A speaker whose engine is Podman."""

    def run(self, *changes: Mapping[str, Any], options: Sequence[str] = (), **more: Any) -> Run:
        """Deploy the kitchen with *changes* to what its user wrote; *more* are other variables."""
        return super().run(*changes, options=options, **{"librespot_container_engine": "podman", **more})

    def podman(self, *argv: str) -> str:
        """Return what podman prints on the host."""
        return self.host.out("podman", *argv).strip()

    def inspect(self, name: str = NAME) -> dict[str, Any]:
        """Return what Podman says of a container."""
        (found,) = json.loads(self.podman("container", "inspect", name))
        return dict(found)

    @property
    def names(self) -> list[str]:
        """The names of all containers, running or not."""
        return sorted(self.podman("ps", "--all", "--format", "{{.Names}}").split())
