# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-05: no client of a zone has an address of a container's network, where the host would send what is for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from ..host import bridge
from ..host.engines import AnyEngine
from ..model.finding import FAILED, NOT_ENFORCED, PASSED, Finding
from ..model.instance import Instance
from ..planners.addresses import moving, shadowed, text
from .context import Context, each, finding

_CONTROL = "CON-05"
_CHECK = "addresses"


def look(engine: AnyEngine, context: Context) -> Iterator[Finding]:
    """Yield CON-05 of the addresses of each bridge that is there; one that is not has none."""
    # Read once, for all instances.
    networks = cache(partial(bridge.networks, context.host.commands))
    yield from each(context, _CONTROL, _CHECK, partial(_addresses, engine, networks))


def _addresses(
    engine: AnyEngine, networks: Callable[[], Mapping[str, str]], context: Context, instance: Instance
) -> Iterator[Finding]:
    """Judge a network with addresses of a zone as red; where the zone has all private ones around it, as not enforced.

    Who named all private addresses has named the engine's, and need have nobody there.
    """
    if not instance.bridge:
        return
    network, found = shadowed(context.spec, instance, networks())
    if not network:
        return
    lost = any(not item.within for item in found)
    yield finding(
        _CONTROL,
        _CHECK,
        instance.name,
        not found,
        f"{network} is of no zone",
        "; ".join(text(instance, network, item) for item in found) or f"{network} is of no zone",
        f"ip -4 address show {instance.bridge}; the networks of the zones that instances name",
        FAILED if lost else NOT_ENFORCED if found else PASSED,
        moving(engine, instance),
    )
