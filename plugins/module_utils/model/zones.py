# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zones: who may reach an instance, from where, when and how often. Named once, used by many instances."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import SpecificationError, missing
from .networks import Networks, parse_networks
from .reading import boolean, integer, mapping, sequence

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_NAME = 20

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_RATE = re.compile(r"(\d{1,5})/(second|minute|hour)")
_TIME = re.compile(r"(\d{1,6})([smhd])")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,14}")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DAY = 24 * 60
_LONGEST_GRANT = 30 * 86400

_KEYS = ("networks", "macs", "interfaces", "hours", "days", "rate", "connections", "grants", "max_ttl")
_HINTS = {
    "network": "Write networks, a list",
    "addresses": "Write them in networks",
    "ranges": "Write them in networks",
    "mac": "Write macs, a list",
    "interface": "Write interfaces, a list",
    "ttl": "Write max_ttl",
}


@dataclass(frozen=True)
class Rate:
    """How many new connections one source may make in a *unit* of time."""

    count: int = 60
    unit: str = "minute"


@dataclass(frozen=True)
class Zone:
    """Sources that are trusted alike.

    A packet is of the zone when it arrives at one of *interfaces* (any when empty), comes from *networks* or one of
    *macs* (anyone when there are neither, and interfaces are given), or from an address with a grant, and when it is
    within *hours* (minutes of the day of the host's own time; the second may be before the first) on one of *days*
    (0 is Monday; all when empty). *max_ttl* is the longest time of a grant, in seconds; 0 is no grants.
    """

    name: str
    networks: Networks = field(default_factory=Networks)
    macs: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    hours: tuple[int, int] | None = None
    days: tuple[int, ...] = ()
    rate: Rate = field(default_factory=Rate)
    connections: int = 16
    max_ttl: int = 0

    @property
    def grants(self) -> bool:
        """Whether addresses can be let in for a time."""
        return bool(self.max_ttl)

    @property
    def anyone(self) -> bool:
        """Whether everyone who arrives at one of the interfaces is trusted."""
        return bool(self.interfaces) and not self.networks and not self.macs and not self.grants


PRIVATE = "private"
"""The zone of an inventory that names none: the addresses that no router of the Internet forwards."""

_PRIVATE = (
    "10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10",
)  # fmt: skip


def default_zones() -> Mapping[str, Zone]:
    """Return the zones of an inventory that names none. Nobody from the Internet is in them."""
    return {PRIVATE: Zone(PRIVATE, parse_networks(_PRIVATE, "librespot_zones"))}


def interface_name(value: Any, path: str) -> str:
    """Return the name of a network interface, of the letters that stand for themselves everywhere."""
    if not isinstance(value, str) or not _INTERFACE.fullmatch(value):
        raise SpecificationError(path, value, "is not an interface's name", "Write it as ip link shows it, as eth0")
    return value


