# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ran an instance the other way until now: two of one name cannot have one port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..host.engine import Engine
from ..host.engines import AnyEngine
from ..host.files import Files
from ..host.podman import Podman
from ..model.container import DOCKER, INSTANCE_LABEL, PODMAN, container_name
from ..model.errors import HostError
from ..model.instance import Specification
from ..render.slice import slice_path
from ..render.unit import UNITS, settings_path
from ..render.watchdog import PROGRAM, TIMER
from .announcement import no_announcements
from .base import HOST, Planner
from .containers import container_gone, guests_planners, no_strays, running, watchdog_planners
from .file import FilePlanner
from .guests import GuestsPlanner
from .image import engines_with_images
from .quadlet import StrayPlanner
from .quadlets import has_quadlets, no_filters, quadlet_gone, quadlets
from .registry import Host, ours, runs, service_gone
from .strays import strays

PUBLISHERS = ("docker-proxy", "dockerd", "conmon", "netavark", "rootlessport")
"""What holds the ports that an engine publishes."""


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
    names = [item.name for item in spec.present]
    return [*_displaced_quadlets(host, spec), *_displaced_from_docker(host, spec), *no_announcements(host, names)]


def _displaced_quadlets(host: Host, spec: Specification) -> list[Planner]:
    there = _in_podman(host)
    moved = [item for item in spec.present if item.name in there]
    if not moved:
        return []
    podman = Podman(host.commands)
    # Of others that run on in containers nothing is known here.
    mine = {name: scope for name, scope in strays(podman, moved).items() if scope != HOST}
    gone = {item.name: quadlet_gone(host, podman, item.name) for item in moved}
    return [
        *(GuestsPlanner(podman, name, planner.network_goes, mine) for name, planner in gone.items()),
        *(StrayPlanner(host.systemd, podman, name, scope) for name, scope in mine.items()),
        *gone.values(),
        *([] if there - {item.name for item in moved} else no_filters(host)),
    ]


def _displaced_from_docker(host: Host, spec: Specification) -> list[Planner]:
    if not has_containers(host.files):
        return []
    engine = Engine()
    there = running(engine)
    # Of a move that was killed there may be no container any more, and the rest of it.
    moved = [item for item in spec.present if item.name in there or _left(host, engine, item.name)]
    gone = [replace(item, present=False) for item in moved]
    # Of others that run on in containers nothing is known here.
    mine = {name: scope for name, scope in strays(engine, gone).items() if scope != HOST}
    return [
        *guests_planners(engine, gone, mine),
        *no_strays(engine, mine),
        *(planner for item in gone for planner in container_gone(host, engine, item)),
        *([] if there - {item.name for item in moved} else watchdog_planners(host, False)),
    ]


def _left(host: Host, engine: Engine, name: str) -> bool:
    network = engine.network(container_name(name)) or {}
    ours = INSTANCE_LABEL in (network.get("Labels") or {})
    return ours or host.files.read(slice_path(container_name(name)), content=False) is not None


def services(host: Host) -> Specification:
    """Return a specification that removes every service of ours, and leaves what belongs to containers of ours."""
    there, spec = contained(host), ours(host)
    left = tuple(item for item in spec.instances if item.name not in there or runs(host, item.name))
    return replace(spec, instances=left)


def contained(host: Host) -> set[str]:
    """Return the instances that have a container of ours, whichever engine runs it."""
    return _in_podman(host) | (running(Engine()) if has_containers(host.files) else set())


def _in_podman(host: Host) -> set[str]:
    """Return those of Podman: also one whose Quadlet someone has removed."""
    return quadlets(host.files) | (running(Podman(host.commands)) if has_quadlets(host.files) else set())


def hold(host: Host, names: Sequence[str], port: int, pid: int, program: str) -> bool:
    """Whether *program*, the process *pid* at the *port*, is a container of the instances *names*, or publishes one."""
    of_podman = quadlets(host.files).intersection(names)
    engines: list[AnyEngine] = [Podman(host.commands)] if of_podman else []
    engines += [Engine()] if has_containers(host.files) else []
    for there in filter(None, (engine.container(container_name(name)) for engine in engines for name in names)):
        published = f"{port}/tcp" in (there["HostConfig"]["PortBindings"] or {})
        # Neither a holder that cannot be seen nor a container that is stopped has a process.
        if (pid and there["State"]["Pid"] == pid) or (published and program in PUBLISHERS):
            return True
    return False


def has_containers(files: Files) -> bool:
    """Whether the collection has run containers of Docker on this host, and not removed them since.

    Without one it needs no engine. The program is there before the first container, and goes after the last one.
    """
    return any(files.read(path, content=False) for path in (PROGRAM, f"{UNITS}/{TIMER}"))


def refuse_other_engine(files: Files, engine: str) -> None:
    """Raise an error when another than *engine* has instances or images here: two cannot have one port."""
    images = engines_with_images(files)
    for name, runs_here in ((PODMAN, has_quadlets(files)), (DOCKER, has_containers(files))):
        if name != engine and (runs_here or name in images):
            raise HostError(
                f"Instances of this host run in containers of {name}, or their images are there",
                f"Remove them first, with librespot_state: absent and librespot_container_engine: {name}",
            )
