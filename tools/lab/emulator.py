# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QEMU under software emulation: starting a machine, waiting for it, and freezing one that has booted."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.lab.errors import LabError
from tools.lab.process import attempt, tail
from tools.lab.qmp import Monitor
from tools.lab.segments import SEGMENTS

PROGRAM = "qemu-system-x86_64"
# One processor, since QEMU 7.2 has let guests with two panic: in what they patch in their own code, and after
# cmpxchg16b, which left part of a pointer in the flags; the kernel's allocator does without it when it is not offered.
HARDWARE = (
    *("-machine", "q35", "-accel", "tcg", "-cpu", "max,-cx16", "-smp", "1", "-m", "1536"),
    *("-nodefaults", "-no-user-config", "-display", "none", "-device", "virtio-rng-pci"),
    *("-device", "virtio-net-pci,netdev=ssh,romfile="),
    *(word for name in SEGMENTS for word in ("-device", f"virtio-net-pci,netdev={name},romfile=")),
    *("-kernel", "vmlinuz", "-initrd", "initrd"),
    *("-append", "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 fsck.mode=skip mitigations=off"),
)
"""The machine as its guest sees it. A frozen memory fits only the same hardware, so keys are made from it."""

BOOT_S = 600
"""How long a boot may take, since other work may hold the processors."""
SAVE_S = 120
ANSWER_S = 30


def arguments(port: int, console: Path, throwaway: bool, devices: Mapping[str, str] | None = None) -> list[str]:
    """Return QEMU's command line for a machine whose SSH port is *port* of this machine's loopback.

    It is to be run in the directory that holds the disk. *devices* are segments to the tap devices that they lead to;
    without them the cards of the segments lead nowhere.
    """
    snapshot = "on" if throwaway else "off"
    # What a card offers its guest may not depend on where it leads: a frozen memory fits only the same.
    leads = {
        name: f"tap,id={name},ifname={devices[name]},script=no,downscript=no,vnet_hdr=off"
        if devices
        else f"user,id={name},restrict=on"
        for name in SEGMENTS
    }
    return [
        *(PROGRAM, *HARDWARE, "-serial", f"file:{str(console).replace(',', ',,')}"),
        *("-drive", f"file=disk,format=raw,if=virtio,snapshot={snapshot}"),
        *("-netdev", f"user,id=ssh,hostfwd=tcp:127.0.0.1:{port}-:22"),
        *(word for lead in leads.values() for word in ("-netdev", lead)),
    ]


def free_port() -> int:
    """Return a TCP port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def ssh_options(path: Path) -> list[str]:
    """Return the options that reach a machine started from *path*, and only it, whatever the user's configuration."""
    return [
        *("-F", "none", "-i", str(path / "id_ed25519"), "-o", f"UserKnownHostsFile={path / 'known_hosts'}"),
        *("-o", "HostKeyAlias=machine", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
    ]


def ssh(path: Path, port: int, command: Sequence[str]) -> list[str]:
    """Return the command line that runs *command* as root in the machine."""
    options = ["-o", f"ConnectTimeout={ANSWER_S}", "-p", str(port)]
    return ["ssh", *ssh_options(path), *options, "root@127.0.0.1", *command]


def wait_for_devices(process: subprocess.Popen[str], devices: Mapping[str, str]) -> None:
    """Wait until the emulator has opened the tap *devices*: then they have a carrier."""
    deadline = time.monotonic() + ANSWER_S
    for name in devices.values():
        while not _opened(name) and process.poll() is None:
            if time.monotonic() > deadline:
                raise LabError(f"QEMU has not opened {name} within {ANSWER_S} s", "See its log")
            time.sleep(0.05)


def _opened(device: str) -> bool:
    # Who has opened it is not said anywhere; that it is opened shows in the flag NO-CARRIER, once it is up.
    attempt(["ip", "link", "set", device, "up"])
    return "NO-CARRIER" not in attempt(["ip", "link", "show", device]).stdout


def wait(path: Path, port: int, process: subprocess.Popen[str], console: Path) -> None:
    """Wait until the machine has finished starting.

    Raises LabError when it ends or does not get there in time.
    """
    deadline = time.monotonic() + BOOT_S
    command = ssh(path, port, ["systemctl", "is-system-running", "--wait"])
    while attempt(command).stdout.strip() not in {"running", "degraded"}:
        if process.poll() is not None:
            raise LabError(f"QEMU ended with status {process.returncode}", f"See {console.parent}")
        if time.monotonic() > deadline:
            text = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
            raise LabError(f"the machine did not start within {BOOT_S} s: {tail(text)}", f"See {console}")
        time.sleep(0.2)


def freeze(path: Path, log: Path) -> None:
    """Boot the machine in *path* for good, and save its memory beside its disk once it is up."""
    port = free_port()
    with (
        log.open("a", encoding="utf-8") as errors,
        subprocess.Popen(
            [*arguments(port, log.with_suffix(".console"), throwaway=False), "-qmp", "stdio"],
            cwd=path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            monitor = Monitor(process)
            wait(path, port, process, log.with_suffix(".console"))
            # What every run needs first is in the frozen page cache then.
            attempt(ssh(path, port, ["python3 -c 'import apt, json, zipfile'; systemctl list-units >/dev/null; sync"]))
            monitor.save("cat > memory", SAVE_S)
        finally:
            process.kill()
