# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container that ours is compared with: the same files, as ``docker run -p`` starts them unasked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.attacks.hosts import until
from tests.containers.speaker import Speaker

NAME = "plain"
PORT = 38010

# An image of files alone: a Dockerfile that says no more than what to copy leaves root as the user.
_MAKE = """
made=$($2 create "$1")
$2 export "$made" | $2 import --change 'ENTRYPOINT ["/usr/bin/librespot"]' - plain >/dev/null
$2 rm "$made" >/dev/null
"""


PUBLISHED = ("--publish", f"{PORT}:{PORT}")


def plain(speaker: Speaker, network: Sequence[str] = PUBLISHED) -> str:
    """Run the plain container beside the kitchen, until it answers; returns its name."""
    if NAME in speaker.names:
        speaker.docker("rm", "--force", NAME)
    speaker.host.out("sh", "-euc", _MAKE, "sh", speaker.inspect()["Image"], speaker.ENGINE)
    options = f"--name Plain --backend alsa --device null --zeroconf-port {PORT}"
    speaker.docker("run", "--detach", "--name", NAME, *network, "plain", *options.split())
    until(lambda: speaker.host.answer(PORT), 20, "the plain container answers")
    return NAME


def away(speaker: Speaker) -> None:
    """Remove the plain container and its image."""
    speaker.docker("rm", "--force", NAME)
    speaker.docker("image", "rm", "plain")


# Prints what the kernel says of a process and of its control groups, in either version of those, as JSON.
_LOOK = """
import json, os, sys
pid = sys.argv[1]
read = lambda path: open(path).read().strip() if os.path.exists(path) else ""
def may(path):
    try:
        found = os.stat(f"/proc/{pid}/root{path}")
    except OSError:
        return None
    return [found.st_uid, found.st_gid, found.st_mode]
namespaces = ("mnt", "pid", "ipc", "uts", "net", "cgroup", "user")
groups = {}
for line in open(f"/proc/{pid}/cgroup"):
    _number, names, path = line.rstrip("\\n").split(":", 2)
    groups.update((name, (f"/sys/fs/cgroup/{name}" if name else "/sys/fs/cgroup") + path) for name in names.split(","))
second = groups.get("", "")
first = {
    "memory": ("memory", "memory.limit_in_bytes"), "memory and swap": ("memory", "memory.memsw.limit_in_bytes"),
    "cpu quota": ("cpu", "cpu.cfs_quota_us"), "cpu period": ("cpu", "cpu.cfs_period_us"), "tasks": ("pids", "pids.max"),
}
if "memory" in groups:
    limits = {name: read(f"{groups[group]}/{file}") for name, (group, file) in first.items()}
else:
    quota, _space, period = read(f"{second}/cpu.max").partition(" ")
    limits = {"memory": read(f"{second}/memory.max"), "swap": read(f"{second}/memory.swap.max"), "cpu quota": quota,
              "cpu period": period, "tasks": read(f"{second}/pids.max")}
print(json.dumps({
    "status": dict(line.rstrip("\\n").split(":\\t", 1) for line in open(f"/proc/{pid}/status") if ":\\t" in line),
    "shared": [name for name in namespaces
               if os.readlink(f"/proc/{pid}/ns/{name}") == os.readlink(f"/proc/1/ns/{name}")],
    "mounts": [line.split() for line in open(f"/proc/{pid}/mountinfo")],
    "modes": {line.split()[4]: may(line.split()[4]) for line in open(f"/proc/{pid}/mountinfo")},
    "limits": limits,
    "oom": read(f"/proc/{pid}/oom_score_adj"),
    "rlimits": {line[:26].strip(): line[26:].split()[:2] for line in open(f"/proc/{pid}/limits")},
    "profile": read(f"/proc/{pid}/attr/current") if os.path.exists("/sys/kernel/security/apparmor") else "",
    "devices": sorted(os.listdir(f"/proc/{pid}/root/dev")),
    "command": read(f"/proc/{pid}/cmdline").split("\\0"),
}))
"""


def looked_at(speaker: Speaker, name: str) -> dict[str, Any]:
    """Return what the host's kernel says of the process of a container."""
    found: dict[str, Any] = json.loads(
        speaker.host.out("python3", "-Ic", _LOOK, str(speaker.inspect(name)["State"]["Pid"]))
    )
    return found
