# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the check runs, as whom, and with what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError
from .reading import absolute_path, boolean, integer, line, mapping, sequence

SCHEDULE_OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "user": {"type": "str"},
    "project": {"type": "path"},
    "playbook": {"type": "path"},
    "inventory": {"type": "path"},
    "variables": {"type": "list", "elements": "path", "default": []},
    "credentials": {"type": "dict", "default": {}, "no_log": False},
    "collections": {"type": "list", "elements": "path", "default": []},
    "programs": {"type": "list", "elements": "path", "default": []},
    "writable": {"type": "list", "elements": "path", "default": []},
    "calendar": {"type": "str", "default": "daily"},
    "random_delay": {"type": "int", "default": 3600},
    "persistent": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 3600},
}
"""The options of the module ``schedule``. Paths are of its host; of *credentials* each is a name and a path."""

_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Schedule:
    """The check of a *project*: *playbook* is ansible-playbook. Times are in seconds.

    *variables* are files of variables, *credentials* secrets that systemd reads for it, by name. *programs* are
    directories of programs, *writable* those that it may write to besides its own.
    """

    user: str
    project: str
    playbook: str
    inventory: str
    variables: tuple[str, ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()
    collections: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    calendar: str = "daily"
    random_delay: int = 3600
    persistent: bool = True
    timeout: int = 3600

    @property
    def files(self) -> dict[str, str]:
        """What must be there, by the option that names it."""
        found = {"project": self.project, "playbook": self.playbook, "inventory": self.inventory}
        found.update({f"variables[{number}]": path for number, path in enumerate(self.variables)})
        found.update({f"credentials.{name}": path for name, path in self.credentials})
        return {**found, **{f"writable[{number}]": path for number, path in enumerate(self.writable)}}


def read_schedule(given: Mapping[str, Any]) -> Schedule:
    """Return the schedule that the options of a user describe. Raises `SpecificationError`."""
    for name in ("user", "project", "playbook", "inventory"):
        if not given[name]:
            raise SpecificationError(name, given[name], "is missing", "It has no default: say who checks, and what")
    user = given["user"]
    if not _USER.fullmatch(user):
        raise SpecificationError("user", user, "is not a user's name", "Write the name of a user of the host")
    credentials = mapping(given["credentials"], "credentials", tuple(given["credentials"]))
    for name in credentials:
        if not _NAME.fullmatch(name):
            raise SpecificationError(
                f"credentials.{name}", name, "is no name of a credential", "Write small letters, digits, _ and -"
            )
    return Schedule(
        user,
        absolute_path(given["project"], "project"),
        absolute_path(given["playbook"], "playbook"),
        absolute_path(given["inventory"], "inventory"),
        _paths(given, "variables"),
        tuple((name, absolute_path(path, f"credentials.{name}")) for name, path in sorted(credentials.items())),
        _paths(given, "collections"),
        _paths(given, "programs"),
        _paths(given, "writable"),
        calendar_event(given["calendar"], "calendar"),
        integer(given["random_delay"], "random_delay", 0, 86400, "seconds"),
        boolean(given["persistent"], "persistent"),
        integer(given["timeout"], "timeout", 60, 86400, "seconds"),
    )


def _paths(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(absolute_path(x, f"{name}[{number}]") for number, x in enumerate(sequence(given[name], name)))


def calendar_event(value: Any, path: str) -> str:
    """Return what only systemd can judge, and cannot be anything else in a unit. Raises `SpecificationError`."""
    text = line(value, path, 100)
    if not text.isascii() or any(character in text for character in "%=\\;#\"'"):
        raise SpecificationError(path, value, "is no calendar event", "Write it as daily or Mon *-*-* 05:17:00")
    return text
