# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an audit, and of the timer that runs one without Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .monitoring_options import MONITORING_OPTIONS
from .notify_options import NOTIFY_OPTIONS
from .reading import absolute_path, boolean, integer, mapping
from .schedule import calendar_event

EXPECTATION_OPTIONS: dict[str, dict[str, Any]] = {
    "upkeep": {"type": "bool", "default": False},
    "scan_max_age": {"type": "int", "default": 30},
    "ci": {"type": "bool", "default": False},
    "profiled": {"type": "bool", "default": False},
    "profile_max_age": {"type": "int", "default": 180},
    "schedule": {"type": "dict", "default": {}},
    "alerted": {"type": "bool", "default": False},
    "prometheus": {"type": "bool", "default": False},
    "notify": {"type": "dict", "options": NOTIFY_OPTIONS},
    "monitored": {"type": "bool", "default": False},
    "monitoring": {"type": "dict", "options": MONITORING_OPTIONS, "apply_defaults": True},
}
"""What is expected of a host besides its specification: options of the module ``audit``, and of a scheduled audit."""

TIMER_OPTIONS: dict[str, dict[str, Any]] = {
    "calendar": {"type": "str", "default": "hourly"},
    "random_delay": {"type": "int", "default": 300},
    "live": {"type": "bool", "default": False},
    "interpreter": {"type": "path", "default": "/usr/bin/python3"},
}
"""How an audit is scheduled on a host."""


@dataclass(frozen=True)
class AuditTimer:
    """When a host audits itself: at each event of *calendar*, late by at most *random_delay* seconds.

    *live* probes start processes. *interpreter* is the Python that runs it; where containers are looked at it needs
    their engine's library.
    """

    calendar: str = "hourly"
    random_delay: int = 300
    live: bool = False
    interpreter: str = "/usr/bin/python3"


def read_timer(given: Any, path: str) -> AuditTimer:
    """Return the timer that a user describes at *path*. Raises `SpecificationError`."""
    asked: Mapping[str, Any] = mapping(given, path, tuple(TIMER_OPTIONS))
    whole = {name: asked.get(name, option["default"]) for name, option in TIMER_OPTIONS.items()}
    return AuditTimer(
        calendar_event(whole["calendar"], f"{path}.calendar"),
        integer(whole["random_delay"], f"{path}.random_delay", 0, 86400, "seconds"),
        boolean(whole["live"], f"{path}.live"),
        absolute_path(whole["interpreter"], f"{path}.interpreter"),
    )
