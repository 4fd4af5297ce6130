# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throwaway hosts of the lab, for tests that run plays against them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
BUILDER = "hardened-librespot-builder"
CONNECTION = {
    "ansible_connection": "community.docker.docker",
    "ansible_python_interpreter": "/usr/bin/python3",
    "ansible_user": "root",
}


State = Mapping[str, str]
"""Everything of ours on a host: path or user to a line of text."""


def lab(*arguments: str) -> str:
    """Run a command of the lab and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.lab", *arguments], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Host:
    """A container with a systemd of its own."""

    name: str

    @property
    def connection(self) -> dict[str, Any]:
        """Return the variables by which Ansible reaches it."""
        return dict(CONNECTION)

    def run(self, *argv: str, text: str = "", timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command as root and return how it ended."""
        return subprocess.run(
            ["docker", "exec", "--interactive", self.name, *argv],
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def out(self, *argv: str, text: str = "", timeout: float = 120) -> str:
        """Run a command that must succeed and return what it printed."""
        done = self.run(*argv, text=text, timeout=timeout)
        assert done.returncode == 0, f"{self.name}: {' '.join(argv)}: {done.stderr or done.stdout}"
        return done.stdout

    def put(self, source: Path, path: str) -> None:
        """Copy a file of this machine to *path*, owned by root."""
        self.out("sh", "-euc", 'cat > "$1"', "sh", path, text=source.read_text(encoding="utf-8"))

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a program that runs until its standard input is closed."""
        return subprocess.Popen(
            ["docker", "exec", "--interactive", self.name, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def snapshot(self) -> State:
        """Return everything of ours on the host."""
        script = Path(__file__).with_name("snapshot.py").read_text(encoding="utf-8")
        state: State = json.loads(self.out("python3", "-", text=script))
        return state

    def get_info(self, port: int) -> dict[str, Any]:
        """Return the answer of the instance at *port*; a failed assertion when there is none."""
        script = (
            f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/?action=getInfo').read().decode())"
        )
        answer: dict[str, Any] = json.loads(self.out("python3", "-c", script))
        return answer


@contextmanager
def fresh(name: str, image: str = "debian13") -> Iterator[Host]:
    """Start a pristine host, and remove it afterwards."""
    lab("host", "down", name)
    lab("host", "up", name, "--image", image)
    try:
        yield Host(name)
    finally:
        lab("host", "down", name)
