# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the scheduled check is made of, in the order in which it is put there."""

from __future__ import annotations

import inspect
import os

from ..host import check_run
from ..model.errors import CommandError, SpecificationError
from ..model.layout import ROOT
from ..model.schedule import Schedule
from ..render.check_units import CACHE, DIRECTORY, FAILED, PROGRAM, SERVICE, STAMP, TIMER, check_units
from ..render.unit import UNITS
from .base import Planner
from .drop_ins import no_drop_ins
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .registry import Host
from .service import ForgottenPlanner, StoppedPlanner
from .unit import LoadedPlanner, UnitPlanner

_PATHS = [f"{UNITS}/{name}" for name in (SERVICE, FAILED, TIMER)]


def refuse_unusable(host: Host, schedule: Schedule) -> None:
    """Raise `SpecificationError` for what the *host* does not have, or its systemd does not understand."""
    if host.accounts.find(schedule.user) is None:
        raise SpecificationError("user", schedule.user, "is no user of this host", "Make it first: useradd --system")
    for option, path in schedule.files.items():
        if not os.path.exists(path):
            raise SpecificationError(option, path, "does not exist on this host", "Put it there first")
    try:
        host.commands.run(["systemd-analyze", "calendar", "--", schedule.calendar])
    except CommandError as error:
        raise SpecificationError(
            "calendar", schedule.calendar, f"is no calendar event: {error.said}", "See systemd.time(7)"
        ) from error


def schedule_planners(host: Host, schedule: Schedule | None) -> list[Planner]:
    """Return what makes the check run as *schedule* says; without, what removes all of it, and what it has kept."""
    files = host.files
    if schedule is None:
        return _absent(host)
    return [
        DirectoryPlanner(files, os.path.dirname(PROGRAM), along=ROOT),
        FilePlanner(files, PROGRAM, inspect.getsource(check_run)),
        *(FilePlanner(files, path, text) for path, text in check_units(schedule).items()),
        *no_drop_ins(host, _PATHS),
        LoadedPlanner(host.systemd, files, SERVICE),
        LoadedPlanner(host.systemd, files, FAILED),
        UnitPlanner(host.systemd, files, TIMER),
    ]


def _absent(host: Host) -> list[Planner]:
    files = host.files
    return [
        UnitPlanner(host.systemd, files, TIMER, present=False),
        StoppedPlanner(host.systemd, SERVICE),
        StoppedPlanner(host.systemd, FAILED),
        ForgottenPlanner(host.systemd, "the check", [SERVICE, FAILED, TIMER]),
        *no_drop_ins(host, _PATHS),
        *(FilePlanner(files, path, None) for path in (*_PATHS, STAMP, PROGRAM)),
        DirectoryPlanner(files, DIRECTORY, None),
        DirectoryPlanner(files, CACHE, None),
        HuskPlanner(files, os.path.dirname(PROGRAM), [PROGRAM]),
        HuskPlanner(files, ROOT, [PROGRAM], [os.path.dirname(PROGRAM)]),
    ]
