# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of containers as they lie beside the zones, as the module container warns and the audit finds."""

from __future__ import annotations

from collections.abc import Mapping

from ..host import bridge
from ..host.engines import AnyEngine
from ..model.container import container_name
from ..model.instance import Instance, Specification
from ..model.shadow import Shadow, shadows
from .registry import Host


def shadowed(spec: Specification, instance: Instance, networks: Mapping[str, str]) -> tuple[str, list[Shadow]]:
    """Return the network on the bridge of *instance*, empty when there is none, and what it takes of zones in use.

    *networks* has that of each interface of the host. The zones are those of all instances: what any of them answers is
    sent by the host's routes.
    """
    network = networks.get(instance.bridge, "")
    named = sorted({name for item in spec.present for name in item.access})
    return network, list(shadows(network, [spec.zones[name] for name in named])) if network else []


def text(instance: Instance, network: str, found: Shadow) -> str:
    """Return in words whose addresses a *network* takes."""
    ours, theirs = (
        f"the network {network} of {container_name(instance.name)}",
        f"{found.addresses} of zone {found.zone}",
    )
    return f"{ours} {'is within' if found.within else 'overlaps'} {theirs}: who has an address of both is not answered"


def moving(engine: AnyEngine, instance: Instance) -> str:
    """Return how to give the network of *instance* other addresses."""
    away = engine.removing.format(name=container_name(instance.name))
    return f"{engine.pools}; then {away}, and run hardened.librespot.site"


def warnings(host: Host, engine: AnyEngine, spec: Specification) -> list[str]:
    """Return what to warn of: zones with clients that nobody can answer."""
    networks = bridge.networks(host.commands)
    found = [(item, *shadowed(spec, item, networks)) for item in spec.present]
    return [
        f"{text(item, network, shadow)}. {moving(engine, item)}."
        for item, network, taken in found
        for shadow in taken
        if not shadow.within
    ]
