# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes into the engine of a lab host, and what comes out of it."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from tests.support.hosts import Host


def send(host: Host, source: Path, path: str) -> None:
    """Put the directory *source* to *path* of the host."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(source, arcname=".")
    given = ["docker", "exec", "--interactive", host.name]
    host.out("mkdir", "-p", path)
    subprocess.run([*given, "tar", "--extract", "--directory", path], input=packed.getvalue(), check=True)


def received(host: Host, *argv: str) -> bytes:
    """Return the archive that a command on the host writes."""
    return subprocess.run(["docker", "exec", host.name, *argv], check=True, capture_output=True, timeout=300).stdout
