# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose instances are run by Podman."""

from __future__ import annotations

from typing import ClassVar

from tests.containers.speaker import NAME, Speaker

SERVICE = f"{NAME}.service"
FILE = f"/etc/containers/systemd/{NAME}.container"


class Quadlet(Speaker):
    """A speaker whose engine is Podman."""

    ENGINE: ClassVar[str] = "podman"

    podman = Speaker.engine

    def halt(self, name: str) -> None:
        """Stop the service of a container, which removes it."""
        self.host.out("systemctl", "stop", f"{name}.service")

    @property
    def main(self) -> int:
        """The process in the container."""
        return int(self.inspect()["State"]["Pid"])

    @property
    def written(self) -> str:
        """The Quadlet as it is on the host."""
        return self.host.out("cat", FILE)
