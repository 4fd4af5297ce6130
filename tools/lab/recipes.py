# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each image is made of. An image's key is made from its recipe, so that a changed recipe is a new image."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from tools.lab.cache import key

PREFIX = "hardened-librespot"
BUILD_CERTIFICATES = "/run/lab-certificates.crt"
"""Where a build finds the certificates that this machine trusts; never in the image's environment, which stays."""

_APT = """\
set -eu
export DEBIAN_FRONTEND=noninteractive
rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-*
cat > /etc/apt/apt.conf.d/90lab <<'END'
Acquire::GzipIndexes "true";
Acquire::Languages "none";
END
apt-get update
apt-get install --yes --no-install-recommends {packages}
apt-get clean
"""

# What the distribution does by the clock (at midnight, among others) would hold the lock of the package manager, or
# write files, in the middle of a test.
UPKEEP = (
    "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service"
)

# A host has nftables and its package lists, as an installed Debian does. Masked is also what a container needs not.
_HOST = f"""\
systemctl mask {UPKEEP} systemd-modules-load.service systemd-udevd.service \
  systemd-udev-trigger.service console-getty.service getty.target
: > /etc/machine-id
"""

# An engine within a container makes control groups and settings of the network: Docker has mounted both read-only where
# the machine has version 1 of control groups, and always, respectively.
_ENGINE_UNIT = """\
cat > /etc/systemd/system/lab-engine.service <<'END'
[Unit]
DefaultDependencies=no
Before={before}
[Service]
Type=oneshot
ExecStart=/bin/sh -ec 'for p in /proc/sys /sys/fs/cgroup/*; do ! mountpoint -q $p || mount -o remount,rw,bind $p; done'
[Install]
WantedBy={wanted_by}
END
systemctl enable lab-engine.service
"""
_ENGINE = _ENGINE_UNIT.format(before="docker.service containerd.service", wanted_by="docker.service")

# Podman finds that it cannot put an overlay on the overlay that the host's root is, but not what else it could do.
_PODMAN = (
    _ENGINE_UNIT.format(before="basic.target", wanted_by="basic.target")
    + """\
cat > /etc/containers/storage.conf <<'END'
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
END
"""
)

# cargo-web is Debian 12's current toolchain: its own cargo cannot build what librespot is written in.
_BUILDER = """\
rm -rf /var/lib/apt/lists/*
"""


@dataclass(frozen=True)
class Recipe:
    """An image: Debian's *codename*, the *packages* installed in it, then the shell *script* run, its *command*."""

    name: str
    codename: str
    packages: tuple[str, ...]
    script: str
    command: tuple[str, ...]

    @property
    def key(self) -> str:
        """Digest of everything that the image is made from."""
        return key(astuple(self), _APT)

    @property
    def reference(self) -> str:
        """Name and tag in Docker."""
        return f"{PREFIX}/{self.name}:{self.key}"

    @property
    def setup(self) -> str:
        """Shell script that makes the image out of a bare Debian."""
        return _APT.format(packages=" ".join(self.packages)) + self.script


def _host(name: str, codename: str) -> Recipe:
    # python3-apt is part of a standard Debian; without it Ansible's apt module cannot check.
    packages = (
        "systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "ca-certificates", "iproute2", "nftables",
        "procps",
    )  # fmt: skip
    return Recipe(name, codename, packages, _HOST, ("/lib/systemd/systemd",))


HOSTS = (_host("debian12", "bookworm"), _host("debian13", "trixie"))


def _engine_host(host: Recipe, *packages: str) -> Recipe:
    """Return a host that has an engine, and an avahi that announces what is in its containers."""
    more = ("docker.io", "iptables", "python3-docker", "avahi-daemon", *packages)
    return Recipe(f"{host.name}-docker", host.codename, (*host.packages, *more), host.script + _ENGINE, host.command)


ENGINES = (_engine_host(HOSTS[0]), _engine_host(HOSTS[1], "docker-cli"))
PODMAN = Recipe(
    f"{HOSTS[1].name}-podman",
    HOSTS[1].codename,
    (*HOSTS[1].packages, "podman", "avahi-daemon"),
    HOSTS[1].script + _PODMAN,
    HOSTS[1].command,
)
EXPORTERS = tuple(
    Recipe(
        f"{host.name}-exporter", host.codename, (*host.packages, "prometheus-node-exporter"), host.script, host.command
    )
    for host in HOSTS
)
"""Hosts that a Prometheus asks."""

# The whole chain from a metric to a message, in the versions that the distribution has.
MONITORING = tuple(
    Recipe(
        f"{host.name}-monitoring",
        host.codename,
        (*host.packages, "prometheus", "prometheus-alertmanager", "prometheus-node-exporter"),
        host.script,
        host.command,
    )
    for host in HOSTS
)
"""Hosts that ask, decide and tell: with promtool and amtool."""

BUILDER = Recipe(
    "builder",
    "bookworm",
    ("rustc-web", "cargo-web", "gcc", "pkg-config", "libasound2-dev", "python3", "binutils", "ca-certificates"),
    _BUILDER,
    ("sleep", "infinity"),
)
BROWSER = Recipe(
    "browser",
    "trixie",
    ("chromium", "fonts-dejavu-core", "fonts-liberation"),
    "rm -rf /var/lib/apt/lists/*\n",
    ("sleep", "infinity"),
)
"""A real Chromium, in which pages that are made for people are looked at."""

ALL = {recipe.name: recipe for recipe in (*HOSTS, *ENGINES, PODMAN, *EXPORTERS, *MONITORING, BUILDER, BROWSER)}
