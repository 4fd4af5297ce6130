# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs the instances of a host in containers: users, logins, networks, containers."""

from __future__ import annotations

import grp
import inspect
import ipaddress
import json
import os
import pwd
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from ..host import keeper
from ..host.engine import Engine
from ..host.engines import AnyEngine
from ..host.liveness import addresses
from ..host.nftables import Nftables
from ..model.bind import ADDRESS, LOOPBACK
from ..model.container import BEFORE, INSTANCE_LABEL, TRIAL, Place, container_name, holder_name, slice_name
from ..model.errors import HostError
from ..model.instance import CONTAINER, Instance, Specification, bridge_of, is_name
from ..model.layout import ROOT
from ..model.limits import Limits
from ..model.networks import V4, V6
from ..render.container import waiting
from ..render.firewall import TABLE, identifier
from ..render.segment import LEASE
from ..render.unit import SETTINGS, UNITS, credentials_path, dhcp_unit
from ..render.watchdog import PROGRAM, SERVICE, TIMER, watchdog_units
from .account import AccountPlanner
from .apparmor import parser_planners, profile_planners
from .base import Planner
from .container import ContainerPlanner, NetworkPlanner, NoContainerPlanner
from .drop_ins import no_drop_ins
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .guests import GuestsPlanner
from .holder import HolderPlanner, network_of
from .image import manifest_path
from .profiles import OutlivedProfilesPlanner
from .registry import Host, ours, remnants, runs
from .segment import no_segment_planners
from .segments import segment_of, shared_planners
from .slices import EmptySlicePlanner, no_slice_planners, shared_slice, slice_planners
from .strays import strays
from .unit import LoadedPlanner, UnitPlanner

_IPV6 = "/proc/sys/net/ipv6"
_NOBODY_YET = (-1, -1)
"""The numbers of a user that only a real run makes."""


def container_planners(host: Host, engine: Engine, spec: Specification, image: str = "") -> list[Planner]:
    """Return what runs the instances of *spec* with the *image*; those of ours that it does not mention are removed.

    Without an image, each with the one that it has, if that is one of ours.
    """
    declared = {item.name for item in spec.present}
    gone = [
        Instance(name, f"container {name}", present=False, deployment=CONTAINER)
        for name in sorted(running(engine) | remnants(host) | {item.name for item in spec.instances})
        if name not in declared
    ]
    found = strays(engine, [*gone, *spec.present])
    # A stray may have the port of one that comes, and be on a network that goes.
    planners: list[Planner] = no_strays(engine, found)
    planners += [planner for item in gone for planner in _absent(host, engine, item)]
    served = any(runs(host, item.name) for item in ours(host).instances)
    outlived = OutlivedProfilesPlanner(host.files, [item.name for item in gone], not spec.present and not served)
    planners.append(outlived)
    if not spec.present and not served:
        ended = [slice_name(kind(item.name)) for item in gone for kind in (container_name, holder_name)]
        planners.append(EmptySlicePlanner(host.systemd, host.files, ended))
    names = [item.name for item in spec.present]
    for number, item in enumerate(spec.present):
        place = partial(place_of, host, engine, item, image)
        kept = ContainerPlanner(engine, host.files, item, place, names[:number], names[number + 1 :])
        planners += [AccountPlanner(host.accounts, item), *login_planners(host, item, spec)]
        planners += profile_planners(host.commands, host.files, host.facts, item)
        planners += _slice(host, engine, item.name, container_name(item.name), item.limits)
        if item.segment:
            planners += _slice(host, engine, item.name, holder_name(item.name), waiting(item).limits)
            held = partial(place_of, host, engine, item, image, holder_name(item.name))
            planners += [
                HolderPlanner(engine, item, held),
                *segment_of(host, spec, item, item.segment, partial(network_of, engine, item)),
                kept,
                NetworkPlanner(engine, item),
            ]
        elif item.on_host:
            planners += [kept, NetworkPlanner(engine, item), *_no_segment(host, engine, item)]
        else:
            planners += [NetworkPlanner(engine, item), kept, *_no_segment(host, engine, item)]
    if not spec.present:
        logins = [credentials_path(item.name) for item in gone]
        planners.append(HuskPlanner(host.files, os.path.dirname(credentials_path("any")), logins))
    return [
        *guests_planners(engine, [*gone, *spec.present], found),
        *(_shared(host, engine, spec) if spec.present else []),
        *planners,
        *([] if _leased(host, spec, gone) else [FilePlanner(host.files, LEASE, None)]),
        *([] if spec.present else watchdog_planners(host, present=False)),
    ]


