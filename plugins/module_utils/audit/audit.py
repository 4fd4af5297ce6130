# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of one host: all planners asked for their plans, and the effects looked at where they show."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..host.engine import Engine
from ..host.engines import AnyEngine
from ..host.libraries import Libraries
from ..host.podman import Podman
from ..model.container import DOCKER, PODMAN, container_name
from ..model.errors import SpecificationError
from ..model.finding import Finding, ordered
from ..model.instance import CONTAINER, Instance, Specification
from ..model.layout import IMAGES
from ..model.network import HostNetwork, placed
from ..model.schedule import Schedule
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
    provenance,
    published,
    sbom,
    schedule,
    scheduled_audit,
    secrets,
    segment,
    services,
)
from .attested import AS_DEPLOYED, Subject, Upkeep
from .context import Check, Context
from .monitored import Watched
from .scheduled_audit import NOT_REVIEWED, Review

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
    upkeep: Upkeep = AS_DEPLOYED,
    scheduled: Schedule | None = None,
    review: Review = NOT_REVIEWED,
    watched: Watched | None = None,
) -> list[Finding]:
    """Return all findings of this host, in order. It changes nothing; *live* probes start short-lived processes.

    *engine* is what runs instances that are in containers, *announce* whether the host's avahi announces them, *upkeep*
    what is expected of what is attested, *scheduled* how the check runs, on the host that checks, *review* how the
    host audits itself, and *watched* how it is monitored.
    """
    context = Context(host, spec, [], live)
    return ordered(
        [
            *_of_instances(host, spec, live, engine, announce, upkeep, watched),
            *(schedule.look(scheduled, context) if scheduled else ()),
            *scheduled_audit.look(review, context),
        ]
    )


def _of_instances(
    host: Host,
    spec: Specification,
    live: bool,
    engine: str,
    announce: bool,
    upkeep: Upkeep,
    watched: Watched | None,
) -> list[Finding]:
    spec = _on_host(host, spec)
    if any(item.deployment == CONTAINER for item in spec.instances):
        return _contained(host, spec, live, engine, announce, upkeep, watched)
    release = host.active_release()
    # The firewall and the units need the same users and directories.
    every = [
        *firewall_planners(host, spec),
        *settings_planners(host, spec),
        *segment_planners(host, spec),
        *unit_planners(host, spec, release),
        *no_announcements(host, [item.name for item in spec.present]),
        *(watched.planners(host, spec, engine) if watched else ()),
    ]
    planners = _unique(every)
    if spec.present:
        planners += Releases(host.commands, host.files, Libraries(host.commands, host.files)).installed(release)
    checks: list[Check] = [*CHECKS, partial(monitored.look, watched)]
    if spec.present and release:
        checks.append(partial(attested.look, Subject(release, False, upkeep)))
    return _findings(Context(host, spec, planners, live), checks)


def _contained(
    host: Host,
    spec: Specification,
    live: bool,
    called: str,
    announce: bool,
    upkeep: Upkeep,
    watched: Watched | None,
) -> list[Finding]:
    """Return the findings of instances in containers: of ours all, of a user's own what others meet."""
    planners = firewall_planners(host, spec)
    checks: list[Check] = list(CONTAINER_CHECKS)
    # The images alone do not tell: whoever removes their manifests would be rid of all checks.
    if not (host.files.read(IMAGES, content=False) or has_containers(host.files) or has_quadlets(host.files)):
        return _findings(Context(host, spec, _unique(planners), live), [*checks, published.look])
    engine: AnyEngine
    if called == PODMAN:
        engine = Podman(host.commands)
        planners += quadlet_planners(host, engine, spec)
    else:
        engine = Engine()
        planners += container_planners(host, engine, spec)
    planners += announcement_planners(host, spec if announce else Specification(spec.version, ()))
    planners += watched.planners(host, spec, called) if watched else ()
    checks.append(partial(published.look, ours=True))
    checks += [options.look, segment.look, partial(contained.look, engine), partial(answers.look, engine)]
    checks += [partial(addresses.look, engine), partial(outside.look, engine)]
    checks.append(partial(services.look, engine, announce))
    checks += [partial(_on_its_network, network.look), partial(_on_its_network, binding.look)]
    checks += [partial(sbom.look, True), partial(monitored.look, watched)]
    images = _images(engine, spec)
    # Where a run was cut short there are two, and each has its findings.
    labels = {image: image.partition(":")[2][:12] if len(images) > 1 else "" for image in images}
    checks += [partial(attested.look, Subject(image, True, upkeep, labels[image])) for image in images]
    running = partial(contained.processes, engine)
    return _findings(Context(host, spec, _unique(planners), live, running, engine.reading), checks)


def _images(engine: AnyEngine, spec: Specification) -> list[str]:
    """Return the ids of the images of which the instances have their containers; one, unless a run was cut short."""
    there = (engine.container(container_name(item.name)) for item in spec.present)
    return sorted({str(item["Image"]) for item in there if item})


def _on_its_network(check: Check, context: Context) -> Iterator[Finding]:
    """Yield what *check* finds of the instances that have their sockets on the host's network."""
    here = tuple(item for item in context.spec.instances if item.on_host)
    return check(replace(context, spec=replace(context.spec, instances=here)))


def _unique(planners: Sequence[Planner]) -> list[Planner]:
    return list({(item.subject, item.scope): item for item in planners}.values())


def _findings(context: Context, checks: Sequence[Check]) -> list[Finding]:
    return ordered([item for check in checks for item in check(context)])
