# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host's avahi announces for instances that cannot announce themselves."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ..host.files import FILE
from ..model.avahi import Avahi, parse_avahi
from ..model.bind import LOOPBACK
from ..model.errors import HostError
from ..model.instance import Instance, Specification
from ..render.announcement import MARK, SERVICES, service_file, service_path
from .base import Planner
from .file import FilePlanner
from .registry import Host

AVAHI = "/etc/avahi/avahi-daemon.conf"
AVAHI_UNIT = "avahi-daemon.service"

_PORT = re.compile(r"<port>(\d+)</port>")
_OURS = re.compile(r"^librespot-([a-z][a-z0-9-]*)\.service$")


def announcement_planners(host: Host, spec: Specification, unfinished: Collection[str] = ()) -> list[Planner]:
    """Return a service file for each present instance that listens, and none of ours besides.

    In a segment of its own, and on the host's network, it announces itself. What is said of those that are *unfinished*
    stays as it is, since they run as they did before, unless another one has their port now.
    """
    wanted = {service_path(item.name): item for item in announced(spec) if item.name not in unfinished}
    taken = {item.port for item in wanted.values()}
    kept = {path for path in map(service_path, unfinished) if _port(host, path) not in taken}
    left = sorted(path for path in _ours(host) if path not in wanted and path not in kept)
    return [
        *(FilePlanner(host.files, path, service_file(item), scope=item.name) for path, item in wanted.items()),
        *(FilePlanner(host.files, path, None) for path in left),
    ]


def no_announcements(host: Host, names: Collection[str]) -> list[Planner]:
    """Return what removes the service files of the instances *names*, which announce themselves."""
    gone = sorted({service_path(name) for name in names} & set(_ours(host)))
    return [FilePlanner(host.files, path, None) for path in gone]


def announced(spec: Specification) -> list[Instance]:
    """Return the instances of *spec* that cannot announce themselves, and that others can reach."""
    return [item for item in spec.present if item.discovery and item.bridge and item.bind.kind != LOOPBACK]


def _ours(host: Host) -> list[str]:
    found = []
    for match in filter(None, map(_OURS.match, host.files.names(SERVICES))):
        path = f"{SERVICES}/{match.group()}"
        entry = host.files.read(path)
        if entry and entry.kind == FILE and MARK.encode() in entry.content:
            found.append(path)
    return found


def _port(host: Host, path: str) -> int:
    """Return the port that the file at *path* tells of; 0 when it tells of none."""
    entry = host.files.read(path)
    match = _PORT.search(entry.content.decode(errors="replace")) if entry else None
    return int(match.group(1)) if match else 0


@dataclass(frozen=True)
class Muted:
    """Why avahi does not announce an instance, now or after a boot; *nothing* when it announces none now."""

    message: str
    remedy: str
    nothing: bool = False


def muted(host: Host, spec: Specification) -> list[Muted]:
    """Return all that keeps avahi from announcing the instances of *spec*. The audit and apply judge by it alike."""
    state = host.systemd.show(AVAHI_UNIT, ["ActiveState", "UnitFileState"])
    active, enabled = state.get("ActiveState"), state.get("UnitFileState") or "not there"
    found = []
    if active != "active":
        found.append(
            Muted(
                f"avahi-daemon does not run on this host ({AVAHI_UNIT} is {active})",
                "Install the package avahi-daemon and start it; or write librespot_container_announce: false, and "
                "announce the instances otherwise",
                nothing=True,
            )
        )
    if enabled != "enabled":
        found.append(
            Muted(
                f"avahi-daemon does not start at boot ({AVAHI_UNIT} is {enabled})",
                f"Run: systemctl enable {AVAHI_UNIT}",
            )
        )
    settings = _settings(host)
    if not settings.publishes:
        found.append(
            Muted(
                f"avahi-daemon announces nothing (disable-publishing in {AVAHI})",
                f"Write disable-publishing=no in {AVAHI} and restart avahi-daemon",
                nothing=True,
            )
        )
    bound = sorted({item.interface for item in announced(spec) if item.interface})
    kept = [name for name in bound if not settings.announces_on(name)]
    if kept:
        found.append(
            Muted(
                f"avahi-daemon is kept from {', '.join(kept)}, where instances answer ({AVAHI})",
                f"Write those to allow-interfaces in {AVAHI}, or take them out of deny-interfaces, and restart "
                "avahi-daemon",
            )
        )
    return found


def require_avahi(host: Host, spec: Specification) -> list[Muted]:
    """Raise `HostError` when nothing of *spec* would be announced; return what would not be at once, or for all."""
    found = muted(host, spec)
    fatal = [item for item in found if item.nothing]
    if fatal:
        raise HostError("; ".join(item.message for item in fatal), "; ".join(item.remedy for item in fatal))
    return found


def elsewhere(host: Host, spec: Specification) -> str:
    """Return on what interfaces avahi announces the instances besides those that they answer on; empty: on none.

    It announces all of its services on all of its interfaces, which the user alone can narrow.
    """
    bound = {item.interface for item in spec.present if item.interface and item.bridge}
    settings = _settings(host)
    if not settings.allowed:
        return "every interface of the host" + (f" but {', '.join(sorted(settings.denied))}" if settings.denied else "")
    return ", ".join(sorted(settings.allowed - settings.denied - bound))


def _settings(host: Host) -> Avahi:
    entry = host.files.read(AVAHI)
    return parse_avahi(entry.content.decode(errors="replace")) if entry else Avahi()
