# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance as it is seen from outside: by systemd, in /proc, on its port. Nothing here asks the collection."""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testinfra.host import Host

_ASK = """
import sys, urllib.request
print(urllib.request.urlopen("http://%s:%s/?action=getInfo" % tuple(sys.argv[1:]), timeout=3).read().decode())
"""
RELEASES = "/opt/librespot/releases/"
BACK_S = 30.0
"""Seconds within which an instance that went silent must answer again."""


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Wait until *holds*; tell whether it did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.3)
    return False


@dataclass(frozen=True)
class Speaker:
    """The instance that *spec*, an item of ``librespot_instances``, describes."""

    host: Host
    spec: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def unit(self) -> str:
        return f"librespot-{self.name}.service"

    @property
    def user(self) -> str:
        return f"librespot-{self.name}"

    @property
    def port(self) -> int:
        return int(self.spec.get("port", 37879))

    @property
    def discovery(self) -> bool:
        return bool(self.spec.get("bind", {}).get("discovery", True))

    @property
    def options(self) -> Mapping[str, Any]:
        return dict(self.spec.get("options", {}))

    def show(self, name: str) -> str:
        """Return a property of the unit."""
        return str(self.host.check_output("systemctl show --value --property=%s %s", name, self.unit))

    @property
    def pid(self) -> int:
        return int(self.show("MainPID"))

    def read(self, name: str) -> str:
        """Return the file *name* of the process below /proc."""
        return str(self.host.check_output("cat /proc/%s/%s", str(self.pid), name))

    def status(self) -> dict[str, str]:
        """Return what the kernel says of the process."""
        rows = (line.partition(":") for line in self.read("status").splitlines())
        return {key: value.strip() for key, _unused, value in rows}

    def environment(self) -> dict[str, str]:
        """Return the environment that the process was given."""
        text = self.host.check_output("base64 --wrap=0 /proc/%s/environ", str(self.pid))
        pairs = (item.decode().partition("=") for item in base64.b64decode(text).split(b"\0") if item)
        return {name: value for name, _unused, value in pairs}

    @property
    def network(self) -> str:
        """Return what a command begins with that shall run on the network of the instance."""
        return f"ip netns exec {self.user} " if "segment" in self.spec else ""

    @property
    def addresses(self) -> list[str]:
        """Return the addresses of its network: tied to their interface, it answers nowhere else."""
        return str(self.host.check_output(f"{self.network}hostname --all-ip-addresses")).split()

    def ask(self, address: str = "") -> dict[str, Any] | None:
        """Return the answer to getInfo at *address* of its network; None when there is none."""
        asked = address or self.addresses[0]
        done = self.host.run(f"{self.network}python3 -c %s %s %s", _ASK, asked, str(self.port))
        return json.loads(done.stdout) if done.rc == 0 else None

    def up(self) -> bool:
        """Tell whether the instance works: it answers, or without discovery, its process can run."""
        if self.discovery:
            return self.ask() is not None
        return self.pid != 0 and self.status()["State"][0] in "RS"

    def sockets(self, kind: str) -> set[int]:
        """Return the local ports of the process's sockets: *kind* is ``tcp`` (listening) or ``udp``."""
        shown = f"{self.network}ss --no-header --numeric --processes --listening --%s"
        rows = self.host.check_output(shown, kind).splitlines()
        ours = [row.split() for row in rows if f"pid={self.pid}," in row]
        return {int(row[3].rpartition(":")[2]) for row in ours}

    @property
    def release(self) -> str:
        """Return the release that the process runs."""
        path = str(self.host.check_output("readlink /proc/%s/exe", str(self.pid)))
        assert path.startswith(RELEASES), path
        return path[len(RELEASES) :].partition("/")[0]

    def journal(self) -> str:
        """Return the last lines of the unit and its watchdog."""
        units = shlex.join(f"--unit=librespot-{self.name}{suffix}.service" for suffix in ("", "-watchdog"))
        return str(self.host.run(f"journalctl --no-pager --lines=30 {units}").stdout)
