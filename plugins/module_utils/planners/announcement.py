# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host's avahi announces for instances that cannot announce themselves."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..host.files import FILE
from ..model.bind import LOOPBACK
from ..model.errors import HostError
from ..model.instance import Instance, Specification
from ..render.announcement import MARK, SERVICES, service_file, service_path
from .base import Planner
from .file import FilePlanner
from .registry import Host

AVAHI = "/etc/avahi/avahi-daemon.conf"

_UNIT = "avahi-daemon.service"
_OURS = re.compile(r"^librespot-([a-z][a-z0-9-]*)\.service$")
_ALLOWED = re.compile(r"(?m)^[ \t]*allow-interfaces[ \t]*=[ \t]*(\S.*?)[ \t]*$")


def announcement_planners(host: Host, spec: Specification, unfinished: Collection[str] = ()) -> list[Planner]:
    """Return a service file for each present instance that listens, and none of ours besides.

    In a segment of its own, and on the host's network, it announces itself. What is said of those that are *unfinished*
    stays as it is: they do not run, or as they did before.
    """
    kept = set(map(service_path, unfinished))
    wanted = {service_path(item.name): item for item in announced(spec) if item.name not in unfinished}
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


def require_avahi(host: Host) -> None:
    """Raise `HostError` when avahi does not run: nothing would be announced."""
    state = host.systemd.show(_UNIT, ["ActiveState"]).get("ActiveState")
    if state != "active":
        raise HostError(
            f"avahi-daemon does not run on this host ({_UNIT} is {state})",
            "Install the package avahi-daemon and start it; or write librespot_container_announce: false, and announce "
            "the instances otherwise",
        )


def elsewhere(host: Host, spec: Specification) -> str:
    """Return on what interfaces avahi announces the instances besides those that they answer on; empty: on none.

    It announces all of its services on all of its interfaces, which the user alone can narrow.
    """
    bound = {item.interface for item in spec.present if item.interface and item.bridge}
    entry = host.files.read(AVAHI)
    match = _ALLOWED.search(entry.content.decode(errors="replace")) if entry else None
    if not match:
        return "every interface of the host"
    return ", ".join(sorted({name.strip() for name in match.group(1).split(",")} - bound))
