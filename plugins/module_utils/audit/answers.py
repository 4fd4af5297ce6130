# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-10: a container answers where it is published. Its health check asks from within, where nothing is in between.

This host asks, at each address. That sees a bridge that is down, and an address to which no way is left: neither a rule
that translates nor the engine's program that passes on, which stands in for the rule. It does not see what others alone
meet: Docker's jump to its rules in PREROUTING gone together with that program, since the host's own packets take the
one in OUTPUT; somebody's firewall that drops them; or a zone that they are not in. A neighbour that a zone lets in
cannot be made for a moment as a stranger can: it would need an address of that zone, which is on a real network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..host.engines import AnyEngine
from ..host.liveness import get_info
from ..model.container import container_name
from ..model.finding import Finding
from ..model.instance import Instance
from ..planners.containers import published_at
from .context import Context, each, finding, not_running

_CONTROL = "CON-10"
_CHECK = "answers"
_WITHIN_S = 5.0
"""What an engine gives its health check."""


def look(engine: AnyEngine, context: Context) -> Iterator[Finding]:
    """Yield CON-10 of each instance that is published."""
    yield from each(context, _CONTROL, _CHECK, partial(_answers, engine))


def _answers(engine: AnyEngine, context: Context, instance: Instance) -> Iterator[Finding]:
    if not (instance.bridge and instance.discovery):
        return
    asked, name = published_at(instance, engine.families), container_name(instance.name)
    expected = f"answers at {', '.join(asked)}"
    silent = _silent(asked, instance.port)
    if silent and not context.processes(instance):
        yield not_running(context, _CONTROL, _CHECK, instance, expected)
        return
    yield finding(
        _CONTROL,
        _CHECK,
        instance.name,
        not silent,
        expected,
        "; ".join(silent) or expected,
        f"getInfo from this host, at port {instance.port}",
        remedy=f"Bring up its bridge if it is down (ip link set {instance.bridge} up); else start it anew, which makes "
        f"the engine publish it again: {engine.renewing.format(name=name)}",
    )


def _silent(addresses: Sequence[str], port: int) -> list[str]:
    """Return those of *addresses* at which no librespot answers, each with what came instead."""
    found = []
    for address in addresses:
        try:
            get_info(address, port, _WITHIN_S)
        except (OSError, ValueError) as error:
            found.append(f"{address} does not answer: {error}")
    return found
