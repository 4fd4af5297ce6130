# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts that are attacked: throwaway ones of the lab, and nothing else."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Said:
    """How a command on a host ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Host:
    """A host of the lab. *address* is where this machine reaches it, *image* what it was made from."""

    name: str
    image: str
    address: str

    def run(self, argv: Sequence[str], text: str = "", timeout: float = 120) -> Said:
        """Run a command as root."""
        done = subprocess.run(
            ["docker", "exec", "--interactive", self.name, *argv],
            input=text, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def out(self, *argv: str, text: str = "", timeout: float = 120) -> str:
        """Run a command that must succeed and return what it printed."""
        said = self.run(argv, text, timeout)
        assert said.status == 0, f"{self.name}: {' '.join(argv)}: {said.err.strip() or said.out.strip()}"
        return said.out.strip()

    def shell(self, script: str, timeout: float = 120) -> str:
        """Run a shell script that must succeed and return what it printed."""
        return self.out("sh", "-eu", "-s", text=script, timeout=timeout)

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Put a file there."""
        self.out("sh", "-euc", 'mkdir -p "${1%/*}"; cat > "$1"; chmod "$2" "$1"', "sh", path, mode, text=text)

    def copy(self, source: Path, path: str) -> None:
        """Put a program there."""
        self.out("mkdir", "-p", str(Path(path).parent))
        subprocess.run(["docker", "cp", "--quiet", str(source), f"{self.name}:{path}"], check=True)
        self.out("chown", "root:root", path)
        self.out("chmod", "0755", path)

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Return properties of a unit."""
        shown = self.out("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def journal(self, unit: str, since: str) -> list[str]:
        """Return the messages that *unit* logged since a time of the host's clock, as `now` returns it."""
        asked = ["journalctl", f"--unit={unit}", f"--since=@{since}", "--output=cat", "--no-pager"]
        return self.out(*asked).splitlines()

    def now(self) -> str:
        """Return the host's time."""
        return self.out("date", "+%s.%N")

    def get_info(self, port: int, timeout: float = 2) -> dict[str, object] | None:
        """Return what librespot answers at *port*; None when it does not."""
        connection = http.client.HTTPConnection(self.address, port, timeout=timeout)
        try:
            connection.request("GET", "/?action=getInfo")
            return dict(json.loads(connection.getresponse().read()))
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def until(done: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until *done* is true and return the seconds that it took; fail after *seconds*."""
    start = time.monotonic()
    while not done():
        assert time.monotonic() - start < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
    return time.monotonic() - start


def lab(*arguments: str) -> str:
    """Run a command of the lab."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.lab", "--quiet", *arguments],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def start(image: str, purpose: str) -> Host:
    """Start a fresh host."""
    name = f"attacks-{image}-{purpose}"
    lab("host", "down", name)
    lab("host", "up", name, "--image", image)
    inspect = ["docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", name]
    address = subprocess.run(inspect, check=True, capture_output=True, text=True).stdout.strip()
    return Host(name, image, address)


def stop(host: Host) -> None:
    """Remove a host."""
    lab("host", "down", host.name)
