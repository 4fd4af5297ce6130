# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ran an instance the other way until now: two of one name cannot have one port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..host.engine import Engine
from ..model.container import container_name
from ..model.instance import Specification
from ..render.unit import UNITS, settings_path
from ..render.watchdog import TIMER
from .base import Planner
from .containers import container_gone, running, watchdog_planners
from .file import FilePlanner
from .image import IMAGES
from .registry import Host, ours, runs, service_gone

_PROXY = "docker-proxy"


def displaced_services(host: Host, spec: Specification) -> list[Planner]:
    """Return what ends the services of instances that *spec* runs in containers, with what they have stored."""
    planners: list[Planner] = []
    for item in spec.present:
        if runs(host, item.name):
            planners += service_gone(host, replace(item, present=False))
            planners.append(FilePlanner(host.files, settings_path(item.name), None, scope=item.name))
    return planners


def displaced_containers(host: Host, spec: Specification) -> list[Planner]:
    """Return what ends the containers of instances that *spec* runs as services. Their users and logins stay."""
    if not has_containers(host):
        return []
    engine = Engine()
    there = running(engine)
    moved = [item for item in spec.present if item.name in there]
    planners = [planner for item in moved for planner in container_gone(host, engine, replace(item, present=False))]
    return [*planners, *([] if there - {item.name for item in moved} else watchdog_planners(host, False))]


def services(host: Host) -> Specification:
    """Return a specification that removes every service of ours, and leaves what belongs to containers of ours."""
    contained = running(Engine()) if has_containers(host) else set()
    spec = ours(host)
    left = tuple(item for item in spec.instances if item.name not in contained or runs(host, item.name))
    return replace(spec, instances=left)


def hold(host: Host, names: Sequence[str], port: int, pid: int, program: str) -> bool:
    """Whether *program*, the process *pid* at the *port*, is a container of the instances *names*, or publishes one."""
    if not has_containers(host):
        return False
    engine = Engine()
    for there in filter(None, (engine.container(container_name(name)) for name in names)):
        published = f"{port}/tcp" in (there["HostConfig"]["PortBindings"] or {})
        if there["State"]["Pid"] == pid or (published and program == _PROXY):
            return True
    return False


def has_containers(host: Host) -> bool:
    """Whether the collection has run containers on this host, and not removed them since; without one, no engine."""
    return any(host.files.read(path, content=False) for path in (IMAGES, f"{UNITS}/{TIMER}"))
