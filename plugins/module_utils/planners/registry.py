# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one list of what is managed on a host. Modules apply parts of it; the audit looks at all of it."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial

from ..host import bpf, liveness
from ..host.accounts import Accounts
from ..host.command import Commands
from ..host.facts import gather
from ..host.files import Files
from ..host.namespaces import inside
from ..host.network import network, routers
from ..host.sockets import BoundSocket, receiving
from ..host.systemd import Systemd
from ..host.systemd_snapshot import SystemdSnapshot
from ..model.artifact import BINARY
from ..model.bind import LOOPBACK, Bind
from ..model.facts import Facts
from ..model.instance import Instance, Specification
from ..model.layout import RELEASES
from ..model.network import LOOPBACK_INTERFACE, HostNetwork
from ..model.networks import V4, V6
from ..model.sandbox import EMPTY_ROOT
from ..render.apparmor import PROFILES
from ..render.bind_program import programs, programs_file
from ..render.environment import HEADER, environment_file
from ..render.firewall_units import LOADER, TABLE_FILE
from ..render.options import effective_options
from ..render.segment import LEASE
from ..render.unit import (
    BIND_LOADER,
    LIVENESS,
    MARK,
    SETTINGS,
    SLICE,
    UNITS,
    announced_path,
    bind_unit,
    credentials_path,
    dhcp_unit,
    generation_of,
    pin_path,
    programs_path,
    segment_unit,
    settings_path,
    slice_unit,
    unit_files,
)
from .account import AccountPlanner
from .active import Links
from .apparmor import parser_planners, profile_planners
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, HollowPlanner, HuskPlanner, OnlyPlanner
from .pins import NoPinsPlanner, PinsPlanner
from .profiles import OutlivedProfilesPlanner
from .segment import no_segment_planners
from .service import ForgottenPlanner, ServicePlanner, StoppedPlanner

_SETTINGS = re.compile(r"^([a-z][a-z0-9-]*)\.env$")
_PROFILE = re.compile(r"librespot-([a-z][a-z0-9-]*)")
_BIND = re.compile(r"^librespot-([a-z][a-z0-9-]*)-bind\.service$")
_LOGIN = re.compile(r"^([a-z][a-z0-9-]*)\.json$")
_SERVICE = re.compile(
    r"^librespot-(?!firewall)([a-z][a-z0-9-]*)(?<!-watchdog)(?<!-bind)(?<!-segment)(?<!-dhcp)\.service$"
)

PLACES = (
    UNITS,
    f"{UNITS}.control",
    "/run/systemd/system",
    "/run/systemd/system.control",
    "/usr/local/lib/systemd/system",
)
"""Where units, and what is added to them, can lie besides those of packages."""


@dataclass
class Host:
    """The edges to one host, and its facts."""

    commands: Commands = field(default_factory=Commands)
    files: Files = field(default_factory=Files)

    def __post_init__(self) -> None:
        self.systemd: Systemd = Systemd(self.commands)
        self.accounts = Accounts(self.commands)
        facts = gather(self.commands, self.files)
        self.facts: Facts = replace(facts, unbound=_unbound(facts))

    def at_one_moment(self) -> Host:
        """Return the same host for one look that changes nothing: what can be asked for at once is."""
        found = copy(self)
        found.systemd = SystemdSnapshot(self.commands)
        return found

    def network(self) -> HostNetwork:
        """Return the interfaces and addresses that the host has now."""
        return network(self.commands)

    def routers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the routers of all default routes, and the interfaces of those that have none."""
        return routers(self.commands)

    def active_release(self) -> str:
        """Return the id of the release that ``current`` points to; empty when there is none."""
        return Links(self.files).current


def _unbound(facts: Facts) -> str:
    """Return why the kernel does not bind instances on a host with *facts*; empty when it does."""
    if not facts.unified_cgroups:
        return "programs at bind() need cgroup v2"
    return bpf.supported(programs(Bind(LOOPBACK), LOOPBACK_INTERFACE, 1)[V4])


def ours(host: Host) -> Specification:
    """Return a specification that removes every instance of ours on the host, declared or not.

    Units, environment files, logins and users tell of it: what a removal that was killed has left belongs to one too.
    """
    found = {name: f"user librespot-{name}" for name in host.accounts.ours()}
    # The directory is ours, so whatever login is in it was put there for an instance.
    logins = f"{SETTINGS}/credentials"
    for login in filter(None, map(_LOGIN.match, host.files.names(logins))):
        found[login.group(1)] = f"{logins}/{login.group()}"
    for place, pattern, mark in ((SETTINGS, _SETTINGS, HEADER), (UNITS, _SERVICE, MARK)):
        for name in host.files.names(place):
            match = pattern.match(name)
            entry = host.files.read(f"{place}/{name}") if match else None
            if match and entry and entry.content.startswith(mark.encode()):
                found[match.group(1)] = f"{place}/{name}"
    return Specification("0.0.0", tuple(Instance(name, found[name], present=False) for name in sorted(found)))


def runs(host: Host, name: str) -> bool:
    """Whether there is a unit of ours that runs the instance *name*; one of that name may be its user's own."""
    return marked(host, f"{UNITS}/librespot-{name}.service")


