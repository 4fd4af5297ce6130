# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-10: a container's port obeys the zones, however its engine translates addresses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..host import bridge
from ..host.stranger import answered
from ..model.finding import Finding
from ..model.instance import Instance
from .context import Context, each, finding

_CONTROL = "NET-10"


def look(context: Context, ours: bool = False) -> Iterator[Finding]:
    """Yield NET-10 of each instance in a container; what the table says of them, the firewall's checks yield.

    *ours* are those that the collection runs; of others, their user makes the network.
    """
    yield from each(context, _CONTROL, "bridge", partial(_bridge, ours))
    if context.live:
        yield from each(context, _CONTROL, "stranger", _stranger)


def _bridge(ours: bool, _context: Context, instance: Instance) -> Iterator[Finding]:
    """Count what is on the bridge: whatever is there passes for the instance, and reaches it past the table."""
    if not instance.bridge:
        return
    found = bridge.members(instance.bridge)
    yield finding(
        _CONTROL,
        "bridge",
        instance.name,
        found is not None and len(found) == 1,
        f"the container alone on {instance.bridge}",
        f"there is no bridge {instance.bridge}" if found is None else f"on it: {', '.join(found) or 'nothing'}",
        f"/sys/class/net/{instance.bridge}/brif",
        remedy=_remedy(ours, instance, len(found or ())),
    )


def _remedy(ours: bool, instance: Instance, members: int) -> str:
    """Return what brings the bridge with this number of *members* to one; empty when a run does."""
    if not ours:
        return (
            "Give the container a network of its own, with the option com.docker.network.bridge.name="
            f"{instance.bridge}, and take everything else out of it"
        )
    # A run takes nobody off.
    return f"Take off who else is on it: CON-05 of {instance.name} says who it is, and how" if members > 1 else ""


def _stranger(context: Context, instance: Instance) -> Iterator[Finding]:
    """Connect as a neighbour that no zone knows: to all addresses of the host, and straight to the container's."""
    if not instance.bridge:
        return
    commands = context.host.commands
    interfaces = context.host.network().interfaces
    own = [item for name, found in interfaces.items() if name != "lo" for item in found if not item.startswith("fe80:")]
    straight = bridge.addresses(commands, instance.bridge)
    asked = [*own, *straight] if instance.discovery else straight
    said = answered(commands, asked, instance.port)
    yield finding(
        _CONTROL,
        "stranger",
        instance.name,
        not said,
        "a stranger is answered neither at the published port nor at the container's address",
        f"answered at {', '.join(said)}" if said else "not answered",
        f"connections to port {instance.port} of {', '.join(asked)}, from a network of the moment",
    )