def seconds(value: Any, path: str, most: int) -> int:
    """Return a time in seconds, written as a number with s, m, h or d."""
    match = _TIME.fullmatch(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    if match is None:
        raise SpecificationError(path, value, "is not a time", "Write a whole number with s, m, h or d, as 4h")
    found = int(match.group(1)) * _SECONDS[match.group(2)]
    if not 1 <= found <= most:
        raise SpecificationError(path, value, "is out of range", f"Write a time from 1s to {seconds_text(most)}")
    return found


def seconds_text(number: int) -> str:
    """Return *number* of seconds with the largest unit that divides it."""
    for unit in ("d", "h", "m"):
        if number and number % _SECONDS[unit] == 0:
            return f"{number // _SECONDS[unit]}{unit}"
    return f"{number}s"


def _hours(value: Any, path: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    first, last = (0, 0) if match is None else (
        int(match.group(1)) * 60 + int(match.group(2)),
        int(match.group(3)) * 60 + int(match.group(4)),
    )  # fmt: skip
    if match is None or last > _DAY or first == last:
        raise SpecificationError(path, value, "is not a time of the day", 'Write from and to, as "08:00-22:00"')
    return first, last


def _days(value: Any, path: str) -> tuple[int, ...]:
    found = set()
    for index, item in enumerate(sequence(value, path)):
        if not isinstance(item, str) or item.lower() not in DAYS:
            raise SpecificationError(f"{path}[{index}]", item, "is not a day", f"Write one of: {', '.join(DAYS)}")
        found.add(DAYS.index(item.lower()))
    return () if len(found) == len(DAYS) else tuple(sorted(found))


def _rate(value: Any, path: str) -> Rate:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match.group(1)):
        raise SpecificationError(path, value, "is not a rate", "Write new connections of one source, as 60/minute")
    return Rate(int(match.group(1)), match.group(2))


def _macs(value: Any, path: str) -> tuple[str, ...]:
    found = set()
    for index, item in enumerate(sequence(value, path)):
        if not isinstance(item, str) or not _MAC.fullmatch(item.lower().replace("-", ":")):
            raise SpecificationError(f"{path}[{index}]", item, "is not a MAC address", "Write it as 00:1b:2c:3d:4e:5f")
        if int(item[:2], 16) & 1:
            raise SpecificationError(f"{path}[{index}]", item, "is the address of a group", "Write that of one card")
        found.add(item.lower().replace("-", ":"))
    return tuple(sorted(found))


def _zone(name: Any, value: Any, path: str) -> Zone:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise SpecificationError(
            path, name, "is not a zone's name", f"Write at most {LONGEST_NAME} of a-z, 0-9 and -, a letter first"
        )
    entry = mapping(value, path, _KEYS, _HINTS)
    names, networks = sequence(entry.get("interfaces", ()), f"{path}.interfaces"), f"{path}.networks"
    grants = boolean(entry.get("grants", False), f"{path}.grants")
    if "max_ttl" in entry and not grants:
        raise SpecificationError(f"{path}.max_ttl", entry["max_ttl"], "is for grants alone", "Write grants: true too")
    longest = seconds(entry.get("max_ttl", "1h"), f"{path}.max_ttl", _LONGEST_GRANT)
    zone = Zone(
        name=name,
        networks=parse_networks(sequence(entry.get("networks", ()), networks), networks, asking=True),
        macs=_macs(entry.get("macs", ()), f"{path}.macs"),
        interfaces=tuple(sorted({interface_name(x, f"{path}.interfaces[{at}]") for at, x in enumerate(names)})),
        hours=_hours(entry["hours"], f"{path}.hours") if "hours" in entry else None,
        days=_days(entry.get("days", ()), f"{path}.days"),
        rate=_rate(entry["rate"], f"{path}.rate") if "rate" in entry else Rate(),
        connections=integer(entry.get("connections", 16), f"{path}.connections", 1, 1024),
        max_ttl=longest if grants else 0,
    )
    if not (zone.networks or zone.macs or zone.interfaces or zone.grants):
        raise SpecificationError(
            path, value, "has no sources", "Give it networks, macs or interfaces, or grants: true for grants alone"
        )
    return zone


def parse_zones(value: Any, path: str = "librespot_zones") -> Mapping[str, Zone]:
    """Return the zones by name; those of `default_zones` when there are none. Raises `SpecificationError`."""
    if not isinstance(value, Mapping):
        raise SpecificationError(path, value, "is not a mapping", "Write a name, and under it the zone")
    found = {name: _zone(name, value[name], f"{path}.{name}") for name in sorted(value, key=str)}
    return found or default_zones()


def parse_access(value: Any, zones: Mapping[str, Zone], path: str) -> tuple[str, ...]:
    """Return the names of the zones of an instance, each of them known. *value* None is the default zone's."""
    if value is None:
        if set(zones) == {PRIVATE} and zones == default_zones():
            return (PRIVATE,)
        raise missing(path, f"Name the zones that may reach the instance, of: {', '.join(zones)}; or write []")
    names: Sequence[Any] = sequence(value, path)
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in zones:
            raise SpecificationError(f"{path}[{index}]", name, "is not a zone", f"Known are: {', '.join(zones)}")
    return tuple(sorted(set(names)))
