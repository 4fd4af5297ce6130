# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throwaway hosts: containers in which a real systemd is process 1."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from tools.lab import images
from tools.lab.cache import Cache
from tools.lab.engine import LABEL, label
from tools.lab.errors import LabError
from tools.lab.process import attempt, output, tail
from tools.lab.progress import Progress
from tools.lab.recipes import PREFIX, Recipe

READY_S = 300
"""How long a start may take, since other work may hold the processors."""
_UP = {"running", "degraded"}
# What systemd and sandboxed units need, short of --privileged, which machines without CAP_SYS_RESOURCE refuse.
_FLAGS = (
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--cgroupns=private",
    "--tmpfs=/run",
    "--tmpfs=/tmp",
    "--stop-signal=SIGRTMIN+3",
    "--env=container=docker",
)
# Where the machine itself has cgroup v2, Docker mounts the container's own tree read-only. In a container systemd
# leaves mount propagation as it is; without it LoadCredential= gives services an empty directory.
_START = "mount -o remount,rw /sys/fs/cgroup 2>/dev/null; mount --make-rshared /; exec /lib/systemd/systemd"


def up(name: str, recipe: Recipe, network: str, cache: Cache, progress: Progress) -> None:
    """Start the host *name*, or find it running, and wait until its systemd has finished starting."""
    images.ensure([recipe], cache, progress)
    if _image_of(name, cache) != recipe.reference:
        down(name, cache)
        _run(name, recipe.reference, network, cache)
    else:
        output(["docker", "start", name])
    with progress.step(f"starting the host {name}"):
        _wait(name)


def copies(source: str, names: Sequence[str], network: str, cache: Cache, progress: Progress) -> None:
    """Start the hosts *names*, each with the files that the host *source* has now, and wait until all are up.

    What *source* is made of is kept as an image of its name, till `forget`.
    """
    reference = _kept(source)
    with progress.step(f"keeping {source} as an image"):
        output(["docker", "commit", "--change", f"LABEL {label(cache)}", source, reference])
    with progress.step(f"starting {len(names)} hosts like {source}"):
        for name in names:
            down(name, cache)
            _run(name, reference, network, cache)
        for name in names:
            _wait(name, READY_S + READY_S * len(names) // 10)


def forget(source: str) -> None:
    """Remove the image that `copies` has kept. The hosts that were started of it have to be gone."""
    output(["docker", "image", "rm", _kept(source)])


def _kept(source: str) -> str:
    return f"{PREFIX}/copy:{source}"


def _run(name: str, reference: str, network: str, cache: Cache) -> None:
    output(
        ["docker", "run", "--detach", "--name", name, "--hostname", name, "--network", network]
        + ["--label", label(cache), *_FLAGS, *images.trust("/etc/ssl/certs/ca-certificates.crt")]
        + [reference, "sh", "-c", _START]
    )


def down(name: str, cache: Cache) -> None:
    """Remove the host *name* if it is there.

    Raises LabError when a container of that name is not ours.
    """
    if _image_of(name, cache):
        output(["docker", "rm", "--force", "--volumes", name])


def inventory(name: str) -> str:
    """Return an Ansible inventory (JSON, so also YAML) with the one host *name*."""
    variables = {
        "ansible_connection": "community.docker.docker",
        "ansible_python_interpreter": "/usr/bin/python3",
        # Known to be root, so that nothing has to become it: the images have no sudo.
        "ansible_user": "root",
    }
    return json.dumps({"all": {"hosts": {name: variables}}}, indent=2) + "\n"


def _image_of(name: str, cache: Cache) -> str | None:
    """Return the image of the container *name*, or None when there is no such container."""
    found = attempt(
        [
            "docker",
            "container",
            "inspect",
            "--format",
            f'{{{{.Config.Image}}}} {{{{index .Config.Labels "{LABEL}"}}}}',
            name,
        ]
    )
    if found.returncode:
        return None
    image, _unused, owner = found.stdout.strip().partition(" ")
    if owner != cache.claim():
        raise LabError(
            f"a container named {name} is there and was not made by this lab",
            f"Find out whose it is; when nobody needs it, remove it: docker rm --force {name}",
        )
    return image


def _wait(name: str, patience_s: int = READY_S) -> None:
    deadline = time.monotonic() + patience_s
    state = ""
    while state not in _UP:
        state = attempt(["docker", "exec", name, "systemctl", "is-system-running"]).stdout.strip()
        if time.monotonic() > deadline:
            logs = attempt(["docker", "logs", "--tail", "15", name])
            raise LabError(
                f"{name} did not start within {patience_s} s ({state or 'no answer'}): "
                f"{tail(logs.stdout + logs.stderr)}"
            )
        time.sleep(0.1)
