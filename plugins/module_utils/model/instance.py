# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one specification: what a user writes of an instance, read and checked as a whole before anything changes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .bind import AUTOMATIC, INTERFACE, LOOPBACK, OFF, Bind, parse_bind, refuse_unreachable
from .confidential import KEYS
from .consistency import consistent
from .errors import SpecificationError
from .limits import Limits, parse_limits
from .login import complete_login, unusable_login
from .option_values import OptionValue
from .options import normalise
from .reading import integer, mapping, sequence
from .relaxations import HOST_NETWORK, IN_CONTAINERS, ONLY_IN_CONTAINERS, Relaxation, parse_relaxations
from .segment import SEGMENT_INTERFACE, Segment, parse_segment
from .zones import Zone, default_zones, parse_access, parse_zones

DEFAULT_PORT = 37879
LONGEST_NAME = 20  # "librespot-" and this are a user's name, of which Linux allows 31 characters

SYSTEMD, CONTAINER = DEPLOYMENTS = ("systemd", "container")

_LONGEST_INTERFACE = 15
_NAME = re.compile(r"^[a-z]([a-z0-9-]*[a-z0-9])?$")
_TAKEN = ("-watchdog", "-bind", "-segment", "-dhcp", "-network", "-trial", "-before")
_VERSION = re.compile(r"^\d{1,4}\.\d{1,4}\.\d{1,4}$", re.ASCII)

_HINTS = {
    "zeroconf_port": "Write port",
    "zones": "Write access, the names of zones of librespot_zones",
    "credentials": "Write them to librespot_credentials, under the instance's name",
    "vlan": "Write segment: {parent: eth0, vlan: 20, ...}",
}

Values = Mapping[str, OptionValue]
"""Option to its value. Flags that are off are left out."""


_USER = "librespot-"
_BRIDGE = "lsp-"


def _comment(name: str) -> str:
    return f"librespot {name} (hardened.librespot)"


def bridge_of(name: str) -> str:
    """Return the interface of the host that leads to the container of the instance *name*, when it is published."""
    plain = f"{_BRIDGE}{name}"
    if len(plain) <= _LONGEST_INTERFACE:
        return plain
    # Long names share their beginnings.
    return _BRIDGE + hashlib.sha256(name.encode()).hexdigest()[: _LONGEST_INTERFACE - len(_BRIDGE)]


def instance_of(user: str, comment: str) -> str:
    """Return the instance that a system user with this *comment* was made for; empty when it is not ours."""
    name = user[len(_USER) :]
    return name if user.startswith(_USER) and comment == _comment(name) else ""


@dataclass(frozen=True)
class Instance:
    """One librespot as its user described it. *path* says where, for errors.

    *interface* is what its sockets are tied to on the host that is looked at; empty before that, and without discovery.
    """

    name: str
    path: str
    present: bool = True
    port: int = DEFAULT_PORT
    bind: Bind = field(default_factory=Bind)
    interface: str = ""
    segment: Segment | None = None
    deployment: str = SYSTEMD
    access: tuple[str, ...] = ()
    options: Values = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    relaxations: tuple[Relaxation, ...] = ()
    credentials: bool = False

    @property
    def discovery(self) -> bool:
        """Whether it announces itself and listens."""
        return self.bind.discovery

    @property
    def unit(self) -> str:
        """The name of its service unit."""
        return f"librespot-{self.name}.service"

    @property
    def profile(self) -> str:
        """The name of its AppArmor profile."""
        return f"librespot-{self.name}"

    @property
    def user(self) -> str:
        """The name of its system user."""
        return f"{_USER}{self.name}"

    @property
    def namespace(self) -> str:
        """The name of its network namespace; empty when it is on the host's network."""
        return f"{_USER}{self.name}" if self.segment else ""

    @property
    def bridge(self) -> str:
        """The interface of the host that leads to its container and to nothing else.

        Empty under systemd, in a segment, and on the host's network.
        """
        published = self.deployment == CONTAINER and not self.segment and not self.on_host
        return bridge_of(self.name) if published else ""

    @property
    def on_host(self) -> bool:
        """Whether its sockets are on the host's network: those of a service are, unless it has a segment."""
        return not self.segment and (self.deployment == SYSTEMD or self.relaxed(HOST_NETWORK))

    @property
    def comment(self) -> str:
        """The comment by which that user is known to be ours."""
        return _comment(self.name)

    def relaxed(self, name: str) -> bool:
        """Whether the relaxation *name* was asked for."""
        return any(item.name == name for item in self.relaxations)


