# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would stop a specification from being applied to this host. Asked before anything is changed."""

from __future__ import annotations

from ..host.accounts import group_exists
from ..host.proc import owner_of_port
from ..host.readable import executable
from ..model.errors import HostError, LibrespotError, SpecificationError
from ..model.facts import refusals
from ..model.instance import Instance, Specification
from .registry import Host

# librespot has one thread per processor and about 16 besides.
_THREADS = 16


def refuse_unusable(host: Host, spec: Specification) -> None:
    """Raise one error with all that stands in the way on this host."""
    found: list[LibrespotError] = list(refusals(host.facts))
    for item in spec.present:
        found += _port(item, spec) + _tasks(item, host.facts.processors) + _opened(item)
    if len(found) == 1:
        raise found[0]
    if found:
        raise HostError(
            "; ".join(f"{number}. {item.message}" for number, item in enumerate(found, 1)),
            " ".join(f"{number}. {item.remedy}." for number, item in enumerate(found, 1)),
        )


def _port(item: Instance, spec: Specification) -> list[LibrespotError]:
    if not item.discovery:
        return []
    holder = owner_of_port(item.port)
    # An instance that goes makes room: that is how one gets another name.
    makes_room = [item.unit, *(other.unit for other in spec.instances if not other.present)]
    if holder is None or any(holder[2].endswith(f"/{unit}") for unit in makes_room):
        return []
    pid, program, _cgroup = holder
    return [
        SpecificationError(
            f"{item.path}.port",
            item.port,
            f"is taken on this host by {program} (process {pid})",
            "Stop that program or give the instance another port",
        )
    ]


def _tasks(item: Instance, processors: int) -> list[LibrespotError]:
    if item.limits.tasks >= processors + _THREADS:
        return []
    return [
        SpecificationError(
            f"{item.path}.limits.tasks",
            item.limits.tasks,
            f"is too few for this host's {processors} processors",
            f"Write at least {processors + _THREADS}",
        )
    ]


def _opened(item: Instance) -> list[LibrespotError]:
    """Return what relaxations name and the host has not: systemd would not start the instance without it."""
    found: list[LibrespotError] = []
    for relaxation in item.relaxations:
        where = f"{item.path}.relaxations.{relaxation.name}"
        group = relaxation.first("group")
        if group and not group_exists(group):
            found.append(
                SpecificationError(
                    f"{where}.group", group, "is not a group of this host", "Make it first, or name the right one"
                )
            )
        for index, program in enumerate(relaxation.values.get("programs", ())):
            if not executable(program):
                found.append(
                    SpecificationError(
                        f"{where}.programs[{index}]",
                        program,
                        "is not a program of this host",
                        "Install it first, with the right to be executed",
                    )
                )
    return found