def _shared(host: Host, engine: Engine, spec: Specification) -> list[Planner]:
    """Return what the containers of *spec* need of the host. It comes first, whatever becomes of one of them."""
    return [
        *_keeper(host),
        *watchdog_planners(host, present=True),
        *(settings_directories(host) if any(item.credentials for item in spec.present) else []),
        *parser_planners(host.commands, host.facts),
        *(shared_slice(host) if engine.slices else []),
        *shared_planners(host, spec),
    ]


def settings_directories(host: Host) -> list[Planner]:
    """Return the directories in which stored logins are."""
    return [DirectoryPlanner(host.files, path, 0o700) for path in (SETTINGS, f"{SETTINGS}/credentials")]


def _slice(host: Host, engine: Engine, scope: str, name: str, limits: Limits) -> list[Planner]:
    """Return the slice of the container *name*, where the engine puts containers in slices."""
    if engine.slices:
        return slice_planners(host, name, limits, scope)
    return no_slice_planners(host, name, scope)


def _leased(host: Host, spec: Specification, gone: Sequence[Instance]) -> bool:
    """Whether an instance gets its address by DHCP, in a container or as a service, after this run."""
    known = {dhcp_unit(item.name) for item in (*gone, *spec.present)}
    services = any(name.endswith("-dhcp.service") and name not in known for name in host.files.names(UNITS))
    return services or any(item.segment and item.segment.dhcp for item in spec.present)


def without_doors(host: Host, spec: Specification) -> list[str]:
    """Return the instances of *spec* that the table in force does not know: the engine would open them to everyone.

    Of one that is not published, this one lets nothing pass to its trials; in a segment it has a table of its own.
    """
    table = Nftables(host.commands).table(TABLE) or []
    chains = {item["chain"]["name"] for item in table if "chain" in item}
    named = json.dumps([item for item in table if "rule" in item])

    def known(item: Instance) -> bool:
        if item.bridge:
            return f"to_{identifier(item.name)}" in chains
        sealed = f'"{bridge_of(item.name)}"' in named
        return sealed and (not item.on_host or f"out_{identifier(item.name)}" in chains)

    return [item.name for item in spec.present if not known(item)]


def _keeper(host: Host) -> list[Planner]:
    return [
        DirectoryPlanner(host.files, os.path.dirname(PROGRAM), along=ROOT),
        FilePlanner(host.files, PROGRAM, inspect.getsource(keeper)),
    ]


def watchdog_planners(host: Host, present: bool) -> list[Planner]:
    """Return what brings back containers that the engine leaves as they are, or what removes it."""
    units = watchdog_units()
    if present:
        return [
            *(FilePlanner(host.files, path, text) for path, text in units.items()),
            *no_drop_ins(host, units),
            UnitPlanner(host.systemd, host.files, TIMER),
            LoadedPlanner(host.systemd, host.files, SERVICE),
        ]
    return [
        UnitPlanner(host.systemd, host.files, TIMER, present=False),
        *no_drop_ins(host, units),
        *(FilePlanner(host.files, path, None) for path in (*units, PROGRAM)),
    ]


def running(engine: AnyEngine) -> set[str]:
    """Return the instances that have a container of ours. Whoever makes an image can write the label, with anything."""
    return set(filter(is_name, (item["Labels"][INSTANCE_LABEL] for item in engine.containers(INSTANCE_LABEL))))


def no_strays(engine: Engine, found: Mapping[str, str]) -> list[Planner]:
    """Return what removes the strays that were *found*."""
    return [NoContainerPlanner(engine, name, scope) for name, scope in found.items()]


def guests_planners(engine: Engine, items: Sequence[Instance], removed: Collection[str]) -> list[Planner]:
    """Return what refuses to begin while others than those *removed* are on a network of *items* that goes."""
    networks = [(item.name, NetworkPlanner(engine, item)) for item in items]
    return [GuestsPlanner(engine, name, network.goes, removed) for name, network in networks]


