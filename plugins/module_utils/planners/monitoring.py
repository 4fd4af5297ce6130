# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that monitors a host, in the order in which it is put there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..host.files import Files
from ..host.proc import environment
from ..host.systemd import Systemd
from ..model.bind import ADDRESS
from ..model.container import PODMAN, container_name, slice_name
from ..model.errors import HostError, SpecificationError
from ..model.instance import CONTAINER, Instance, Specification
from ..model.layout import ROOT
from ..model.monitored import Settings, Target, read_settings, settings_text
from ..model.monitoring_options import TEXTFILES
from ..model.networks import V4, V6
from ..model.plan import Plan, State
from ..render.firewall import grant_set
from ..render.monitor_units import (
    COMMENT,
    DIRECTORY,
    GENERATION,
    GRANTS_LISTING,
    GRANTS_PROGRAM,
    GRANTS_SERVICE,
    GRANTS_TIMER,
    LINK,
    METRICS_FILE,
    PROGRAM,
    SERVICE,
    SETTINGS_FILE,
    USER,
    generation,
    grants_units,
    monitor_unit,
)
from ..render.quadlet import SLICE as QUADLET_SLICE
from ..render.unit import SETTINGS, SLICE, UNITS
from ..render.watchdog import SERVICE as CONTAINERS_WATCHDOG
from .account import UserPlanner
from .base import Planner
from .drop_ins import no_drop_ins
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .link import LinkPlanner
from .package import ProgramPlanner
from .registry import Host
from .service import ForgottenPlanner
from .unit import LoadedPlanner, UnitPlanner

EXPORTER = "prometheus-node-exporter"
_EXPORTER = f"/usr/bin/{EXPORTER}"
PATIENCE = 60.0
"""Seconds that a started monitor has to write its file. A Raspberry Pi Zero takes three to start Python; an emulated
machine whose host was busy with other work has taken more than twenty."""

_LIBEXEC = os.path.dirname(PROGRAM)
_GRANTS_UNITS = [f"{UNITS}/{name}" for name in (GRANTS_SERVICE, GRANTS_TIMER)]


@dataclass(frozen=True)
class Archives:
    """The programs ``programs.monitor`` and ``programs.grants``, which are above this layer."""

    monitor: bytes
    grants: bytes


def target(item: Instance, engine: str, zones: Sequence[str]) -> Target:
    """Return what the monitor shall look at of *item*; *zones* are those with grants."""
    contained, asked = item.deployment == CONTAINER, item.discovery and not item.segment
    by_engine = contained and engine != PODMAN
    unseen = [
        *(["sign_of_life"] if item.discovery and item.segment else []),
        # Only the engine knows how a container of its own has ended, and who may ask it is as good as root.
        *(["result"] if by_engine else []),
        # Those in a segment are in the table of that network.
        *(["grants"] if item.segment and set(item.access) & set(zones) else []),
    ]
    return Target(
        item.name,
        item.deployment,
        _group(item, contained, by_engine),
        item.user,
        "" if by_engine else item.unit,
        CONTAINERS_WATCHDOG if by_engine else f"librespot-{item.name}-watchdog.service",
        item.port if asked else None,
        item.interface if asked else "",
        item.bind.value if asked and item.bind.kind == ADDRESS else "",
        tuple(unseen),
    )


def _group(item: Instance, contained: bool, by_engine: bool) -> str:
    """Return the control group of *item*, below that of all."""
    if by_engine:
        return f"{SLICE}/{slice_name(container_name(item.name))}"
    return f"{SLICE}/{QUADLET_SLICE}/{item.unit}" if contained else f"{SLICE}/{item.unit}"


def settings_of(spec: Specification, engine: str, interval: int, textfiles: str, told: bool) -> Settings:
    """Return what the monitor is started with for the instances of *spec*, which are bound to what the host has.

    *told*: there is a notifier on this host.
    """
    zones = [zone.name for zone in spec.zones.values() if zone.grants]
    targets = tuple(target(item, engine, zones) for item in spec.present)
    contained = any(item.deployment == CONTAINER for item in spec.present)
    return Settings(targets, contained, interval, f"{textfiles}/{LINK}" if textfiles else "", told)


