# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the instances of a host need to run in containers of Podman: users, logins, networks, Quadlets."""

from __future__ import annotations

import os
import re
from functools import partial

from ..host.files import Files
from ..host.podman import Podman
from ..model.bind import ADDRESS, LOOPBACK
from ..model.container import INSTANCE_LABEL
from ..model.errors import SpecificationError
from ..model.instance import CONTAINER, Instance, Specification, is_name
from ..model.layout import ROOT
from ..model.relaxations import HOST_NETWORK
from ..render.quadlet import QUADLETS, SECCOMP, seccomp_path
from ..render.quadlet import SLICE as QUADLET_SLICE
from ..render.seccomp import profile_text
from ..render.unit import MARK, credentials_path
from .account import AccountPlanner
from .apparmor import parser_planners, profile_planners
from .base import Planner
from .containers import login_planners, place_of, settings_directories
from .file import DirectoryPlanner, FilePlanner, HuskPlanner, OnlyPlanner
from .guests import GuestsPlanner
from .profiles import OutlivedProfilesPlanner
from .quadlet import NoQuadletPlanner, PodmanNetworkPlanner, QuadletPlanner, StrayPlanner
from .quadlet_file import SweptPlanner
from .registry import Host, ours, remnants, runs
from .slices import EmptySlicePlanner, shared_slice
from .strays import strays

_OURS = re.compile(r"librespot-([a-z0-9-]+)\.(?:container|network)")


def quadlet_planners(host: Host, podman: Podman, spec: Specification, image: str = "") -> list[Planner]:
    """Return what runs the instances of *spec* with the *image*; those of ours that it does not mention are removed.

    Without an image, each with the one that it has, if that is one of ours.
    """
    refuse_networks(spec)
    declared = {item.name for item in spec.present}
    gone = [
        Instance(name, f"container {name}", present=False, deployment=CONTAINER)
        for name in sorted(_there(host, podman) | remnants(host) | {item.name for item in spec.instances})
        if name not in declared
    ]
    profile = seccomp_path(profile_text())
    found = strays(podman, [*gone, *spec.present])
    networks = {item.name: _network(host, podman, item) for item in spec.present}
    absent = {item.name: quadlet_gone(host, podman, item.name) for item in gone}
    planners: list[Planner] = [
        *(GuestsPlanner(podman, name, planner.network_goes, found) for name, planner in absent.items()),
        *(GuestsPlanner(podman, name, planner.goes, found) for name, planner in networks.items()),
        SweptPlanner(host.files),
        *(_shared(host, spec, profile) if spec.present else []),
        *(StrayPlanner(host.systemd, podman, name, scope) for name, scope in found.items()),
    ]
    for item in gone:
        planners += [
            absent[item.name],
            *profile_planners(host.commands, host.files, host.facts, item),
            FilePlanner(host.files, credentials_path(item.name), None, scope=item.name, secret=True),
            AccountPlanner(host.accounts, item),
        ]
    every = not spec.present and not any(runs(host, item.name) for item in ours(host).instances)
    planners.append(OutlivedProfilesPlanner(host.files, [item.name for item in gone], every))
    if every:
        planners.append(EmptySlicePlanner(host.systemd, host.files, [QUADLET_SLICE]))
    names = [item.name for item in spec.present]
    for number, item in enumerate(spec.present):
        planners += [
            AccountPlanner(host.accounts, item),
            *login_planners(host, item, spec),
            *profile_planners(host.commands, host.files, host.facts, item),
            networks[item.name],
            QuadletPlanner(
                host.commands,
                host.systemd,
                host.files,
                podman,
                item,
                partial(place_of, host, podman, item, image),
                names[:number],
                names[number + 1 :],
            ),
        ]
    if spec.present:
        # When nothing runs with an older one any more.
        planners.append(OnlyPlanner(host.files, SECCOMP, [os.path.basename(profile)]))
    else:
        planners += no_filters(host)
        logins = [credentials_path(item.name) for item in gone]
        planners.append(HuskPlanner(host.files, os.path.dirname(credentials_path("any")), logins))
    return planners


def _shared(host: Host, spec: Specification, profile: str) -> list[Planner]:
    """Return what the containers of *spec* need of the host. It comes first, whatever becomes of one of them."""
    return [
        *shared_slice(host),
        *parser_planners(host.commands, host.facts),
        DirectoryPlanner(host.files, QUADLETS, along=os.path.dirname(QUADLETS)),
        DirectoryPlanner(host.files, SECCOMP, along=ROOT),
        FilePlanner(host.files, profile, profile_text()),
        *(settings_directories(host) if any(item.credentials for item in spec.present) else []),
    ]


def refuse_networks(spec: Specification) -> None:
    """Raise `SpecificationError` for an instance that Podman does not publish where anyone would be answered."""
    for item in spec.present:
        wanted = "segment" if item.segment else f"relaxations.{HOST_NETWORK}" if item.on_host else ""
        if wanted:
            raise SpecificationError(
                f"{item.path}.{wanted}",
                item.name,
                f"is for Docker{' and services' if item.segment else ''} alone",
                "Use librespot_container_engine: docker",
            )
        address = item.bind.value if item.bind.kind in (ADDRESS, LOOPBACK) else ""
        if ":" in address:
            raise SpecificationError(
                f"{item.path}.bind.address",
                address,
                "is of IPv6, in which Podman answers nobody",
                "Write an address of IPv4, or use librespot_container_engine: docker",
            )


def _network(host: Host, podman: Podman, item: Instance) -> PodmanNetworkPlanner:
    return PodmanNetworkPlanner(host.commands, host.systemd, host.files, podman, item)


def quadlet_gone(host: Host, podman: Podman, name: str) -> NoQuadletPlanner:
    """Return what removes the container of the instance *name* and its network, and leaves its user."""
    return NoQuadletPlanner(host.commands, host.systemd, host.files, podman, name)


def no_filters(host: Host) -> list[Planner]:
    """Return what removes the system call filters, when nothing runs with one any more."""
    return [DirectoryPlanner(host.files, SECCOMP, None)]


def has_quadlets(files: Files) -> bool:
    """Whether the collection has run Quadlets on this host, and not removed them since; without one, no Podman."""
    left = files.left_behind(QUADLETS) or files.read(SECCOMP, content=False) is not None
    return left or bool(quadlets(files))


def _there(host: Host, podman: Podman) -> set[str]:
    """Return the instances of which there is anything of Podman's: also one whose files someone has removed."""
    labelled = [*podman.containers(INSTANCE_LABEL), *podman.networks(INSTANCE_LABEL)]
    # Whoever makes an image can write the label, with anything.
    return quadlets(host.files) | set(filter(is_name, (item["Labels"][INSTANCE_LABEL] for item in labelled)))


def quadlets(files: Files) -> set[str]:
    """Return the instances that have a Quadlet of ours; one of such a name may be its user's own."""
    found = set()
    for name in files.names(QUADLETS):
        match = _OURS.fullmatch(name)
        entry = files.read(f"{QUADLETS}/{name}") if match else None
        if match and entry and entry.content.startswith(MARK.encode()):
            found.add(match.group(1))
    return found