def _absent(host: Host, engine: Engine, item: Instance) -> list[Planner]:
    return [
        *container_gone(host, engine, item),
        *profile_planners(host.commands, host.files, host.facts, item),
        FilePlanner(host.files, credentials_path(item.name), None, scope=item.name, secret=True),
        AccountPlanner(host.accounts, item),
    ]


def container_gone(host: Host, engine: Engine, item: Instance) -> list[Planner]:
    """Return what removes the container of *item*, an absent instance, and its network, and leaves its user."""
    name = container_name(item.name)
    return [
        *(NoContainerPlanner(engine, f"{name}{kind}", item.name) for kind in ("", TRIAL, BEFORE)),
        *_no_segment(host, engine, item),
        NetworkPlanner(engine, item),
        *no_slice_planners(host, name, item.name),
    ]


def _no_segment(host: Host, engine: Engine, item: Instance) -> list[Planner]:
    """Return what removes the segment of an instance that has none: first its unit, which would start the holder."""
    return [
        *no_segment_planners(host.systemd, host.files, item),
        NoContainerPlanner(engine, holder_name(item.name), item.name),
        *no_slice_planners(host, holder_name(item.name), item.name),
    ]


def login_planners(host: Host, item: Instance, spec: Specification) -> list[Planner]:
    """Return the stored login of an instance, which its own user reads: the engine passes files on as they are."""
    owner = _ids(item) or (0, 0)
    path, login = credentials_path(item.name), spec.credentials.get(item.name)
    return [FilePlanner(host.files, path, login, 0o400, item.name, secret=True, owner=owner)]


def place_of(host: Host, engine: AnyEngine, item: Instance, image: str = "", holder: str = "") -> Place:
    """Return where the container of *item* runs, by the user that it has now.

    That of its *holder* keeps its image.
    """
    kept = _own_image(host, engine, holder or container_name(item.name)) if holder or not image else ""
    image, user = kept or image or "an image of ours", _ids(item) or _NOBODY_YET
    ipv6, filters, profile = os.path.exists(_IPV6), engine.filters_calls, item.profile if host.facts.apparmor else ""
    within = slice_name(holder or container_name(item.name)) if engine.slices else ""
    published = published_at(item, engine.families)
    return Place(*user, image, published, _groups(item), within, ipv6, filters, profile, engine.resolver)


def _groups(item: Instance) -> tuple[int, ...]:
    """Return the numbers of the groups that the relaxations of *item* need. Raises HostError where there is no such."""
    names = ["audio"] if item.relaxed("alsa") else []
    names += [entry.first("group") for entry in item.relaxations if entry.first("group")]
    try:
        return tuple(sorted({grp.getgrnam(name).gr_gid for name in names}))
    except KeyError as error:
        raise HostError(
            f"{item.name}: a group of its relaxations ({', '.join(names)}) does not exist",
            "Make it on the host first, or name another",
        ) from error


def _own_image(host: Host, engine: AnyEngine, name: str) -> str:
    """Return the image of the container *name* if it is one of ours."""
    there = engine.container(name)
    found = str(there["Image"]) if there else ""
    return found if found and host.files.read(manifest_path(found), content=False) else ""


def _ids(item: Instance) -> tuple[int, int] | None:
    """Return the numbers of the user of *item*; None when it has not been made yet."""
    try:
        entry = pwd.getpwnam(item.user)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def published_at(item: Instance, families: Collection[int] = (V4, V6)) -> tuple[str, ...]:
    """Return the addresses of the host at which *item* is published, or announced, in the *families* of its engine.

    Raises `HostError` when there is none.
    """
    if not item.discovery or item.segment:
        return ()
    found = _bound_to(item)
    served = tuple(text for text in found if ipaddress.ip_address(text).version in families)
    if not served:
        raise HostError(
            f"{item.name} is bound to {', '.join(found)} alone, and its engine passes on nothing of IPv6",
            "Bind it where there is an address of IPv4, or use librespot_container_engine: docker",
        )
    return served


def _bound_to(item: Instance) -> list[str]:
    if item.bind.kind == LOOPBACK:
        return [item.bind.value or "127.0.0.1"]
    only = item.bind.value if item.bind.kind == ADDRESS else ""
    found = addresses(item.interface, only)
    if not found:
        raise HostError(
            f"{item.interface} has no address at which {item.name} could be published",
            "Wait until it has one, or bind the instance to another interface",
        )
    return found
