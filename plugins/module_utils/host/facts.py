# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the facts of this host."""

from __future__ import annotations

import os
import re
import sys

from ..model.facts import Facts
from .apparmor import enforced
from .command import Commands, machine
from .files import Files
from .nftables import NFT

_CGROUPS = "/sys/fs/cgroup"


def _os_release(files: Files) -> dict[str, str]:
    # /etc/os-release is a link to this file on every supported distribution, and links are not followed.
    entry = files.read("/usr/lib/os-release")
    lines = entry.content.decode("utf-8", "replace").splitlines() if entry else []
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key: value.strip("\"'") for key, _equals, value in pairs}


def _glibc() -> str:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2]
    except (ValueError, OSError):
        return ""


def nft_version(commands: Commands, files: Files) -> tuple[int, ...]:
    """Return the version of nft; empty where there is none. It is no part of `gather`: few ask, and it is a command."""
    if files.read(NFT, content=False) is None:
        return ()
    # nftables v1.0.6 (Lester Gooch #5)
    match = re.match(r"nftables v(\d+(?:\.\d+)*)", commands.run([NFT, "--version"]).stdout)
    return tuple(map(int, match.group(1).split("."))) if match else ()


def gather(commands: Commands, files: Files) -> Facts:
    """Return this host's facts, without the version of nft. Runs one command."""
    release = _os_release(files)
    running = os.path.isdir("/run/systemd/system")
    version, features = 0, ""
    if running:
        first, _newline, features = commands.run(["systemctl", "--version"]).stdout.partition("\n")
        version = int(first.split()[1])
    unified = os.path.exists(f"{_CGROUPS}/cgroup.controllers")
    controllers = ""
    if unified:
        with open(f"{_CGROUPS}/cgroup.controllers", encoding="ascii") as handle:
            controllers = handle.read()
    return Facts(
        architecture=machine(),
        distribution=release.get("ID", "unknown"),
        release=release.get("VERSION_ID", "unknown"),
        python=(sys.version_info[0], sys.version_info[1]),
        glibc=_glibc(),
        running_systemd=running,
        systemd=version,
        bpf_framework="+BPF_FRAMEWORK" in features.split(),
        unified_cgroups=unified,
        controllers=tuple(controllers.split()),
        ipv6=os.path.exists("/proc/net/if_inet6"),
        processors=os.cpu_count() or 1,
        root=os.geteuid() == 0,
        udev=os.path.exists("/run/udev/control"),
        apparmor=enforced(),
    )
