# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs over many hosts at once, with the time that they take and the memory of all processes of the controller."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hosts import CONNECTION
from tools.lab import hosts
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

_PSS = re.compile(rb"^Pss:\s+(\d+) kB$", re.MULTILINE)
_EVERY_S = 0.2
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_INSTANCES = 16
_RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=0 +failed=0 ", re.MULTILINE)


@dataclass(frozen=True)
class Took:
    """What one run took: *seconds*, the *processor*'s on the controller, and the *memory* at its peak, in MiB.

    Both are of all processes of the run, its workers and the clients of their connections, and not of what runs on the
    hosts. Memory that several share is counted once.
    """

    seconds: float
    processor: float
    memory: float


@contextmanager
def _watching(count: int) -> Iterator[None]:
    """Let *count* more systemds watch files: each takes some instances of inotify, of which root has 128 by default."""
    before = _INOTIFY.read_text(encoding="ascii").strip()
    _INOTIFY.write_text(str(max(int(before), 128 + _INSTANCES * count)), encoding="ascii")
    try:
        yield
    finally:
        _INOTIFY.write_text(before, encoding="ascii")


@contextmanager
def like(source: str, count: int) -> Iterator[list[str]]:
    """Start *count* hosts with what is on the host *source*, each with a systemd and a librespot of its own."""
    progress = Progress()
    cache = Cache(location(os.environ), progress)
    names = [f"{source}-{number:02}" for number in range(1, count + 1)]
    try:
        with _watching(count):
            hosts.copies(source, names, "bridge", cache, progress)
            yield names
    finally:
        for name in names:
            hosts.down(name, cache)
        hosts.forget(source)


def run(
    playbook: Path, names: Sequence[str], variables: Mapping[str, Any], forks: int, directory: Path
) -> tuple[Took, str]:
    """Run *playbook* over the hosts *names*, which must change none and end well on all; return also what it said."""
    inventory, extra = directory / "fleet.json", directory / "fleet-variables.json"
    listed = {"all": {"children": {"librespot": {"hosts": dict.fromkeys(names, CONNECTION)}}}}
    inventory.write_text(json.dumps(listed), encoding="utf-8")
    extra.write_text(json.dumps(variables), encoding="utf-8")
    argv = ["ansible-playbook", "--forks", str(forks), "--inventory", str(inventory)]
    output = directory / "fleet.log"
    before, begin, peak = os.times(), time.monotonic(), 0
    with output.open("wb") as log:
        process = subprocess.Popen(
            [*argv, "--extra-vars", f"@{extra}", str(playbook)],
            env={**os.environ, "ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(_EVERY_S)
    seconds, after = time.monotonic() - begin, os.times()
    said = output.read_text(encoding="utf-8")
    assert process.returncode == 0, said
    ended = {name: int(changed) for name, _ok, changed in _RECAP.findall(said)}
    assert ended == dict.fromkeys(names, 0), said
    spent = sum(after[2:4]) - sum(before[2:4])
    return Took(seconds, spent, peak / 1024), said


def _memory(first: int) -> int:
    """Return what the process *first* and all below it hold, in KiB; what several share counts a part for each.

    Ansible's workers have sessions of their own.
    """
    parents = {int(name): _parent(name) for name in os.listdir("/proc") if name.isdigit()}
    below = {first}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(map(_held, below))


def _parent(pid: str) -> int:
    with contextlib.suppress(OSError):
        return int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        )
    return 0


def _held(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_bytes())
        return int(found[1]) if found else 0
    return 0
