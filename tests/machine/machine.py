# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine of the lab as a host to attack: its own kernel enforces what a container only shows."""

from __future__ import annotations

import contextlib
import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.hosts import Target, until
from tests.support.hosts import CHECKOUT, lab

ADDRESS = "10.0.2.15"
"""The machine's own, at the interface of its default route, which instances are tied to unless told otherwise."""


@dataclass(frozen=True)
class Machine(Target):
    """A machine. *variables* are those by which Ansible reaches it."""

    variables: dict[str, Any]

    @property
    def connection(self) -> dict[str, Any]:
        """Return the variables by which Ansible reaches it."""
        return self.variables

    def _ssh(self, argv: tuple[str, ...]) -> list[str]:
        lab_command = [sys.executable, "-m", "tools.lab", "--quiet", "machine", "ssh", self.name, "--"]
        return [*lab_command, shlex.join(argv)]

    def run(self, *argv: str, text: str = "", timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command as root and return how it ended."""
        return subprocess.run(
            self._ssh(argv),
            cwd=CHECKOUT,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a program."""
        return subprocess.Popen(self._ssh(argv), cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def install(self, source: Path, path: str) -> None:
        """Put a program there."""
        script = f"mkdir -p {Path(path).parent}; cat > {path}; chmod 0755 {path}"
        with source.open("rb") as stream:
            subprocess.run(self._ssh(("sh", "-euc", script)), cwd=CHECKOUT, stdin=stream, check=True)

    def packages(self, *names: str) -> None:
        """Install packages of the distribution, and nothing that they merely recommend."""
        install = f"apt-get -qq install --yes --no-install-recommends {' '.join(names)} >/dev/null </dev/null"
        self.shell(f"apt-get -qq update </dev/null; DEBIAN_FRONTEND=noninteractive {install}", timeout=1200)

    def engine(self) -> None:
        """Install and start a container engine, its client, and the SDK by which Ansible speaks to it."""
        self.packages("docker.io", "python3-docker")
        if self.run("sh", "-c", "command -v docker").returncode:
            # Debian 13 has the client apart.
            self.packages("docker-cli")
        self.shell("systemctl enable --quiet --now docker.service")

    @contextlib.contextmanager
    def forwarded(self, port: int, address: str) -> Iterator[str]:
        """Lead a port at *address* of this machine to *port* of the machine; returns address and port on this side."""
        with socket.create_server((address, 0)) as probe:
            here = f"{address}:{probe.getsockname()[1]}"
        options = [
            "-N",
            "-o",
            "ExitOnForwardFailure=yes",
            "-o",
            "ServerAliveInterval=15",
            "-L",
            f"{here}:127.0.0.1:{port}",
        ]
        known = [*shlex.split(self.variables["ansible_ssh_common_args"]), "-p", str(self.variables["ansible_port"])]
        with subprocess.Popen(["ssh", *known, *options, f"root@{self.address}"], stdin=subprocess.DEVNULL) as ssh:
            try:
                until(lambda: ssh.poll() is not None or _listens(here), 60, f"{here} leads to {self.name}")
                assert ssh.poll() is None, f"{here}: ssh ended with {ssh.returncode}"
                yield here
            finally:
                ssh.terminate()

    def answer(self, port: int, timeout: float = 2) -> dict[str, Any] | None:
        """Return what librespot answers at *port*, asked on the machine itself; None when it does not."""
        url = f"http://{ADDRESS}:{port}/?action=getInfo"
        script = f"import urllib.request as u; print(u.urlopen({url!r}, timeout={timeout}).read().decode())"
        done = self.run("python3", "-Ic", script)
        return dict(json.loads(done.stdout)) if done.returncode == 0 else None


def _listens(at: str) -> bool:
    address, _unused, port = at.rpartition(":")
    try:
        socket.create_connection((address, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def machine(image: str, directory: Path, purpose: str = "limits") -> Iterator[Machine]:
    """Start a pristine machine, and remove it afterwards. Its name tells its *purpose*."""
    name, inventory = f"hardened-librespot-{purpose}-{image}", directory / "machine.yml"
    lab("machine", "down", name)
    lab("machine", "up", name, "--image", image, "--inventory", str(inventory))
    try:
        variables = json.loads(inventory.read_text(encoding="utf-8"))["all"]["hosts"][name]
        yield Machine(name, image, "127.0.0.1", variables)
    finally:
        lab("machine", "down", name)