def grant_sets(spec: Specification) -> list[tuple[str, str]]:
    """Return the sets of the host's table that can have grants in them, each with its zone."""
    used = {name for item in spec.present if not item.segment for name in item.access}
    zones = [zone.name for zone in spec.zones.values() if zone.grants and zone.name in used]
    return [(name, grant_set(name, family)) for name in zones for family in (V4, V6)]


def refuse_missing(textfiles: str, exporter: bool) -> None:
    """Raise `SpecificationError` when there is no directory for the link, and none is about to be made."""
    coming = exporter and textfiles == TEXTFILES and not os.path.exists(_EXPORTER)
    if textfiles and not coming and not os.path.isdir(textfiles):
        raise SpecificationError(
            "textfile_directory",
            textfiles,
            "is no directory on this host",
            f"Install {EXPORTER}, or let exporter: true do so; name the directory that your node_exporter is told by "
            "--collector.textfile.directory; or write '' for no link",
        )


def monitoring_planners(
    host: Host, spec: Specification, settings: Settings, archives: Archives, exporter: bool = False
) -> list[Planner]:
    """Return what monitors the instances of *spec* as *settings* say. With *exporter*, node_exporter is installed."""
    files, sets = host.files, grant_sets(spec)
    archive = archives.monitor
    unit = f"{UNITS}/{SERVICE}"
    return [
        *([ProgramPlanner(host.commands, _EXPORTER, EXPORTER)] if exporter else []),
        UserPlanner(host.accounts, USER, COMMENT),
        DirectoryPlanner(files, _LIBEXEC, along=ROOT),
        FilePlanner(files, PROGRAM, archive),
        DirectoryPlanner(files, SETTINGS, 0o700),
        *_old_link(files, settings.link),
        FilePlanner(files, SETTINGS_FILE, settings_text(settings)),
        *_grants(host, sets, archives.grants),
        FilePlanner(files, unit, monitor_unit(settings, archive, host.facts, bool(sets))),
        *no_drop_ins(host, [unit]),
        RunningPlanner(host.systemd, files, SERVICE, generation(settings, archive), METRICS_FILE),
        *([LinkPlanner(files, settings.link, METRICS_FILE)] if settings.link else []),
    ]


def _old_link(files: Files, link: str) -> Iterator[Planner]:
    """Yield what removes the link of the run before, when that was elsewhere."""
    old = linked(files)
    if old and old != link:
        yield LinkPlanner(files, old, METRICS_FILE, present=False)


def linked(files: Files) -> str:
    """Return where the link is by the settings on this host; empty when there is none."""
    entry = files.read(SETTINGS_FILE)
    try:
        return read_settings(entry.content.decode()).link if entry else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        # Someone has changed the file. It is written anew, and the link of another directory stays then.
        return ""


def _grants(host: Host, sets: Sequence[tuple[str, str]], archive: bytes) -> list[Planner]:
    if not sets:
        return _no_grants(host)
    files = host.files
    return [
        FilePlanner(files, GRANTS_PROGRAM, archive),
        *(FilePlanner(files, path, text) for path, text in grants_units(sets).items()),
        *no_drop_ins(host, _GRANTS_UNITS),
        LoadedPlanner(host.systemd, files, GRANTS_SERVICE),
        UnitPlanner(host.systemd, files, GRANTS_TIMER),
    ]


def _no_grants(host: Host) -> list[Planner]:
    files = host.files
    return [
        NoTimerPlanner(host.systemd, files, GRANTS_TIMER, GRANTS_SERVICE),
        ForgottenPlanner(host.systemd, "the lists of grants", [GRANTS_SERVICE, GRANTS_TIMER]),
        *no_drop_ins(host, _GRANTS_UNITS),
        *(FilePlanner(files, path, None) for path in (*_GRANTS_UNITS, GRANTS_PROGRAM)),
        DirectoryPlanner(files, os.path.dirname(GRANTS_LISTING), None),
    ]


