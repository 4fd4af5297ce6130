# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's network as it was found, and what follows from it for where the instances are bound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .bind import ADDRESS, AUTOMATIC, INTERFACE, LOOPBACK, Bind
from .errors import SpecificationError, missing
from .instance import Instance
from .segment import SEGMENT_INTERFACE

LOOPBACK_INTERFACE = "lo"
_ENGINES = re.compile(r"docker\d+|br-[0-9a-f]{12}|veth.*|podman\d+|lsp-.*")
"""Names of Docker, of Podman, and of our own bridges."""


@dataclass(frozen=True)
class HostNetwork:
    """*interfaces* are names to the addresses that they have now; *default* is that of the default route, or empty.

    *wireless* are those of them that are Wi-Fi.
    """

    interfaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default: str = ""
    wireless: frozenset[str] = frozenset()

    def holder(self, address: str) -> str:
        """Return the interface that has *address*; empty when none has."""
        return next((name for name, found in self.interfaces.items() if address in found), "")

    @property
    def usable(self) -> list[str]:
        """The interfaces that others can be reached by: without those that engines make for containers."""
        return sorted(name for name in self.interfaces if name != LOOPBACK_INTERFACE and not _ENGINES.fullmatch(name))


def resolved(bind: Bind, network: HostNetwork, path: str) -> Bind:
    """Return where an instance is bound on this host, checked against what the host has.

    Raises `SpecificationError` for an interface or an address that the host has not, or when nothing was written and
    the host has no default route.
    """
    if bind.kind == AUTOMATIC:
        if not network.default:
            raise missing(
                f"{path}.bind",
                f"Write bind: {{interface: {' or '.join(network.usable) or 'its name'}}}",
                "is missing, and this host has no default route whose interface could be meant",
            )
        return Bind(INTERFACE, network.default)
    if bind.kind == INTERFACE and bind.value not in network.interfaces:
        raise SpecificationError(
            f"{path}.bind.interface",
            bind.value,
            "is not an interface of this host",
            f"It has: {', '.join(network.usable) or 'none'}",
        )
    if bind.kind == LOOPBACK and ":" in bind.value and not network.holder(bind.value):
        raise SpecificationError(
            f"{path}.bind.address", bind.value, "is not an address of this host", "Write bind: {loopback: true}"
        )
    if bind.kind == ADDRESS and not network.holder(bind.value):
        has = ", ".join(item for name in network.usable for item in network.interfaces[name])
        raise SpecificationError(
            f"{path}.bind.address", bind.value, "is not an address of this host", f"It has: {has or 'none'}"
        )
    return bind


def placed(item: Instance, network: HostNetwork) -> Instance:
    """Return the present instance *item* bound to what this host has. Raises `SpecificationError`."""
    if item.segment is not None:
        _refuse_parent(item.segment.parent, network, f"{item.path}.segment.parent")
        for index, text in enumerate(item.segment.addresses):
            holder = network.holder(text.partition("/")[0])
            if holder:
                raise SpecificationError(
                    f"{item.path}.segment.addresses[{index}]",
                    text,
                    f"is this host's own, on {holder}",
                    "Give the instance an address that nobody has",
                )
        return replace(item, interface=SEGMENT_INTERFACE if item.discovery else "")
    bind = resolved(item.bind, network, item.path)
    interfaces = {INTERFACE: bind.value, ADDRESS: network.holder(bind.value), LOOPBACK: LOOPBACK_INTERFACE}
    return replace(item, bind=bind, interface=interfaces.get(bind.kind, ""))


def _refuse_parent(parent: str, network: HostNetwork, path: str) -> None:
    """Raise `SpecificationError` for an interface that can have no segment on it."""
    if parent not in network.interfaces:
        raise SpecificationError(
            path, parent, "is not an interface of this host", f"It has: {', '.join(network.usable) or 'none'}"
        )
    if parent in network.wireless:
        raise SpecificationError(
            path,
            parent,
            "is Wi-Fi: an access point takes no frames from a second hardware address, nor tagged ones",
            "Name a wired interface, or leave segment out and write bind",
        )
