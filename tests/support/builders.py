# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build hosts like the lab's own, for tests that change what one is made of."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.hosts import BUILDER, Host, lab


@contextmanager
def throwaway(purpose: str) -> Iterator[Host]:
    """Start one that has built nothing yet, and remove it afterwards."""
    lab("builder", "up")
    said = subprocess.run(["docker", "inspect", BUILDER], capture_output=True, text=True, check=True)
    (like,) = json.loads(said.stdout)
    name = f"{BUILDER}-{purpose}"
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
    environment = [f"--env={item}" for item in like["Config"]["Env"]]
    # Not its volume, which has what it has built.
    trust = [f"--volume={bind}" for bind in like["HostConfig"]["Binds"] if bind.startswith("/")]
    run = ["docker", "run", "--detach", "--init", "--name", name, "--network", "host", *environment, *trust]
    subprocess.run([*run, like["Config"]["Image"]], capture_output=True, check=True)
    try:
        yield Host(name)
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=True)
