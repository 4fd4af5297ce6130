# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines with a kernel of their own, for what a container cannot enforce."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from tools.lab import emulator, machine_disks, segments
from tools.lab.cache import Cache, remove
from tools.lab.errors import LabError
from tools.lab.machine_disks import Machine
from tools.lab.process import output
from tools.lab.progress import Progress

_STATE = "machine.json"


def up(name: str, machine: Machine, cold: bool, plug: bool, cache: Cache, progress: Progress) -> str:
    """Start the machine *name*, or find it running, wait for it, and return its inventory.

    It continues from the frozen memory, unless it is to boot *cold*. With *plug* its network segments lead to network
    namespaces of this machine.
    """
    path = machine_disks.ensure(machine, cache, progress)
    with cache.lock(f"run-{name}"):
        state = _state(name, cache)
        if state is None or state["path"] != str(path):
            down(name, cache)
            with progress.step(f"{'booting' if cold else 'waking'} the machine {name}"):
                state = _start(name, path, cold, plug, cache)
    return inventory(name, Path(state["path"]), int(state["port"]))


def down(name: str, cache: Cache) -> None:
    """Switch the machine *name* off and forget all that it wrote."""
    state = _state(name, cache)
    if state is not None:
        process = int(state["process"])
        os.kill(process, signal.SIGKILL)
        while _is_ours(process, state["console"]):
            time.sleep(0.05)
    segments.remove(name)
    remove(cache.directory("run") / name)


def names(cache: Cache) -> list[str]:
    """Return the names of the machines that were started: each has a directory there, beside what else runs."""
    return sorted(entry.name for entry in cache.directory("run").iterdir() if entry.is_dir())


def command(name: str, words: list[str], cache: Cache) -> list[str]:
    """Return the command line that runs *words* in the machine *name*.

    Raises LabError when it is not running.
    """
    state = _state(name, cache)
    if state is None:
        raise LabError(f"no machine {name} is running", f"Start it: python3 -m tools.lab machine up {name}")
    return emulator.ssh(Path(state["path"]), int(state["port"]), words)


def inventory(name: str, path: Path, port: int) -> str:
    """Return an Ansible inventory (JSON, so also YAML) with the one machine *name*."""
    variables = {
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": "root",
        "ansible_ssh_common_args": " ".join(emulator.ssh_options(path)),
        "ansible_pipelining": True,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    return json.dumps({"all": {"hosts": {name: variables}}}, indent=2) + "\n"


def _start(name: str, path: Path, cold: bool, plug: bool, cache: Cache) -> dict[str, str]:
    run = cache.directory("run", name)
    console = run / "console.log"
    port = emulator.free_port()
    incoming = [] if cold else ["-incoming", f"exec:cat {machine_disks.MEMORY}"]
    devices = {item: segments.device(name, item) for item in segments.SEGMENTS} if plug else None
    plugged = segments.plugged(name) if plug else contextlib.nullcontext()
    with plugged, (run / "qemu.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*emulator.arguments(port, console, throwaway=True, devices=devices), *incoming],
            cwd=path,
            env={**os.environ, "TMPDIR": str(run)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        emulator.wait_for_devices(process, devices or {})
    state = {"process": str(process.pid), "port": str(port), "path": str(path), "console": str(console)}
    with cache.publish(run / _STATE) as temporary:
        temporary.write_text(json.dumps(state), encoding="utf-8")
    emulator.wait(path, port, process, console)
    # A frozen machine wakes in the past, where certificates are not valid yet.
    output(emulator.ssh(path, port, ["date", "--set", f"@{time.time():.0f}"]))
    return state


def _state(name: str, cache: Cache) -> dict[str, str] | None:
    """Return what was noted of the running machine *name*, or None when it does not run."""
    try:
        state: dict[str, str] = json.loads((cache.directory("run") / name / _STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return state if _is_ours(int(state["process"]), state["console"]) else None


def _is_ours(process: int, console: str) -> bool:
    """Tell whether *process* is still the emulator that writes *console*; another may have its number by now."""
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return console.replace(",", ",,").encode() in line
