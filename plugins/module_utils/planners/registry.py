# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one list of what is managed on a host. Modules apply parts of it; the audit looks at all of it."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..host import liveness
from ..host.accounts import Accounts
from ..host.command import Commands
from ..host.facts import gather
from ..host.files import Files
from ..host.systemd import Systemd
from ..model.artifact import BINARY
from ..model.facts import Facts
from ..model.instance import Instance, Specification
from ..model.layout import RELEASES
from ..model.sandbox import EMPTY_ROOT
from ..render.environment import HEADER, environment_file
from ..render.options import effective_options
from ..render.unit import (
    LIVENESS,
    MARK,
    SETTINGS,
    SLICE,
    UNITS,
    credentials_path,
    generation_of,
    settings_path,
    slice_unit,
    unit_files,
)
from .account import AccountPlanner
from .base import Planner
from .file import DirectoryPlanner, FilePlanner, HollowPlanner, HuskPlanner
from .release import Links
from .service import ServicePlanner, StoppedPlanner

_SETTINGS = re.compile(r"^([a-z][a-z0-9-]*)\.env$")
_SERVICE = re.compile(r"^librespot-([a-z][a-z0-9-]*)(?<!-watchdog)\.service$")


@dataclass
class Host:
    """The edges to one host, and its facts."""

    commands: Commands = field(default_factory=Commands)
    files: Files = field(default_factory=Files)

    def __post_init__(self) -> None:
        self.systemd = Systemd(self.commands)
        self.accounts = Accounts(self.commands)
        self.facts: Facts = gather(self.commands, self.files)

    def active_release(self) -> str:
        """Return the id of the release that ``current`` points to; empty when there is none."""
        return Links(self.files).current


def ours(host: Host) -> Specification:
    """Return a specification that removes every instance of ours on the host, declared or not.

    Units, environment files and users tell of it: what a removal that was killed has left belongs to one as well.
    """
    found = {name: f"user librespot-{name}" for name in host.accounts.ours()}
    for place, pattern, mark in ((SETTINGS, _SETTINGS, HEADER), (UNITS, _SERVICE, MARK)):
        for name in host.files.names(place):
            match = pattern.match(name)
            entry = host.files.read(f"{place}/{name}") if match else None
            if match and entry and entry.content.startswith(mark.encode()):
                found[match.group(1)] = f"{place}/{name}"
    return Specification("0.0.0", tuple(Instance(name, found[name], present=False) for name in sorted(found)))


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
            DirectoryPlanner(files, os.path.dirname(LIVENESS)),
            DirectoryPlanner(files, os.path.dirname(EMPTY_ROOT)),
            DirectoryPlanner(files, EMPTY_ROOT),
            HollowPlanner(files, EMPTY_ROOT),
            FilePlanner(files, LIVENESS, inspect.getsource(liveness)),
            FilePlanner(files, f"{UNITS}/{SLICE}", slice_unit()),
        ]
    # Those that go come first: another may have asked for their port.
    for item in sorted(spec.instances, key=lambda item: item.present):
        planners += _present(host, item, release) if item.present else _absent(host, item)
    if _nothing_remains(host, spec):
        planners += [
            StoppedPlanner(host.systemd, SLICE),
            FilePlanner(files, f"{UNITS}/{SLICE}", None),
            DirectoryPlanner(files, os.path.dirname(LIVENESS), None),
            DirectoryPlanner(files, os.path.dirname(EMPTY_ROOT), None),
            *(
                HuskPlanner(files, place, [f"{place}/{item.name}" for item in spec.instances])
                for place in ("/var/lib/librespot", "/var/cache/librespot")
            ),
        ]
    return planners


def _overrides(host: Host, item: Instance) -> list[Planner]:
    """Drop-ins for our units, by hand or by ``systemctl set-property``, weaken them unseen: there shall be none."""
    return [
        DirectoryPlanner(host.files, f"{place}/{unit}.d", None, item.name)
        for place in (UNITS, f"{UNITS}.control", "/run/systemd/system", "/run/systemd/system.control")
        for unit in (item.unit, f"librespot-{item.name}-watchdog.service", f"librespot-{item.name}-watchdog.timer")
    ]


def _present(host: Host, item: Instance, release: str) -> list[Planner]:
    units = unit_files(item, host.facts, settings_text(item))
    generation = generation_of(units[f"{UNITS}/{item.unit}"])
    binary = f"{RELEASES}/{release}/{BINARY}"
    return [
        AccountPlanner(host.accounts, item),
        *(FilePlanner(host.files, path, text, scope=item.name) for path, text in units.items()),
        *_overrides(host, item),
        ServicePlanner(host.systemd, host.files, item, host.facts, generation, binary),
    ]


def _absent(host: Host, item: Instance) -> list[Planner]:
    files = host.files
    return [
        ServicePlanner(host.systemd, files, item, host.facts, "", ""),
        *(FilePlanner(files, path, None, scope=item.name) for path in unit_files(item, host.facts, "")),
        *_overrides(host, item),
        # In the empty root systemd has made mount points for them.
        *(
            DirectoryPlanner(files, f"{root}/var/{kind}/librespot/{item.name}", None, item.name)
            for root in ("", EMPTY_ROOT)
            for kind in ("lib", "cache")
        ),
        AccountPlanner(host.accounts, item),
    ]
