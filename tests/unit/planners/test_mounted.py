# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each mount of a container is one that its runtime makes for every container, or one that was asked for."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Mount, Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners import mounted

PLACE = Place(997, 996, "sha256:0")
OWN = ("rw", "nosuid", "nodev", "noexec")
READ = ("ro", "nosuid", "nodev", "noexec")
SCRATCH = Mount("/scratch", "tmpfs", OWN, ("rw", "size=65536k"))
DOCKER = (
    Mount("/", "overlay", ("ro",), ("rw",), "/var/lib/docker/vfs/dir/1"),
    Mount("/proc", "proc", OWN, ("rw",)),
    Mount("/dev", "tmpfs", ("rw", "nosuid"), ("rw",)),
    Mount("/dev/pts", "devpts", ("rw",), ("rw",)),
    Mount("/dev/mqueue", "mqueue", OWN, ("rw",)),
    Mount("/sys", "sysfs", READ, ("ro",)),
    Mount("/sys/fs/cgroup", "tmpfs", OWN, ("rw",)),
    Mount("/sys/fs/cgroup/cpu", "cgroup", READ, ("rw",), "/docker/1"),
    Mount("/run/librespot-firewall", "tmpfs", READ, ("rw",), "/librespot-firewall"),
    Mount("/etc/hosts", "overlay", ("ro",), ("rw",), "/var/lib/docker/containers/1/hosts"),
    Mount("/proc/sys", "proc", READ, ("rw",), "/sys"),
    Mount("/proc/acpi", "tmpfs", ("ro",), ("ro",)),
    Mount("/proc/keys", "tmpfs", ("rw", "nosuid"), ("rw",), "/null"),
    SCRATCH,
)
UNIFIED = Mount("/sys/fs/cgroup", "cgroup2", READ, ("rw",))
PODMAN = (
    *(item for item in DOCKER if item.kind != "cgroup" and item.path != "/sys/fs/cgroup"),
    UNIFIED,
    # Of crun since 1.24, and within a container of LXC.
    Mount("/sys/firmware", "tmpfs", ("ro",), ("rw",), "/crun/.empty-directory"),
    Mount("/dev/null", "devtmpfs", ("rw", "nosuid"), ("rw",), "/null"),
    Mount("/run/.containerenv", "tmpfs", READ, ("rw",), "/containers/storage/1/userdata/.containerenv"),
)


def _instance(**written: Any) -> Instance:
    (found,) = parse_specification("0.8.0", [{"name": "kitchen", **written}], {}, None, CONTAINER).present
    return found


def _process(mounts: tuple[Mount, ...]) -> Process:
    # No such process has files: what is hidden and read alone is looked for below /proc.
    return Process(0, "/usr/bin/librespot", {}, {}, {}, "/", {}, (), mounts)


@pytest.mark.parametrize("mounts", [DOCKER, PODMAN], ids=["docker", "podman"])
def test_what_runtimes_mount_is_expected(mounts: tuple[Mount, ...]) -> None:
    assert mounted.wrong_mounts(_process(mounts), _instance(), PLACE) == []


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        (Mount("/run/secrets", "tmpfs", READ, (), "/containers/1/run/secrets"), "/run/secrets (tmpfs) is mounted"),
        (Mount("/etc/ssl", "ext4", ("ro",), (), "/etc/ssl"), "/etc/ssl (ext4) is mounted"),
        (Mount("/dev/docker.sock", "tmpfs", ("ro",), (), "/docker.sock"), "/dev/docker.sock (tmpfs) is mounted"),
        (Mount("/dev/snd", "devtmpfs", ("ro",), (), "/snd"), "/dev/snd (devtmpfs) is mounted"),
        (Mount("/proc/host", "proc", READ, ()), "/proc/host (proc) is mounted"),
        (Mount("/proc/acpi", "proc", READ, (), "/1"), "/proc/acpi (proc) is mounted"),
        (Mount("/sys/firmware", "tmpfs", ("ro",), (), "/secrets"), "/sys/firmware (tmpfs) is mounted"),
        (Mount("/sys/kernel", "sysfs", READ, (), "/kernel"), "/sys/kernel (sysfs) is mounted"),
        (Mount("/proc", "ext4", ("ro",), (), "/"), "/proc (ext4) is mounted"),
        (Mount("/dev", "tmpfs", ("ro",), (), "/dev"), "/dev (tmpfs) is mounted"),
        (Mount("/scratch", "tmpfs", ("rw", "nosuid", "nodev"), ("size=65536k",)), "/scratch is not noexec"),
        (Mount("/scratch", "tmpfs", OWN, ("size=1024k",)), "/scratch has no bound"),
        (Mount("/", "overlay", ("rw",), ()), "the root is writable"),
        (Mount("/etc/hosts", "ext4", ("ro",), (), "/etc/shadow"), "/etc/hosts (ext4) is mounted"),
        (Mount("/dev/null", "devtmpfs", ("rw",), (), "/sda"), "/dev/null (devtmpfs) is mounted"),
        (Mount("/dev/sda", "devtmpfs", ("ro",), (), "/sda"), "/dev/sda (devtmpfs) is mounted"),
        (Mount("/sys/fs/cgroup", "cgroup2", ("rw",), ()), "/sys/fs/cgroup (cgroup2) is mounted"),
    ],
    ids=lambda item: item.path if isinstance(item, Mount) else "",
)
def test_anything_else_is_told(mount: Mount, said: str) -> None:
    others = tuple(item for item in DOCKER if item.path != mount.path)
    assert mounted.wrong_mounts(_process((*others, mount)), _instance(), PLACE) == [said]


def test_what_a_relaxation_names_is_expected() -> None:
    instance = _instance(relaxations={"media": {"paths": ["/srv/books"], "reason": "audiobooks of our own"}})
    mount = Mount("/srv/books", "ext4", ("ro",), (), "/srv/books")
    # The engine takes along what is mounted in it.
    stick = Mount("/srv/books/stick", "vfat", ("ro",), ())
    assert mounted.wrong_mounts(_process((*DOCKER, mount, stick)), instance, PLACE) == []
    assert mounted.wrong_mounts(_process((*DOCKER, mount)), _instance(), PLACE) == ["/srv/books (ext4) is mounted"]


def test_what_shows_the_host_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("proc/kcore", "proc/bus", "proc/acpi"):
        (tmp_path / name).mkdir(parents=True)
    real = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: real(str(path).replace("/proc/0/root", str(tmp_path), 1)))
    assert mounted.wrong_mounts(_process(DOCKER), _instance(), PLACE) == [
        "/proc/kcore is not hidden",
        "/proc/bus is not read-only",
    ]
    hidden = dataclasses.replace(DOCKER[-2], path="/proc/kcore")
    alone = Mount("/proc/bus", "proc", READ, (), "/bus")
    assert mounted.wrong_mounts(_process((*DOCKER, hidden, alone)), _instance(), PLACE) == []
