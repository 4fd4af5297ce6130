# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts that are attacked: throwaway ones of the lab, and nothing else."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hosts import Host, fresh


@dataclass(frozen=True)
class Target(Host):
    """A host under attack. *address* is where this machine reaches it, *image* what it was made from."""

    image: str
    address: str

    def shell(self, script: str, timeout: float = 120) -> str:
        """Run a shell script that must succeed and return what it printed."""
        return self.out("sh", "-eu", "-s", text=script, timeout=timeout).strip()

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Put a file there."""
        self.out("sh", "-euc", 'mkdir -p "${1%/*}"; cat > "$1"; chmod "$2" "$1"', "sh", path, mode, text=text)

    def install(self, source: Path, path: str) -> None:
        """Put a program there."""
        self.out("mkdir", "-p", str(Path(path).parent))
        subprocess.run(["docker", "cp", "--quiet", str(source), f"{self.name}:{path}"], check=True)
        self.out("chown", "root:root", path)
        self.out("chmod", "0755", path)

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Return properties of a unit."""
        shown = self.out("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def process(self, unit: str) -> int:
        """Return the main process of a unit; 0 when it has none."""
        return int(self.show(unit, "MainPID")["MainPID"])

    def journal(self, unit: str, since: str) -> list[str]:
        """Return the messages that *unit* logged since a time of the host's clock, as `now` returns it."""
        self.out("journalctl", "--sync")
        asked = ["journalctl", f"--unit={unit}", f"--since=@{since}", "--output=cat", "--no-pager"]
        return self.out(*asked).splitlines()

    def now(self) -> str:
        """Return the host's time."""
        return self.out("date", "+%s.%N").strip()

    def answer(self, port: int, timeout: float = 2) -> dict[str, Any] | None:
        """Return what librespot answers at *port*; None when it does not."""
        connection = http.client.HTTPConnection(self.address, port, timeout=timeout)
        try:
            connection.request("GET", "/?action=getInfo")
            return dict(json.loads(connection.getresponse().read()))
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def post(self, port: int, body: bytes) -> int:
        """Send *body* as a login and return the status; 0 when the connection is closed without an answer."""
        connection = http.client.HTTPConnection(self.address, port, timeout=20)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"})
            return connection.getresponse().status
        except (ConnectionResetError, http.client.RemoteDisconnected):
            return 0
        finally:
            connection.close()


def until(done: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until *done* is true and return the seconds that it took; fail after *seconds*."""
    start = time.monotonic()
    while not done():
        assert time.monotonic() - start < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
    return time.monotonic() - start


def networked(container: str, what: str) -> str:
    """Return *what* Docker says of the network of a *container*, as ``IPAddress``."""
    shown = ["docker", "inspect", "--format", f"{{{{range .NetworkSettings.Networks}}}}{{{{.{what}}}}}{{{{end}}}}"]
    found = subprocess.run([*shown, container], check=True, capture_output=True, text=True).stdout.strip()
    assert found, f"{container} has no {what}"
    return found


@contextlib.contextmanager
def target(image: str, purpose: str) -> Iterator[Target]:
    """Start a pristine host, and remove it afterwards."""
    with fresh(f"hardened-librespot-{purpose}-{image}", image) as host:
        yield Target(host.name, image, networked(host.name, "IPAddress"))
