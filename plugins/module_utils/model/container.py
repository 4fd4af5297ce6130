# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance's container is told by the host that it runs on."""

from __future__ import annotations

from dataclasses import dataclass

DOCKER = "docker"
PODMAN = "podman"
ENGINES = (DOCKER, PODMAN)
"""What can run a container; the specification is the same."""

INSTANCE_LABEL = "hardened.librespot.instance"
"""By which a container or a network is known to be ours. Its value is the instance's name."""

TRIAL = "-trial"
BEFORE = "-before"
"""What is behind the name of a container that is tried, and of one that its successor has not yet replaced."""

_HOLDER = "-segment"

_DASH = r"\x2d"
"""A dash in a name of systemd's that leads nowhere (systemd.unit(5))."""


def container_name(name: str) -> str:
    """Return the name of the container, and of the network, of the instance *name*."""
    return f"librespot-{name}"


def holder_name(name: str) -> str:
    """Return the name of the container that keeps the network of the segment of the instance *name*."""
    return f"{container_name(name)}{_HOLDER}"


def slice_name(name: str) -> str:
    """Return the slice of the container *name*, below that of all instances: a dash leads to a slice below another."""
    first, _dash, rest = name.partition("-")
    return f"{first}-{rest.replace('-', _DASH)}.slice"


@dataclass(frozen=True)
class Place:
    """Where a container runs: as *uid* and *gid*, with the groups *groups*, published at *addresses* of the host.

    *slice* is the unit of systemd in which the engine puts it, empty where the engine has no say in that, and *ipv6*
    is whether the host's kernel knows IPv6.
    *filters_calls* is whether the kernel can filter system calls; an engine refuses a filter where it cannot.
    *profile* is its AppArmor profile, empty where the kernel enforces none.
    *resolver* is the name server that the engine is itself on networks of its own, empty where it names the host's.
    """

    uid: int
    gid: int
    image: str
    addresses: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    slice: str = ""
    ipv6: bool = True
    filters_calls: bool = True
    profile: str = ""
    resolver: str = ""