@dataclass(frozen=True)
class Specification:
    """All instances of a host. *credentials* maps names to the content of ``credentials.json``; it is secret."""

    version: str
    instances: tuple[Instance, ...]
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    zones: Mapping[str, Zone] = field(default_factory=default_zones)

    @property
    def present(self) -> list[Instance]:
        """The instances that shall run."""
        return [item for item in self.instances if item.present]


def parse_version(value: Any, path: str = "librespot_version") -> str:
    """Return a version of three numbers. Raises `SpecificationError`."""
    if not isinstance(value, str) or not _VERSION.fullmatch(value):
        raise SpecificationError(path, value, "is not a version", "Write it with three numbers, as 0.8.0")
    return value


def is_name(value: str) -> bool:
    """Whether *value*, which someone else may have written, can be the name of an instance, and a part of paths."""
    # "host" is the scope of what belongs to no instance; the others would be the names of units or containers of ours.
    taken = value == "host" or value.startswith("firewall") or value.endswith(_TAKEN)
    return bool(_NAME.fullmatch(value)) and len(value) <= LONGEST_NAME and not taken


def _name(value: Any, path: str) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise SpecificationError(
            path,
            value,
            "is not an instance's name",
            f"Write at most {LONGEST_NAME} of a-z, 0-9 and -, a letter first, not host, not beginning with firewall "
            f"and not ending in {' or '.join(_TAKEN)}; what people see is options.name",
        )
    return value


def _instance(
    value: Any, path: str, version: str, credentials: Mapping[str, str], zones: Mapping[str, Zone]
) -> Instance:
    entry = mapping(value, path, KEYS, _HINTS)
    name = _name(entry.get("name"), f"{path}.name")
    state = entry.get("state", "present")
    if state not in ("present", "absent"):
        raise SpecificationError(f"{path}.state", state, "is not a state", "Write present or absent")
    segment = parse_segment(entry.get("segment"), f"{path}.segment")
    bind = _bind(entry, segment, path)
    if state == "present" and not bind.discovery and not complete_login(credentials.get(name, "")):
        raise SpecificationError(
            f"{path}.bind.discovery",
            False,
            "leaves no way to log in",
            f"Give stored credentials in librespot_credentials.{name}, with a login in them, or leave discovery on",
        )
    relaxations = parse_relaxations(_written(entry, "relaxations"), f"{path}.relaxations")
    names = tuple(item.name for item in relaxations)
    options = _written(entry, "options")
    values = dict(normalise(options, version, f"{path}.options", names))
    values.setdefault("name", name)
    if "backend" not in values:
        # Safe and silent until the user says where to play: ALSA's null device needs no hardware.
        values.update({"backend": "alsa", "device": "null"})
    consistent(values, relaxations, path)
    return Instance(
        name=name,
        path=path,
        present=state == "present",
        port=integer(entry.get("port", DEFAULT_PORT), f"{path}.port", 1024, 65535),
        bind=bind,
        segment=segment,
        access=_access(entry.get("access"), bind, zones, path) if state == "present" else (),
        options=values,
        limits=parse_limits(_written(entry, "limits"), f"{path}.limits"),
        relaxations=relaxations,
        credentials=name in credentials,
    )


def _bind(entry: Mapping[str, Any], segment: Segment | None, path: str) -> Bind:
    """Return where an instance is bound: in a segment of its own, to the one interface that there is."""
    bind = parse_bind(_written(entry, "bind"), f"{path}.bind")
    if segment is None or bind.kind == OFF:
        return bind
    if bind.kind != AUTOMATIC:
        raise SpecificationError(
            f"{path}.bind",
            entry["bind"],
            "contradicts segment: an instance in a segment of its own is bound to the one interface in it",
            "Leave bind out, or segment",
        )
    return Bind(INTERFACE, SEGMENT_INTERFACE)


def _written(entry: Mapping[str, Any], key: str) -> Any:
    """Return what stands at *key*; nothing at all is an empty mapping, and anything else is read as it is."""
    value = entry.get(key)
    return {} if value is None else value


def _access(value: Any, bind: Bind, zones: Mapping[str, Zone], path: str) -> tuple[str, ...]:
    """Return the zones that may reach an instance; whoever is bound to nobody's reach need not say so again."""
    if value is None and bind.kind in (OFF, LOOPBACK):
        return ()
    access = parse_access(value, zones, f"{path}.access")
    refuse_unreachable(bind, access, zones, path)
    return access