def no_monitoring(host: Host, textfiles: str) -> list[Planner]:
    """Return what removes all of it; the package of node_exporter stays, since something else may use it by then."""
    files, unit = host.files, f"{UNITS}/{SERVICE}"
    links = dict.fromkeys(filter(None, (linked(files), f"{textfiles}/{LINK}" if textfiles else "")))
    programs = [PROGRAM, GRANTS_PROGRAM]
    return [
        *(LinkPlanner(files, path, METRICS_FILE, present=False) for path in links),
        UnitPlanner(host.systemd, files, SERVICE, present=False),
        ForgottenPlanner(host.systemd, "the monitor", [SERVICE]),
        *no_drop_ins(host, [unit]),
        FilePlanner(files, unit, None),
        *_no_grants(host),
        FilePlanner(files, PROGRAM, None),
        DirectoryPlanner(files, DIRECTORY, None),
        # By it a run that comes after one that was killed knows where the link was.
        FilePlanner(files, SETTINGS_FILE, None),
        HuskPlanner(files, SETTINGS, [SETTINGS_FILE]),
        HuskPlanner(files, _LIBEXEC, programs),
        HuskPlanner(files, ROOT, programs, [_LIBEXEC]),
        UserPlanner(host.accounts, USER, COMMENT, present=False),
    ]


class NoTimerPlanner(UnitPlanner):
    """The timer *name*, which goes, with the *service* that it starts now and then: whether that runs is chance."""

    def __init__(self, systemd: Systemd, files: Files, name: str, service: str) -> None:
        super().__init__(systemd, files, name, present=False)
        self._service = service

    def apply(self, plan: Plan) -> None:
        """Stop and disable it, and then the service, which nobody starts any more."""
        super().apply(plan)
        if self._systemd.show(self._service, ["ActiveState"])["ActiveState"] not in ("inactive", "failed"):
            self._systemd.stop([self._service])


class RunningPlanner(UnitPlanner):
    """A service that stays up and keeps the file *kept*; its process tells the *generation* that it was started with.

    So a run that was killed between writing and restarting is completed by the next one.
    """

    def __init__(self, systemd: Systemd, files: Files, name: str, made: str, kept: str) -> None:
        super().__init__(systemd, files, name)
        self._generation = made
        self._kept = kept

    def wanted(self) -> State:
        """Return the service as it shall be."""
        return {**super().wanted(), "generation": self._generation}

    def found(self) -> State:
        """Return what systemd says of it, and what its process was started with."""
        pid = int(self._systemd.show(self._name, ["MainPID"]).get("MainPID", "0"))
        told = environment(pid).get(GENERATION, "unknown") if pid else "(not running)"
        return {**super().found(), "generation": told}

    def apply(self, plan: Plan) -> None:
        """Reload, enable and start it, or start it anew; and wait until it has written its file."""
        before = time.time()
        super().apply(plan)
        # What a unit file has changed to was started anew already.
        fresh = any(plan.before[name] != plan.after[name] for name in ("loaded", "added to it", "state"))
        if plan.before["generation"] != plan.after["generation"] and not fresh:
            self._systemd.restart([self._name])
        elif not fresh:
            return
        deadline = time.monotonic() + PATIENCE
        while self._files.modified(self._kept) < before:
            if time.monotonic() > deadline:
                said = self._systemd.journal(self._name).replace("\n", " / ")
                raise HostError(
                    f"{self._name} has not written {self._kept} {PATIENCE:g} s after its start; its last lines: "
                    f"{said or 'none'}",
                    f"Mend what it says; more on the host: journalctl --unit {self._name}",
                )
            time.sleep(0.1)