def remnants(host: Host) -> set[str]:
    """Return the instances of which anything of ours is left and that no unit of ours runs.

    They are those in containers, and what a removal that was killed has left: users, logins, profiles.
    """
    found = filter(None, map(_PROFILE.fullmatch, host.files.names(PROFILES)))
    named = {match.group(1) for match in found if marked(host, f"{PROFILES}/{match.group()}")}
    return {name for name in named | {item.name for item in ours(host).instances} if not runs(host, name)}


def binds(host: Host) -> list[str]:
    """Return the instances that have a unit of ours that binds them."""
    named = [match.group(1) for match in map(_BIND.match, host.files.names(UNITS)) if match]
    return [name for name in named if marked(host, f"{UNITS}/{bind_unit(name)}")]


def marked(host: Host, path: str) -> bool:
    """Whether the file at *path* is ours."""
    entry = host.files.read(path)
    return bool(entry and entry.content.startswith(MARK.encode()))


def undeclared(host: Host, spec: Specification) -> list[str]:
    """Return the names of instances of ours on the host that *spec* does not mention."""
    declared = {item.name for item in spec.instances}
    return [item.name for item in ours(host).instances if item.name not in declared]


def _nothing_remains(host: Host, spec: Specification) -> bool:
    return not spec.present and not undeclared(host, spec)


def settings_text(instance: Instance) -> str:
    """Return the text of the environment file of *instance*."""
    return environment_file(effective_options(instance))


def settings_planners(host: Host, spec: Specification) -> list[Planner]:
    """Environment files and stored credentials."""
    files = host.files
    if _nothing_remains(host, spec):
        return _no_settings(files, [item.name for item in spec.instances])
    planners: list[Planner] = [
        DirectoryPlanner(files, SETTINGS, 0o700),
        DirectoryPlanner(files, f"{SETTINGS}/credentials", 0o700),
    ]
    for item in spec.instances:
        text = settings_text(item) if item.present else None
        login = spec.credentials.get(item.name) if item.present else None
        planners += [
            FilePlanner(files, settings_path(item.name), text, 0o600, item.name),
            FilePlanner(files, credentials_path(item.name), login, 0o400, item.name, secret=True),
        ]
    return planners


def _no_settings(files: Files, names: Sequence[str]) -> list[Planner]:
    # The environment file goes last: by it a run that comes after one that was killed knows whose login is left.
    logins, settings = list(map(credentials_path, names)), list(map(settings_path, names))
    return [
        *(FilePlanner(files, path, None, secret=True) for path in logins),
        *(FilePlanner(files, path, None) for path in settings),
        HuskPlanner(files, f"{SETTINGS}/credentials", logins),
        HuskPlanner(files, SETTINGS, [*logins, *settings], [f"{SETTINGS}/credentials"]),
    ]


def unit_planners(host: Host, spec: Specification, release: str) -> list[Planner]:
    """Users, units and the running services. *release* is the id of the release that they shall run."""
    files = host.files
    planners: list[Planner] = []
    if spec.present:
        planners += [
            *(DirectoryPlanner(files, f"{place}/{SLICE}.d", None) for place in PLACES),
            DirectoryPlanner(files, os.path.dirname(LIVENESS)),
            DirectoryPlanner(files, os.path.dirname(EMPTY_ROOT)),
            DirectoryPlanner(files, EMPTY_ROOT),
            HollowPlanner(files, EMPTY_ROOT),
            FilePlanner(files, LIVENESS, inspect.getsource(liveness)),
            FilePlanner(files, BIND_LOADER, inspect.getsource(bpf)),
            FilePlanner(files, f"{UNITS}/{SLICE}", slice_unit()),
            *parser_planners(host.commands, host.facts),
        ]
    # Those that go come first: another may have asked for their port.
    for item in sorted(spec.instances, key=lambda item: item.present):
        planners += _present(host, item, release) if item.present else _absent(host, item)
    gone = [item.name for item in spec.instances if not item.present]
    planners.append(OutlivedProfilesPlanner(files, gone, every=_nothing_remains(host, spec)))
    if _nothing_remains(host, spec):
        planners += [
            StoppedPlanner(host.systemd, SLICE),
            FilePlanner(files, f"{UNITS}/{SLICE}", None),
            *_no_programs(host, spec),
            DirectoryPlanner(files, os.path.dirname(EMPTY_ROOT), None),
            *(
                HuskPlanner(files, place, [f"{place}/{item.name}" for item in spec.instances])
                for place in ("/var/lib/librespot", "/var/cache/librespot")
            ),
            HuskPlanner(
                files, os.path.dirname(announced_path("any")), [announced_path(x.name) for x in spec.instances]
            ),
        ]
    return planners


