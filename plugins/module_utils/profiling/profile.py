# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profiles of the instances of one host: each load put on all of them at once, and what they use meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..health.health import places
from ..health.running import Containers, Looking, Quadlets, Run, Services
from ..host.engines import AnyEngine, engine_called
from ..host.load import GET_INFO, Load, Request, failing_login
from ..host.podman import Podman
from ..model.errors import HostError, LibrespotError, missing
from ..model.instance import CONTAINER, SYSTEMD, Instance, Specification
from ..model.network import placed
from ..model.profile import DECODE_LIKE, DISCOVERY, IDLE, UNITS, Course, course
from ..model.profile_options import Asked
from ..model.profile_record import Made, profile_data
from ..planners.registry import Host
from .sampling import Sampled, watch

_DECODE_CONNECTIONS = 1
"""One track plays at a time."""


@dataclass(frozen=True)
class _Subject:
    """An instance, what reads it, and the run that it had at first."""

    sampled: Sampled
    run: Run


def profile(host: Host, spec: Specification, asked: Asked, contained: bool, called: str) -> list[dict[str, Any]]:
    """Return the profile of each present instance of *spec*, as plain data. It changes nothing.

    *contained* is whether they are in containers, and *called* the engine that runs them then. Raises
    `LibrespotError` when there is nothing to measure, or an instance does not run.
    """
    if not spec.present:
        raise missing("instances", "Describe one that is present, or leave this host out", "has none to profile")
    engine = engine_called(called, host.commands) if contained else None
    looking = _looking(host, engine)
    seen = host.network()
    subjects = [_subject(placed(item, seen), looking) for item in spec.present]
    courses: dict[str, list[Course]] = {item.sampled.instance.name: [] for item in subjects}
    notes: dict[str, list[str]] = {name: [] for name in courses}
    for load in asked.loads:
        for name, found in _under(load, subjects, asked, engine, notes).items():
            courses[name].append(found)
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [_data(item, courses, notes, asked, contained, at, host) for item in subjects]


def _looking(host: Host, engine: AnyEngine | None) -> Looking:
    if engine is None:
        return Services(host.systemd)
    return Quadlets(engine, host.systemd) if isinstance(engine, Podman) else Containers(engine)


def _subject(instance: Instance, looking: Looking) -> _Subject:
    run = looking.run(instance)
    if not run.pid:
        raise HostError(
            f"{instance.name} does not run: {run.state}", f"Read why: {looking.reading(instance)}, and start it first"
        )
    return _Subject(Sampled(instance, looking), run)


def _under(
    load: str, subjects: Sequence[_Subject], asked: Asked, engine: AnyEngine | None, notes: Mapping[str, list[str]]
) -> dict[str, Course]:
    """Return what each instance used under *load*; one that it cannot be put on is left out, with a note."""
    loads: dict[str, Load] = {}
    there = []
    # Made once: it may have megabytes.
    terms = None if load == IDLE else _request(load, asked)
    for item in subjects:
        instance = item.sampled.instance
        if terms is not None:
            if not instance.discovery:
                notes[instance.name].append(f"{load} was left out: without discovery there is nobody to ask")
                continue
            loads[instance.name] = _load(load, item, terms, engine)
        there.append(item.sampled)
    if not there:
        return {}
    try:
        for one in loads.values():
            one.start()
        watch(there, asked.window, asked.interval)
    finally:
        delivered = {name: one.end() for name, one in loads.items()}
    found = {}
    for sampled in there:
        name = sampled.instance.name
        readings, runs, bursts = sampled.taken()
        found[name] = course(load, readings, runs, delivered.get(name), bursts)
        notes[name] += _notes(found[name])
    return found


def _load(load: str, item: _Subject, terms: tuple[Request, float, int], engine: AnyEngine | None) -> Load:
    instance = item.sampled.instance
    try:
        # It may have been started anew under the load before.
        where = places(engine, instance, item.sampled.looking.run(instance))
    except OSError as error:
        raise HostError(f"{instance.name} ended before the load {load}: {error}", "Read why in its log") from error
    except LibrespotError as error:
        raise HostError(f"{instance.name}: {error.message}", error.remedy) from error
    return Load(where, *terms)


def _request(load: str, asked: Asked) -> tuple[Request, float, int]:
    if load == DISCOVERY:
        return GET_INFO, asked.rate, asked.connections
    if load == DECODE_LIKE:
        return failing_login(asked.decode_size), asked.decode_rate, _DECODE_CONNECTIONS
    raise ValueError(load)


def _notes(found: Course) -> list[str]:
    """Return what people have to know of what was measured."""
    said = []
    if found.restarts:
        said.append(
            f"Under {found.load} it was started anew {found.restarts} times: its counters began again, and what it "
            "used in between is not known"
        )
    elif found.missed:
        said.append(f"Under {found.load} it was away at {found.missed} looks")
    killed = found.limited.get("oom_kill", 0)
    if killed:
        said.append(f"Under {found.load} the kernel killed {killed} processes of it for want of memory")
    if found.delivery is not None and not found.delivery.arrived:
        error = f", last with: {found.delivery.error}" if found.delivery.error else ""
        reached = found.delivery.answered / max(found.delivery.seconds, 0.001)
        said.append(
            f"Of the load {found.load}, {found.delivery.answered} of {found.delivery.asked} requests were answered, "
            f"{reached:.1f} a second in the place of {found.delivery.rate:g}{error}"
        )
    return said


def _data(
    item: _Subject,
    courses: Mapping[str, Sequence[Course]],
    notes: Mapping[str, Sequence[str]],
    asked: Asked,
    contained: bool,
    at: str,
    host: Host,
) -> dict[str, Any]:
    instance = item.sampled.instance
    mine = courses[instance.name]
    lacking = sorted({name for one in mine for name in UNITS if name not in one.measured}, key=list(UNITS).index)
    said = list(notes[instance.name])
    if lacking:
        said.append(f"Not measured, as this host does not count it: {', '.join(lacking)}")
    if asked.short:
        said.append(asked.short)
    made = Made(
        instance.name,
        CONTAINER if contained else SYSTEMD,
        item.run.image if contained else item.run.artifact,
        at,
        2 if host.facts.unified_cgroups else 1,
        asked.window,
        asked.interval,
        asked.headroom,
    )
    return profile_data(made, mine, instance.limits, said)
