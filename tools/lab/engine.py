# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker Engine: the one that is there, or Debian's, installed and started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tools.lab import packages
from tools.lab.cache import Cache
from tools.lab.errors import LabError
from tools.lab.process import attempt, output, tail
from tools.lab.progress import Progress

READY_S = 60
STOPPED_S = 30
LABEL = "hardened-librespot.lab"
_ASK = ("docker", "info", "--format", "{{.ServerVersion}}")
_CLIENT_PACKAGE_SINCE = 13
"""Debian release from which docker.io no longer holds the client."""


def package_names(release: int | None) -> list[str]:
    """Return Debian's packages of a working engine in *release* (None: another distribution made from Debian)."""
    names = ["docker.io", "containerd", "runc", "iptables", "nftables", "iproute2"]
    if release is not None and release >= _CLIENT_PACKAGE_SINCE:
        names.append("docker-cli")
    return names


def label(cache: Cache) -> str:
    """Return the label of everything that the lab makes in Docker, for this cache."""
    return f"{LABEL}={cache.claim()}"


def ensure(cache: Cache, progress: Progress) -> None:
    """Make sure that ``docker`` works, installing and starting Docker Engine if this user may.

    Raises LabError that says what to do when it cannot.
    """
    answer = attempt(_ASK)
    if answer.returncode == 0:
        return
    if os.geteuid():
        raise LabError(
            f"Docker does not answer: {tail(answer.stderr)}",
            "Join the group docker (as root: usermod --append --groups docker USER, then log in again), "
            "or run this once as root, which installs and starts Docker",
        )
    if not shutil.which("dockerd") or not shutil.which("docker"):
        packages.ensure(package_names(packages.debian_release()), "the lab's containers", cache, progress)
    with cache.lock("engine"), progress.step("starting Docker"):
        if attempt(_ASK).returncode:
            _start(cache)


def stop(cache: Cache, progress: Progress) -> None:
    """Stop the dockerd that ``ensure`` started for want of systemd, unless someone else's containers run in it."""
    try:
        pid = int(_ours(cache).read_text(encoding="ascii"))
        daemon = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "dockerd"
    except FileNotFoundError:
        return
    if not daemon or attempt(["docker", "ps", "--quiet"]).stdout.strip():
        return
    with progress.step("stopping Docker, which was started for the lab"):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_S
        while Path(f"/proc/{pid}/exe").exists():
            if time.monotonic() > deadline:
                raise LabError(f"dockerd (process {pid}) has not ended after {STOPPED_S} s", "Look at its log")
            time.sleep(0.2)


def _ours(cache: Cache) -> Path:
    """Return the file that holds the process of the dockerd that was started here."""
    return cache.directory("run") / "dockerd.pid"


def _start(cache: Cache) -> None:
    if Path("/run/systemd/system").is_dir():
        output(["systemctl", "start", "docker.service"])
        log = "journalctl --unit docker.service"
        daemon = None
    else:
        path = cache.log("dockerd")
        log = str(path)
        with path.open("ab") as stream:
            daemon = subprocess.Popen(
                ["dockerd"],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
        _ours(cache).write_text(str(daemon.pid), encoding="ascii")
    deadline = time.monotonic() + READY_S
    while attempt(_ASK).returncode:
        if daemon is not None and daemon.poll() is not None:
            raise LabError(f"dockerd ended with status {daemon.returncode}", f"See {log}")
        if time.monotonic() > deadline:
            raise LabError(f"Docker was started but does not answer after {READY_S} s", f"See {log}")
        time.sleep(0.3)
