# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the scheduled audit is made of, in the order in which it is put there."""

from __future__ import annotations

import hashlib
import os

from ..model.audit_description import Description, encode
from ..model.errors import CommandError, SpecificationError
from ..model.layout import ROOT
from ..render.audit_units import DESCRIPTION, DIRECTORY, PROGRAM, SERVICE, STAMP, TIMER, audit_units
from ..render.unit import SETTINGS, UNITS
from .base import Planner
from .drop_ins import no_drop_ins
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .registry import Host
from .service import ForgottenPlanner, StoppedPlanner
from .unit import LoadedPlanner, UnitPlanner

_PATHS = [f"{UNITS}/{name}" for name in (SERVICE, TIMER)]


def refuse_unschedulable(host: Host, description: Description, path: str) -> None:
    """Raise `SpecificationError` for what the *host* does not have; *path* is where the user described the timer."""
    timer = description.timer
    if not os.access(timer.interpreter, os.X_OK):
        raise SpecificationError(
            f"{path}.interpreter", timer.interpreter, "is no program of this host", "Name a Python of the host, or none"
        )
    try:
        host.commands.run(["systemd-analyze", "calendar", "--", timer.calendar])
    except CommandError as error:
        raise SpecificationError(
            f"{path}.calendar", timer.calendar, f"is no calendar event: {error.said}", "See systemd.time(7)"
        ) from error


def scheduled_audit_planners(host: Host, description: Description | None, archive: bytes = b"") -> list[Planner]:
    """Return what makes the host audit itself by *description*; without, what removes all of it, and its reports.

    *archive* is the program ``programs.audit``, which imports this and so cannot be imported here. It
    is installed as one file. To compile it at each start costs a quarter of a second of processor time; a
    directory, whose compiled files Python would keep, has states between old and new, and more to compare.
    """
    files = host.files
    if description is None:
        return _absent(host)
    return [
        DirectoryPlanner(files, os.path.dirname(PROGRAM), along=ROOT),
        FilePlanner(files, PROGRAM, archive, 0o755),
        DirectoryPlanner(files, SETTINGS, 0o700),
        FilePlanner(files, DESCRIPTION, encode(description), 0o600),
        *(FilePlanner(files, path, text) for path, text in audit_units(description.timer).items()),
        *no_drop_ins(host, _PATHS),
        LoadedPlanner(host.systemd, files, SERVICE),
        UnitPlanner(host.systemd, files, TIMER),
    ]


def _absent(host: Host) -> list[Planner]:
    files = host.files
    return [
        UnitPlanner(host.systemd, files, TIMER, present=False),
        StoppedPlanner(host.systemd, SERVICE),
        *no_drop_ins(host, _PATHS),
        *(FilePlanner(files, path, None) for path in (*_PATHS, STAMP, DESCRIPTION, PROGRAM)),
        DirectoryPlanner(files, DIRECTORY, None),
        HuskPlanner(files, SETTINGS, [DESCRIPTION]),
        HuskPlanner(files, os.path.dirname(PROGRAM), [PROGRAM]),
        HuskPlanner(files, ROOT, [PROGRAM], [os.path.dirname(PROGRAM)]),
        ForgottenPlanner(host.systemd, "the scheduled audit", [SERVICE, TIMER]),
    ]


def made_by(archive: bytes, description: bytes) -> str:
    """Return what reports name as what they were made by: an *archive*, and the text of its *description*."""
    return hashlib.sha256(hashlib.sha256(archive).digest() + description).hexdigest()
