# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of one host: all planners asked for their plans, and the effects looked at where they show."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..host.engines import AnyEngine, EngineSnapshot, PodmanSnapshot
from ..host.libraries import Libraries
from ..host.podman import Podman
from ..model.container import DOCKER, PODMAN, container_name
from ..model.errors import SpecificationError
from ..model.finding import Finding, ordered
from ..model.instance import CONTAINER, Instance, Specification
from ..model.layout import IMAGES
from ..model.network import HostNetwork, placed
from ..model.settings import Setting
from ..planners.announcement import announcement_planners, no_announcements
from ..planners.base import Planner
from ..planners.containers import container_planners
from ..planners.firewall import firewall_planners
from ..planners.moved import has_containers
from ..planners.quadlets import has_quadlets, quadlet_planners
from ..planners.registry import Host, settings_planners, unit_planners
from ..planners.releases import Releases
from ..planners.segments import segment_planners
from . import (
    addresses,
    alerted,
    answers,
    attested,
    binding,
    contained,
    drift,
    firewall,
    limits,
    monitored,
    network,
    options,
    outside,
    privileges,
    profiled,
    provenance,
    published,
    rationale,
    sbom,
    schedule,
    scheduled_audit,
    secrets,
    segment,
    services,
)
from .attested import Subject
from .context import Check, Context
from .expected import AS_DESCRIBED, Expected

CHECKS: tuple[Check, ...] = (
    drift.look,
    options.look,
    privileges.look,
    secrets.look,
    network.look,
    binding.look,
    firewall.look,
    segment.look,
    limits.look,
    provenance.look,
    partial(sbom.look, False),
    partial(rationale.look, None),
)

CONTAINER_CHECKS: tuple[Check, ...] = (drift.look, firewall.look)
"""What can be looked at of any instance in a container, which has no unit."""


def _on_host(host: Host, spec: Specification) -> Specification:
    """Return *spec* with the instances bound to what the host has; what it has not shows as drift."""
    seen = host.network()
    return replace(spec, instances=tuple(_placed(item, seen) for item in spec.instances))


def _placed(item: Instance, seen: HostNetwork) -> Instance:
    with contextlib.suppress(SpecificationError):
        return placed(item, seen) if item.present else item
    return item


def audit(
    host: Host,
    spec: Specification,
    live: bool,
    engine: str = DOCKER,
    announce: bool = True,
    expected: Expected = AS_DESCRIBED,
) -> list[Finding]:
    """Return all findings of this host, in order. It changes nothing; *live* probes start short-lived processes.

    *engine* is what runs instances that are in containers, *announce* whether the host's avahi announces them.
    """
    host = host.at_one_moment()
    context = Context(host, spec, [], live)
    return ordered(
        [
            *_of_instances(host, spec, live, engine, announce, expected),
            *(schedule.look(expected.scheduled, context) if expected.scheduled else ()),
            *scheduled_audit.look(expected.review, context),
            *alerted.look(expected.telling, context),
        ]
    )


def _of_instances(
    host: Host, spec: Specification, live: bool, engine: str, announce: bool, expected: Expected
) -> list[Finding]:
    spec = _on_host(host, spec)
    if any(item.deployment == CONTAINER for item in spec.instances):
        return _contained(host, spec, live, engine, announce, expected)
    release = host.active_release()
    # The firewall and the units need the same users and directories.
    every = [
        *firewall_planners(host, spec),
        *settings_planners(host, spec),
        *segment_planners(host, spec),
        *unit_planners(host, spec, release),
        *no_announcements(host, [item.name for item in spec.present]),
        *(expected.watched.planners(host, spec, engine) if expected.watched else ()),
    ]
    planners = _unique(every)
    if spec.present:
        planners += Releases(host.commands, host.files, Libraries(host.commands, host.files)).installed(release)
    checks: list[Check] = [*CHECKS, partial(monitored.look, expected.watched)]
    if spec.present and release:
        checks.append(partial(attested.look, Subject(release, False, expected.upkeep)))
        checks.append(partial(profiled.look, expected.profiling, lambda _item: release))
    return _findings(Context(host, spec, planners, live), checks)