def _unique(instances: Sequence[Instance]) -> None:
    names: dict[str, str] = {}
    ports: dict[tuple[str, int], str] = {}
    tags: dict[Segment, str] = {}
    addresses: dict[tuple[str, int, str], str] = {}
    for item in instances:
        if item.name in names:
            raise SpecificationError(
                f"{item.path}.name", item.name, f"is the name of {names[item.name]} too", "Give each its own"
            )
        names[item.name] = item.path
        if not item.present:
            continue
        if item.segment and item.segment.vlan:
            _own_tag(item, item.segment, tags)
        if item.segment:
            _own_addresses(item, item.segment, addresses)
        if not item.discovery:
            continue
        # In segments of their own they do not meet.
        place = (item.namespace, item.port)
        if place in ports:
            raise SpecificationError(
                f"{item.path}.port",
                item.port,
                f"is the port of {ports[place]} too",
                f"Give each instance its own, as port: {_free(item.port, instances)}",
            )
        ports[place] = item.path


def _free(port: int, instances: Sequence[Instance]) -> int:
    """Return the next number behind *port* that is no instance's port."""
    taken = {item.port for item in instances}
    found: int = next(number for number in (*range(port + 1, 65536), *range(1024, port)) if number not in taken)
    return found


def _own_tag(item: Instance, segment: Segment, seen: dict[Segment, str]) -> None:
    """Refuse a second instance in a VLAN: the kernel has one device for each tag of an interface."""
    tag = Segment(segment.parent, segment.vlan)
    if tag in seen:
        raise SpecificationError(
            f"{item.path}.segment.vlan",
            segment.vlan,
            f"on {segment.parent} is that of {seen[tag]} too",
            f"Make {segment.parent}.{segment.vlan} an interface of the host, and the parent of both, without vlan",
        )
    seen[tag] = item.path


def _own_addresses(item: Instance, segment: Segment, seen: dict[tuple[str, int, str], str]) -> None:
    """Refuse an address that another instance has on the same wire."""
    for index, text in enumerate(segment.addresses):
        place = (segment.parent, segment.vlan, text.partition("/")[0])
        if place in seen:
            raise SpecificationError(
                f"{item.path}.segment.addresses[{index}]",
                text,
                f"is that of {seen[place]} too",
                "Give each instance its own",
            )
        seen[place] = item.path


def _credentials(value: Any, names: Sequence[str]) -> Mapping[str, str]:
    """Return the stored credentials; what they hold is never shown, not even when it is wrong."""
    entry = dict(mapping({} if value is None else value, "librespot_credentials", tuple(names), secret=True))
    for name, given in entry.items():
        # ansible-core 2.18 makes a mapping of a template whose result looks like one.
        text = entry[name] = json.dumps(given) if isinstance(given, Mapping) else given
        problem = unusable_login(text)
        if problem:
            raise SpecificationError(
                f"librespot_credentials.{name}",
                None,
                problem,
                "Give the whole credentials.json that librespot wrote, as one string",
                secret=True,
            )
    return entry


def _deployable(item: Instance) -> None:
    """Refuse relaxations that its deployment has not, or that its segment contradicts."""
    contained = item.deployment == CONTAINER
    for relaxation in item.relaxations:
        path = f"{item.path}.relaxations.{relaxation.name}"
        if contained and relaxation.name not in IN_CONTAINERS:
            raise SpecificationError(
                path,
                relaxation.reason,
                f"is for an instance that runs as a service; a container can be given {', '.join(IN_CONTAINERS)}",
                "Leave it out, or deploy the instance as a service",
            )
        if not contained and relaxation.name in ONLY_IN_CONTAINERS:
            raise SpecificationError(
                path,
                relaxation.reason,
                "is for an instance that runs in a container; a service is on the host's network, or in its segment",
                "Leave it out",
            )
        if item.segment and relaxation.name == HOST_NETWORK:
            raise SpecificationError(
                path, relaxation.reason, "contradicts segment, which is a network of its own", "Leave out one of them"
            )


def parse_specification(
    version: Any, instances: Any, credentials: Any = None, zones: Any = None, deployment: str = SYSTEMD
) -> Specification:
    """Return the specification, of instances that all have one *deployment*.

    Raises `SpecificationError` with the path of the first value that is not right.
    """
    checked = parse_version(version)
    known = parse_zones({} if zones is None else zones)
    items = sequence(instances, "librespot_instances")
    names = [item.get("name") for item in items if isinstance(item, Mapping)]
    secrets = _credentials(credentials, [name for name in names if isinstance(name, str)])
    found = tuple(
        replace(_instance(item, f"librespot_instances[{at}]", checked, secrets, known), deployment=deployment)
        for at, item in enumerate(items)
    )
    for item in found:
        _deployable(item)
    _unique(found)
    return Specification(checked, found, secrets, known)