def _no_programs(host: Host, spec: Specification) -> list[Planner]:
    """Return what removes the programs of units; the firewall, binds of foreign units and containers keep theirs."""
    files, gone = host.files, [LIVENESS, LEASE]
    if not set(binds(host)) - {item.name for item in spec.instances}:
        gone.append(BIND_LOADER)
    if files.read(TABLE_FILE, content=False) is None:
        gone.append(LOADER)
    return [*(FilePlanner(files, path, None) for path in gone), HuskPlanner(files, os.path.dirname(LIVENESS), gone)]


def _overrides(host: Host, item: Instance) -> list[Planner]:
    """Drop-ins for our units, by hand or by ``systemctl set-property``, weaken them unseen: there shall be none.

    Nor shall anything else be started with them.
    """
    watchdog = f"librespot-{item.name}-watchdog"
    segment = (segment_unit(item.name), dhcp_unit(item.name))
    units = (item.unit, bind_unit(item.name), *segment, f"{watchdog}.service", f"{watchdog}.timer")
    kinds = ("d", "requires", "upholds")
    gone = [f"{place}/{unit}.{kind}" for place in PLACES for unit in units for kind in kinds]
    along = {item.unit: [f"{watchdog}.timer"]}
    if item.segment and item.segment.dhcp:
        along[segment_unit(item.name)] = [dhcp_unit(item.name)]
    gone += [f"{place}/{unit}.wants" for place in PLACES for unit in units if unit not in along]
    return [
        *(DirectoryPlanner(host.files, path, None, item.name) for path in gone),
        *(OnlyPlanner(host.files, f"{UNITS}/{unit}.wants", names, item.name) for unit, names in along.items()),
    ]


def _present(host: Host, item: Instance, release: str) -> list[Planner]:
    # Whoever is bound otherwise is another instance, though its unit is the same.
    started_with = settings_text(item) + (programs_file(item) if host.facts.binds else "")
    # Its resolvers are bound into its root.
    started_with += repr(item.segment) if item.segment else ""
    units = unit_files(item, host.facts, started_with)
    generation = generation_of(units[f"{UNITS}/{item.unit}"])
    binary, files = f"{RELEASES}/{release}/{BINARY}", host.files
    return [
        AccountPlanner(host.accounts, item),
        *profile_planners(host.commands, files, host.facts, item),
        *(FilePlanner(files, path, text, scope=item.name) for path, text in units.items()),
        *_overrides(host, item),
        *bind_planners(host, item),
        ServicePlanner(host.systemd, files, item, host.facts, generation, binary, partial(_receiving, host, item)),
        *([] if item.segment else no_segment_planners(host.systemd, files, item)),
    ]


def _receiving(host: Host, item: Instance) -> list[BoundSocket]:
    with inside(item.namespace):
        return receiving(host.commands)


def bind_planners(host: Host, item: Instance) -> list[Planner]:
    """Return what ties a present instance to its interface: the file of its programs, and the pins made of it."""
    path = programs_path(item.name)
    if not host.facts.binds:
        return []
    return [
        FilePlanner(host.files, path, programs_file(item), 0o600, item.name),
        PinsPlanner(item.name, json.loads(programs_file(item)), path),
    ]


def _absent(host: Host, item: Instance) -> list[Planner]:
    return [
        *service_gone(host, item),
        *profile_planners(host.commands, host.files, host.facts, item),
        AccountPlanner(host.accounts, item),
    ]


def service_gone(host: Host, item: Instance) -> list[Planner]:
    """Return what ends the service of *item*, an absent instance, and leaves its user."""
    files = host.files
    units = unit_files(item, host.facts, "")
    return [
        ServicePlanner(host.systemd, files, item, host.facts, "", ""),
        ForgottenPlanner(host.systemd, item.name, [os.path.basename(path) for path in units], item.name),
        NoPinsPlanner(files, item.name, [pin_path(item.name, family) for family in (V4, V6)]),
        FilePlanner(files, programs_path(item.name), None, scope=item.name),
        FilePlanner(files, announced_path(item.name), None, scope=item.name),
        *(FilePlanner(files, path, None, scope=item.name) for path in units),
        *_overrides(host, item),
        # In the empty root systemd has made mount points for them.
        *(
            DirectoryPlanner(files, f"{root}/var/{kind}/librespot/{item.name}", None, item.name)
            for root in ("", EMPTY_ROOT)
            for kind in ("lib", "cache")
        ),
        *no_segment_planners(host.systemd, files, item),
    ]
