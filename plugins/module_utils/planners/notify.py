# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the notifier of a host is made of, in the order in which it is put there."""

from __future__ import annotations

import os
import stat

from ..host.program_archive import program
from ..model.breaches import PATH as BREACHES
from ..model.errors import HostError, SpecificationError
from ..model.layout import ROOT
from ..model.notify_options import Notify
from ..model.outbox import STATE
from ..notify import program as entry
from ..notify.channel import trusted
from ..notify.channels import channels
from ..notify.secret import secret_of
from ..render.notify_units import (
    ARCHIVE,
    FAILED,
    KEPT,
    LINK,
    SERVICE,
    TIMER,
    WATCH,
    configuration,
    notify_units,
)
from ..render.unit import SETTINGS, UNITS
from .base import Planner
from .drop_ins import no_drop_ins
from .file import DirectoryPlanner, FilePlanner, HuskPlanner
from .registry import Host
from .service import ForgottenPlanner, StoppedPlanner
from .unit import LoadedPlanner, UnitPlanner

_PATHS = [f"{UNITS}/{name}" for name in (SERVICE, FAILED, WATCH, TIMER)]
_ANY = FAILED.replace("@", "@any")
"""One of those that the template makes: systemd can be asked of no template."""

_OTHERS = 0o077
_ROOT = 0


def refuse_unusable(notify: Notify, path: str) -> None:
    """Raise `SpecificationError` or `HostError` for whom this host cannot tell, or by what it may not.

    *path* is where a user said so.
    """
    try:
        channels(notify.mail, notify.webhooks, notify.timeout)
    except SpecificationError as error:
        raise error.within(path) from None
    except HostError as error:
        # Each of them begins with its option, too.
        raise HostError(f"{path}.{error.message}", error.remedy) from None
    for source in notify.sources():
        option = f"{path}.{source.option}"
        if not source.secret:
            # Without it systemd would never start the notifier, and nobody would be told of that.
            trusted(source.path, option)
            continue
        secret_of(source.path, option)
        wrong = readable(source.path)
        if wrong:
            raise HostError(f"{option}: {wrong}", f"chown root: {source.path}; chmod 0600 {source.path}")


def readable(path: str) -> str:
    """Return who can read the secret at *path* besides root; empty when nobody can."""
    try:
        found = os.stat(path)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    if found.st_uid != _ROOT or stat.S_IMODE(found.st_mode) & _OTHERS:
        return f"others than root can read {path}: mode {stat.S_IMODE(found.st_mode):04o}, owner {found.st_uid}"
    return ""


def notify_planners(host: Host, notify: Notify | None) -> list[Planner]:
    """Return what makes the *host* tell as *notify* says; without, what removes all of it, and what it remembers."""
    files = host.files
    if notify is None:
        return _absent(host)
    return [
        DirectoryPlanner(files, os.path.dirname(ARCHIVE), along=ROOT),
        FilePlanner(files, ARCHIVE, program(entry)),
        DirectoryPlanner(files, SETTINGS, 0o700),
        # The address of a webhook is as good as a password with some services.
        FilePlanner(files, KEPT, configuration(notify), 0o600, secret=True),
        *(FilePlanner(files, path, text) for path, text in notify_units(notify).items()),
        *no_drop_ins(host, _PATHS),
        LoadedPlanner(host.systemd, files, SERVICE),
        LoadedPlanner(host.systemd, files, _ANY),
        UnitPlanner(host.systemd, files, WATCH),
        UnitPlanner(host.systemd, files, TIMER),
    ]


def _absent(host: Host) -> list[Planner]:
    files = host.files
    # Each unit that failed has one of its own, which systemd remembers when it could tell nobody.
    told = host.systemd.loaded(FAILED.replace("@", "@*"))
    return [
        UnitPlanner(host.systemd, files, WATCH, present=False),
        UnitPlanner(host.systemd, files, TIMER, present=False),
        *(StoppedPlanner(host.systemd, name) for name in (SERVICE, *told)),
        ForgottenPlanner(host.systemd, "the notifier", [SERVICE, WATCH, TIMER, _ANY, *told]),
        *no_drop_ins(host, _PATHS),
        *(FilePlanner(files, path, None, secret=path == KEPT) for path in (*_PATHS, KEPT, BREACHES, ARCHIVE)),
        DirectoryPlanner(files, LINK, None),
        DirectoryPlanner(files, STATE, None),
        HuskPlanner(files, SETTINGS, [KEPT]),
        HuskPlanner(files, os.path.dirname(ARCHIVE), [ARCHIVE]),
        HuskPlanner(files, ROOT, [ARCHIVE], [os.path.dirname(ARCHIVE)]),
    ]