def _contained(
    host: Host, spec: Specification, live: bool, called: str, announce: bool, expected: Expected
) -> list[Finding]:
    """Return the findings of instances in containers: of ours all, of a user's own what others meet."""
    planners = firewall_planners(host, spec)
    checks: list[Check] = list(CONTAINER_CHECKS)
    engine = _engine(host, called)
    if engine is None:
        return _findings(Context(host, spec, _unique(planners), live), [*checks, published.look])
    if isinstance(engine, Podman):
        planners += quadlet_planners(host, engine, spec)
    else:
        planners += container_planners(host, engine, spec)
    planners += announcement_planners(host, spec if announce else Specification(spec.version, ()))
    planners += expected.watched.planners(host, spec, called) if expected.watched else ()
    checks.append(partial(published.look, ours=True))
    checks += [options.look, segment.look, partial(contained.look, engine), partial(answers.look, engine)]
    checks += [partial(addresses.look, engine), partial(outside.look, engine)]
    checks.append(partial(services.look, engine, announce))
    checks += [partial(_on_its_network, network.look), partial(_on_its_network, binding.look)]
    checks += [partial(sbom.look, True), partial(rationale.look, engine), partial(monitored.look, expected.watched)]
    images = _images(engine, spec)
    # Where a run was cut short there are two, and each has its findings.
    labels = {image: image.partition(":")[2][:12] if len(images) > 1 else "" for image in images}
    checks += [partial(attested.look, Subject(image, True, expected.upkeep, labels[image])) for image in images]
    checks.append(partial(profiled.look, expected.profiling, partial(_image_of, engine)))
    running = partial(contained.processes, engine)
    context = Context(host, spec, _unique(planners), live, running, engine.reading)
    return _findings(context, checks, services.UNITS)


def _engine(host: Host, called: str) -> AnyEngine | None:
    """Return the engine that is *called* so, where it runs containers of ours; None where they are a user's own."""
    # The images alone do not tell: whoever removes their manifests would be rid of all checks.
    if not (host.files.read(IMAGES, content=False) or has_containers(host.files) or has_quadlets(host.files)):
        return None
    return PodmanSnapshot(host.commands) if called == PODMAN else EngineSnapshot()


def settings(host: Host, spec: Specification, engine: str = DOCKER) -> list[Setting]:
    """Return what the inventory says of each instance and what is in force of it, each with the reason for it."""
    contained = any(item.deployment == CONTAINER for item in spec.instances)
    return rationale.settings(host, spec, _engine(host, engine) if contained else None)


def _images(engine: AnyEngine, spec: Specification) -> list[str]:
    """Return the ids of the images of which the instances have their containers; one, unless a run was cut short."""
    there = (engine.container(container_name(item.name)) for item in spec.present)
    return sorted({str(item["Image"]) for item in there if item})


def _image_of(engine: AnyEngine, item: Instance) -> str:
    """Return the image of the container of *item*; empty when there is none."""
    there = engine.container(container_name(item.name))
    return str(there["Image"]) if there else ""


def _on_its_network(check: Check, context: Context) -> Iterator[Finding]:
    """Yield what *check* finds of the instances that have their sockets on the host's network."""
    here = tuple(item for item in context.spec.instances if item.on_host)
    return check(replace(context, spec=replace(context.spec, instances=here)))


def _unique(planners: Sequence[Planner]) -> list[Planner]:
    return list({(item.subject, item.scope): item for item in planners}.values())


def _findings(context: Context, checks: Sequence[Check], units: Sequence[str] = ()) -> list[Finding]:
    """Return what *checks* find; *units* are those that they ask for besides the planners."""
    context.host.systemd.expect([*units, *(unit for planner in context.planners for unit in planner.units)])
    return ordered([item for check in checks for item in check(context)])
