# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-02: the live sockets are tied to where the instance is bound, and announce what is there."""

from __future__ import annotations

from collections.abc import Iterator

from ..host.liveness import addresses, announced, outdated
from ..host.namespaces import inside
from ..host.sockets import receiving
from ..model.bind import ADDRESS
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import CONTAINER, Instance
from ..planners.live import loose_sockets
from ..render.unit import announced_path
from .context import Context, each, finding, not_running

_CONTROL = "NET-02"
_ENGINES = "an engine ties no sockets of a container on the host's network"


def look(context: Context) -> Iterator[Finding]:
    """Yield NET-02 of each instance that listens."""
    yield from each(context, _CONTROL, "bind", _bound)
    yield from each(context, _CONTROL, "announced", _announced)


def _bound(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = f"every receiving socket is tied to {instance.interface}"
    if not instance.discovery:
        expected = "no receiving socket"
    elif instance.bind.kind == ADDRESS:
        expected += f", the listener to {instance.bind.value}"
    if not context.processes(instance):
        yield not_running(context, _CONTROL, "bind", instance, expected)
        return
    pids = {item.pid for item in context.processes(instance)}
    with inside(instance.namespace):
        seen = [item for item in receiving(context.host.commands) if pids.intersection(item.pids)]
    loose = loose_sockets(seen, context.processes(instance), instance)
    said = ", ".join(
        sorted({f"{item.protocol} {item.address}%{item.device or 'any'}:{item.port}" for item in loose or seen})
    )
    unbound = _unbound(context, instance)
    yield finding(
        _CONTROL,
        "bind",
        instance.name,
        not loose,
        expected,
        (said or "no receiving socket") + (f" ({unbound}; the firewall's table alone)" if loose and unbound else ""),
        f"ss: sockets of {', '.join(map(str, sorted(pids)))}",
        NOT_ENFORCED if loose and unbound else "",
    )


def _unbound(context: Context, instance: Instance) -> str:
    """Return why the kernel does not tie the sockets of *instance*; empty when it does, or when there are none."""
    if not instance.discovery:
        return ""
    return _ENGINES if instance.deployment == CONTAINER else context.host.facts.unbound


def _announced(_context: Context, instance: Instance) -> Iterator[Finding]:
    if not instance.interface or instance.deployment == CONTAINER:
        # What a container was started with, drift tells.
        return
    only = instance.bind.value if instance.bind.kind == ADDRESS else ""
    with inside(instance.namespace):
        now, path = addresses(instance.interface, only), announced_path(instance.name)
    said = announced(path)
    expected = f"the addresses of {instance.interface}: {', '.join(now) or 'none now'}"
    yield finding(
        _CONTROL,
        "announced",
        instance.name,
        not outdated(said, now),
        expected,
        ", ".join(said) or "none",
        f"{path}, which the instance was started with",
        remedy="Wait for its watchdog, or restart the instance",
    )
