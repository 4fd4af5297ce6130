# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the monitor looks at: how the module tells it, and what it has seen at one moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from .usage import Held, Usage

INTERVAL = 5
"""Seconds between two looks. One of a few instances takes a few milliseconds."""

WRITTEN_S = 15
"""How often its file is written when nothing has happened, in seconds: as often as Prometheus reads it."""


@dataclass(frozen=True)
class Target:
    """One instance. *group* is the directory of its control group below the root of all groups, in version 2.

    *unit* is the service by which systemd knows of its ends; empty where an engine alone runs it. *watchdog* is the
    unit that restarts it when it is silent. It is asked at *port*, at the addresses of *interface* or at *address*
    alone; without a port it is not asked. *unseen* names what nobody without rights can see of it.
    """

    name: str
    deployment: str
    group: str
    user: str
    unit: str = ""
    watchdog: str = ""
    port: int | None = None
    interface: str = ""
    address: str = ""
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What the monitor is started with: its *targets*, whether they are *contained*, and the seconds of its *interval*.

    An instance that is contained is made from the image that is active on the host, another one from the release.
    *link* is what leads to the file of metrics; empty when nothing does. What would be an alert is judged, and kept for
    the notifier, when it is *told*.
    """

    targets: tuple[Target, ...]
    contained: bool = False
    interval: int = INTERVAL
    link: str = ""
    told: bool = False


def settings_text(settings: Settings) -> str:
    """Return the file that the monitor reads."""
    return json.dumps(asdict(settings), indent=1, sort_keys=True) + "\n"


def read_settings(text: str) -> Settings:
    """Return what `settings_text` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    found = json.loads(text)
    targets = tuple(Target(**{**item, "unseen": tuple(item["unseen"])}) for item in found.pop("targets"))
    return Settings(targets, **found)


@dataclass(frozen=True)
class Seen:
    """An instance at one moment.

    *pid* is its process, and *started* when that was started, in seconds since the boot; None when there is none.
    *above* are the events of memory of the group that lives on when the instance ends, with that group: of the instance
    alone, or of all instances (*shared*). *unreadable* names what could not be seen.
    """

    pid: int | None = None
    started: float | None = None
    usage: Usage | None = None
    held: Held | None = None
    files_limit: int | None = None
    above: tuple[tuple[str, int], Mapping[str, int]] | None = None
    shared: bool = True
    unreadable: frozenset[str] = field(default_factory=frozenset)

    @property
    def life(self) -> tuple[int, float] | None:
        """What tells one process from the next: a number alone is given again."""
        return None if self.pid is None or self.started is None else (self.pid, self.started)
