# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would stop a specification from being applied to this host. Asked before anything is changed."""

from __future__ import annotations

import re
from dataclasses import replace

from ..host.accounts import group_exists
from ..host.cgroup import device_number
from ..host.facts import nft_version
from ..host.proc import owner_of_port, owners_of_port
from ..host.readable import executable
from ..model.bind import refuse_unreachable
from ..model.errors import HostError, LibrespotError, SpecificationError, joined
from ..model.facts import refusals
from ..model.instance import CONTAINER, Instance, Specification
from ..model.network import HostNetwork, placed
from ..render.unit import programs_path
from .containers import published_at
from .moved import PUBLISHERS, hold
from .registry import Host, remnants, runs

# librespot has one thread per processor and about 16 besides.
_THREADS = 16

_PROGRAM = "librespot"
_AVAHI = "/etc/avahi/avahi-daemon.conf"
_ALONE = re.compile(r"(?m)^\s*disallow-other-stacks\s*=\s*yes\s*$")


def usable(host: Host, spec: Specification, foreign: bool = False) -> Specification:
    """Return *spec* as it is on this host, or raise one error with all that stands in the way of it.

    Where units may be *foreign*, a librespot that is not run by ours may hold its port already.
    """
    found: list[LibrespotError] = list(refusals(replace(host.facts, nft=nft_version(host.commands, host.files))))
    found += _unbound(host, spec)
    # In a network of its own it meets nobody.
    if any(item.discovery and item.on_host for item in spec.present):
        found += _responders(host)
    network = host.network() if spec.present else HostNetwork()
    instances = []
    for item in spec.instances:
        if item.present:
            found += (
                _port(host, item, spec, foreign or _bound_alone(host, item))
                + _tasks(item, host.facts.processors)
                + _opened(item)
                + _devices(item)
            )
            try:
                here = placed(item, network)
                # What was not written is known only now.
                refuse_unreachable(here.bind, item.access, spec.zones, item.path)
                instances.append(here)
                found += _published(host, here, spec)
            except SpecificationError as error:
                found.append(error)
        else:
            instances.append(item)
    if found:
        raise joined(found)
    return replace(spec, instances=tuple(instances))


def _unbound(host: Host, spec: Specification) -> list[LibrespotError]:
    """Refuse to go on without what has once tied an instance to its interface: nobody would notice."""
    bound = [item.name for item in spec.present if host.files.read(programs_path(item.name), content=False)]
    if not bound or host.facts.binds:
        return []
    return [
        HostError(
            f"{', '.join(bound)} was bound by the kernel, and now it cannot be: {host.facts.unbound}",
            f"Give the host back what it needs for that; or go on without, by removing {programs_path(bound[0])}",
        )
    ]


def _responders(host: Host) -> list[LibrespotError]:
    """Refuse to fight an avahi that has port 5353 to itself: librespot would stop where it cannot announce itself."""
    entry = host.files.read(_AVAHI)
    if entry is None or not _ALONE.search(entry.content.decode(errors="replace")):
        return []
    if host.systemd.show("avahi-daemon.service", ["ActiveState"]).get("ActiveState") != "active":
        return []
    return [
        HostError(
            f"avahi-daemon keeps every other program from multicast DNS (disallow-other-stacks=yes in {_AVAHI})",
            f"Write disallow-other-stacks=no in {_AVAHI} and restart avahi-daemon; or bind: {{discovery: false}}",
        )
    ]


def _bound_alone(host: Host, item: Instance) -> bool:
    """Whether an instance is bound by us and run by someone else, as the module bind alone makes it."""
    bound = host.files.read(programs_path(item.name), content=False) is not None
    return bound and not runs(host, item.name)


def _port(host: Host, item: Instance, spec: Specification, foreign: bool) -> list[LibrespotError]:
    # In a segment of its own it meets nobody; for one that is published the address matters, which is known later.
    if not item.discovery or not item.on_host:
        return []
    holder = owner_of_port(item.port)
    return _taken(host, item, spec, holder, foreign) if holder else []


def _published(host: Host, item: Instance, spec: Specification) -> list[LibrespotError]:
    """Return who listens where the engine shall publish *item*. What it publishes itself, it tells itself."""
    if not item.discovery or not item.bridge:
        return []
    try:
        addresses = published_at(item)
    except HostError as error:
        return [error]
    holders = [holder for holder in owners_of_port(item.port, addresses) if holder[1] not in PUBLISHERS]
    return [error for holder in holders for error in _taken(host, item, spec, holder)]


def _taken(
    host: Host, item: Instance, spec: Specification, holder: tuple[int, str, str], foreign: bool = False
) -> list[LibrespotError]:
    """Refuse the port of *item* when its *holder* is not one that makes room for it."""
    pid, program, cgroup = holder
    contained = item.deployment == CONTAINER
    # An instance that goes makes room: that is how one gets another name. So do all that run in containers, and the
    # services that they were until now.
    leaving = [other for other in spec.instances if other.name == item.name or other.present == contained]
    if any(cgroup.endswith(f"/{other.unit}") for other in leaving):
        return []
    ours = re.search(r"/librespot-([a-z0-9-]+)\.service$", cgroup)
    if foreign and program == _PROGRAM and not ours:
        return []
    names = {*(other.name for other in spec.instances), *remnants(host)} if contained else {x.name for x in leaving}
    if hold(host, sorted(names), item.port, pid, program):
        return []
    remedy = "Stop that program or give the instance another port"
    if ours:
        remedy = f"It is the instance {ours.group(1)}: give that one another port first, or write state: absent for it"
    return [
        SpecificationError(
            f"{item.path}.port",
            item.port,
            f"is taken on this host by {program} (process {pid})",
            remedy,
        )
    ]


def _tasks(item: Instance, processors: int) -> list[LibrespotError]:
    if item.limits.tasks >= processors + _THREADS:
        return []
    return [
        SpecificationError(
            f"{item.path}.limits.tasks",
            item.limits.tasks,
            f"is too few for this host's {processors} processors",
            f"Write at least {processors + _THREADS}",
        )
    ]


def _devices(item: Instance) -> list[LibrespotError]:
    """Return the block devices that the engine would not find."""
    if item.deployment != CONTAINER:
        return []
    return [
        SpecificationError(
            f"{item.path}.limits.io[{index}].device",
            limit.device,
            "is not a block device of this host",
            "Write one of those that lsblk shows, as /dev/sda",
        )
        for index, limit in enumerate(item.limits.io)
        if not device_number(limit.device)
    ]


def _opened(item: Instance) -> list[LibrespotError]:
    """Return what relaxations name and the host has not: systemd would not start the instance without it."""
    found: list[LibrespotError] = []
    for relaxation in item.relaxations:
        where = f"{item.path}.relaxations.{relaxation.name}"
        group = relaxation.first("group")
        if group and not group_exists(group):
            found.append(
                SpecificationError(
                    f"{where}.group", group, "is not a group of this host", "Make it first, or name the right one"
                )
            )
        for index, program in enumerate(relaxation.values.get("programs", ())):
            if not executable(program):
                found.append(
                    SpecificationError(
                        f"{where}.programs[{index}]",
                        program,
                        "is not a program of this host",
                        "Install it first, with the right to be executed",
                    )
                )
    return found
