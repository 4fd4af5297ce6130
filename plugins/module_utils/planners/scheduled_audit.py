# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the scheduled audit is made of, in the order in which it is put there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from ..host.files import FILE, Files
from ..model.audit_description import Description, encode
from ..model.errors import CommandError, HostError, SpecificationError
from ..model.layout import ROOT
from ..model.plan import Plan, State
from ..render.audit_units import (
    DESCRIPTION,
    DIRECTORY,
    LINK,
    METRICS,
    PROGRAM,
    SERVICE,
    STAMP,
    TIMER,
    audit_units,
)
from ..render.unit import SETTINGS, UNITS
from .base import Planner
from .drop_ins import no_drop_ins
from .file import KIND, DirectoryPlanner, FilePlanner, HuskPlanner
from .link import LinkPlanner
from .registry import Host
from .service import ForgottenPlanner, StoppedPlanner
from .unit import LoadedPlanner, UnitPlanner

_PATHS = [f"{UNITS}/{name}" for name in (SERVICE, TIMER)]


def refuse_unschedulable(host: Host, description: Description) -> None:
    """Raise `SpecificationError` for what the *host* does not have, or its systemd does not understand."""
    timer = description.timer
    if not os.access(timer.interpreter, os.X_OK):
        raise SpecificationError(
            "timer.interpreter", timer.interpreter, "is no program of this host", "Name a Python of the host, or none"
        )
    try:
        host.systemd.longest_interval(timer.calendar)
    except HostError as error:
        said = error.said if isinstance(error, CommandError) else error.message
        raise SpecificationError(
            "timer.calendar", timer.calendar, f"is no event that comes again: {said}", "See systemd.time(7)"
        ) from error


def scheduled_audit_planners(
    host: Host, description: Description | None, archive: bytes = b"", textfiles: str = ""
) -> list[Planner]:
    """Return what makes the host audit itself by *description*; without, what removes all of it, and its reports.

    A link in the directory *textfiles*, if any, leads a collector to its metrics. *archive* is the program
    ``programs.audit``, which is above this layer. It is installed as one file: to compile it at each start costs a
    quarter of a second of processor time, and a directory, whose compiled files Python would keep, has states between
    old and new, and more to compare.
    """
    files = host.files
    if description is None:
        return _absent(host)
    return [
        DirectoryPlanner(files, os.path.dirname(PROGRAM), along=ROOT),
        FilePlanner(files, PROGRAM, archive, 0o755),
        DirectoryPlanner(files, SETTINGS, 0o700),
        # It holds no secret of ours, but addresses of those who are told, which may be.
        FilePlanner(files, DESCRIPTION, encode(description), 0o600, secret=True),
        DirectoryPlanner(files, DIRECTORY),
        BlankPlanner(files, METRICS),
        *(FilePlanner(files, path, text) for path, text in audit_units(description).items()),
        *no_drop_ins(host, _PATHS),
        LoadedPlanner(host.systemd, files, SERVICE),
        UnitPlanner(host.systemd, files, TIMER),
        *([LinkPlanner(files, f"{textfiles}/{LINK}", METRICS)] if textfiles else []),
    ]


def no_links(files: Files, directories: Iterable[str]) -> list[Planner]:
    """Return what removes the links in *directories*; those that are empty texts are none."""
    paths = dict.fromkeys(f"{directory}/{LINK}" for directory in directories if directory)
    return [LinkPlanner(files, path, METRICS, present=False) for path in paths]


def _absent(host: Host) -> list[Planner]:
    files = host.files
    return [
        UnitPlanner(host.systemd, files, TIMER, present=False),
        StoppedPlanner(host.systemd, SERVICE),
        ForgottenPlanner(host.systemd, "the scheduled audit", [SERVICE, TIMER]),
        *no_drop_ins(host, _PATHS),
        FilePlanner(files, DESCRIPTION, None, secret=True),
        *(FilePlanner(files, path, None) for path in (*_PATHS, STAMP, PROGRAM)),
        DirectoryPlanner(files, DIRECTORY, None),
        HuskPlanner(files, SETTINGS, [DESCRIPTION]),
        HuskPlanner(files, os.path.dirname(PROGRAM), [PROGRAM]),
        HuskPlanner(files, ROOT, [PROGRAM], [os.path.dirname(PROGRAM)]),
    ]


class BlankPlanner(Planner):
    """A file that a program of ours keeps. Until it first does, it is empty: a link to it shall lead somewhere."""

    def __init__(self, files: Files, path: str) -> None:
        super().__init__(path)
        self._files = files

    def wanted(self) -> State:
        """Return that it is there."""
        return {KIND: FILE}

    def found(self) -> State:
        """Return what stands there."""
        entry = self._files.read(self.subject, content=False)
        return {KIND: entry.kind} if entry else {}

    def apply(self, plan: Plan) -> None:
        """Make it. What is no file is replaced, as the program does."""
        self._files.write(plan.subject, b"", 0o644)


def made_by(archive: bytes, description: bytes) -> str:
    """Return what reports name as what they were made by: an *archive*, and the text of its *description*."""
    return hashlib.sha256(hashlib.sha256(archive).digest() + description).hexdigest()
