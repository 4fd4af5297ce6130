# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-10: what a container sends to the Internet leaves with an address of the host, to which answers find back.

Who loads another firewall with ``flush ruleset`` takes the engine's rules away, and nobody is told: the published port
goes on answering by the engine's program. Passively the kernel's rules and switch are read (`translation`): not what
somebody else's rules do to such a packet before. Live, a connection from within the container to a neighbour of the
moment is made and looked at from there (`outside`), which sees all of that but the host's way to the Internet itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from ipaddress import IPv4Network, ip_address

from ..host import bridge
from ..host.engines import AnyEngine
from ..host.iptables import legacy_tables
from ..host.nftables import Nftables, Object
from ..host.stranger import seen_from
from ..model.finding import FAILED, NOT_ENFORCED, PASSED, Finding
from ..model.instance import Instance
from ..model.translation import translates
from .context import Context, each, finding, not_running

_CONTROL = "CON-10"
_FORWARDS = "/proc/sys/net/ipv4/ip_forward"
# Every instance may use it, whatever access point it is told to use.
_PORT = 443


@dataclass(frozen=True)
class _Reading:
    """What is the same for all instances of the host: each reads it when it is asked for first, and keeps it.

    *networks* has the network of each interface, *uplink* the interface of the default route.
    """

    networks: Callable[[], Mapping[str, str]]
    rules: Callable[[], Sequence[Object]]
    uplink: Callable[[], str]


def look(engine: AnyEngine, context: Context) -> Iterator[Finding]:
    """Yield CON-10 of the way out of each instance on a bridge; in a segment, or on the host's network, it has none."""
    commands = context.host.commands
    reading = _Reading(
        cache(partial(bridge.networks, commands)),
        cache(Nftables(commands).ruleset),
        cache(lambda: context.host.network().default),
    )
    yield from each(context, _CONTROL, "translation", partial(_translation, engine, reading))
    if context.live:
        yield from each(context, _CONTROL, "outside", partial(_outside, engine, reading))


def _translation(engine: AnyEngine, reading: _Reading, _context: Context, instance: Instance) -> Iterator[Finding]:
    if not instance.bridge:
        return
    network = reading.networks().get(instance.bridge)
    wrong = _untranslated(reading, network) if network else [f"there is no bridge {instance.bridge} with an address"]
    with open(_FORWARDS, encoding="ascii") as handle:
        forwards = handle.read().strip() == "1"
    if not forwards:
        wrong.append("the kernel forwards nothing")
    status = FAILED if wrong else PASSED
    if network and forwards and wrong and "nat" in legacy_tables():
        # Another half of the kernel, which nft does not see.
        status, wrong = NOT_ENFORCED, ["iptables-legacy has rules of its own, which nft does not show; look live"]
    expected = f"what is sent from {network or 'its network'} gets an address of the host on its way out"
    yield finding(
        _CONTROL,
        "translation",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or expected,
        f"nft --json list ruleset: chains of nat at postrouting; {_FORWARDS}",
        status,
        _remedy(engine),
    )


def _untranslated(reading: _Reading, network: str) -> list[str]:
    if translates(reading.rules(), network, reading.uplink()):
        return []
    return [f"no rule translates what is sent from {network}: nothing from the Internet finds back to it"]


def _outside(engine: AnyEngine, reading: _Reading, context: Context, instance: Instance) -> Iterator[Finding]:
    """Connect from the container's network to a neighbour of the moment that has an address of the Internet."""
    if not instance.bridge:
        return
    expected = "what it connects to outside sees an address of the host"
    main = context.main(instance)
    if main is None:
        yield not_running(context, _CONTROL, "outside", instance, expected)
        return
    address, network = seen_from(context.host.commands, main.pid, _PORT), reading.networks().get(instance.bridge)
    own = bool(address and network and ip_address(address) in IPv4Network(network))
    said = f"it arrives as {address}" if address else "what it sends does not arrive, or the answer does not"
    yield finding(
        _CONTROL,
        "outside",
        instance.name,
        bool(address) and not own,
        expected,
        f"{said}, its own address" if own else said,
        f"a connection from the network of process {main.pid} to port {_PORT} of a network of the moment",
        remedy=_remedy(engine),
    )


def _remedy(engine: AnyEngine) -> str:
    return (
        f"Let the engine write its rules again: {engine.relinking}; and let what loaded another firewall leave them "
        "alone: no flush ruleset in /etc/nftables.conf, but a flush of its own table"
    )
