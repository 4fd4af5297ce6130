# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a profile is asked for: under which loads, for how long, and with which headroom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError, missing
from .limits import size
from .profile import DECODE_LIKE, DISCOVERY, FEWEST, IDLE
from .reading import integer
from .recommendation import HEADROOM, checked

PROFILE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "loads": {
        "type": "list",
        "elements": "str",
        "choices": [IDLE, DISCOVERY, DECODE_LIKE],
        "default": [IDLE, DISCOVERY, DECODE_LIKE],
    },
    "window": {"type": "float", "default": 60.0},
    "interval": {"type": "float", "default": 1.0},
    "rate": {"type": "float", "default": 20.0},
    "connections": {"type": "int", "default": 8},
    "decode_rate": {"type": "float", "default": 1.0},
    "decode_size": {"type": "str", "default": "10M"},
    "headroom": {"type": "int", "default": HEADROOM},
}
"""What is measured on the host."""

PROMETHEUS_OPTIONS: dict[str, dict[str, Any]] = {
    "url": {"type": "str", "required": True},
    "days": {"type": "float", "default": 28.0},
    "step": {"type": "int", "default": 300},
    "max_age": {"type": "int", "default": 3600},
    "labels": {"type": "dict", "default": {}},
    "ca_file": {"type": "path", "default": ""},
    "client_cert": {"type": "path", "default": ""},
    "client_key": {"type": "path", "default": ""},
    "token": {"type": "str", "default": "", "no_log": True},
    "timeout": {"type": "int", "default": 30},
}
"""Where else the figures may be from, over weeks."""

CONTROLLER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "write": {"type": "bool", "default": False},
    "inventory_file": {"type": "path", "default": ""},
    "pictures": {"type": "path", "default": ""},
    "show": {"type": "bool", "default": True},
    "prometheus": {"type": "dict", "options": PROMETHEUS_OPTIONS},
}
"""What the action does on the controller with what was measured."""

KEEP_ARGUMENTS: dict[str, dict[str, Any]] = {
    "keep": {"type": "bool", "default": True},
    "profiles": {"type": "list", "elements": "dict", "default": []},
}
"""What of it stays on the host."""

_LONGEST_S = 7 * 86400.0
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """What to measure. Times are in seconds, rates in requests a second, *decode_size* in bytes, *headroom* in percent.

    *connections* and *rate* are of the load `DISCOVERY`, *decode_rate* and *decode_size* of `DECODE_LIKE`.
    """

    loads: tuple[str, ...] = (IDLE, DISCOVERY, DECODE_LIKE)
    window: float = 60.0
    interval: float = 1.0
    rate: float = 20.0
    connections: int = 8
    decode_rate: float = 1.0
    decode_size: int = 10 * _MIB
    headroom: int = HEADROOM

    @property
    def short(self) -> str:
        """Why the window says too little for a recommendation; empty when it does not."""
        expected = int(self.window / self.interval)
        if expected >= FEWEST:
            return ""
        least = FEWEST * self.interval
        return (
            f"The window of {self.window:g} s has {expected} samples of {self.interval:g} s: there are figures, and no "
            f"recommendation. Ask for a window of {least:g} s or more"
        )


def asked(given: Mapping[str, Any]) -> Asked:
    """Return what a module was *given*. Raises `SpecificationError`."""
    if not given["loads"]:
        raise missing("loads", f"Write one of {IDLE}, {DISCOVERY} and {DECODE_LIKE}, or leave it out", "is empty")
    for name, least, most, unit in (
        ("window", 1.0, _LONGEST_S, "seconds"),
        ("interval", 0.1, 60.0, "seconds"),
        ("rate", 0.1, 1000.0, "requests a second"),
        ("decode_rate", 0.1, 100.0, "requests a second"),
    ):
        # What is not a number is neither larger nor smaller.
        if not least <= given[name] <= most:
            right = f"Write a number of {unit} from {least:g} to {most:g}"
            raise SpecificationError(name, given[name], "is out of range", right)
    if given["interval"] > given["window"]:
        raise SpecificationError("interval", given["interval"], "is more than the window", "Write a smaller one")
    return Asked(
        tuple(dict.fromkeys(given["loads"])),
        given["window"],
        given["interval"],
        given["rate"],
        integer(given["connections"], "connections", 1, 256),
        given["decode_rate"],
        size(given["decode_size"], "decode_size", 64 * 1024, 64 * _MIB),
        checked(given["headroom"], "headroom"),
    )
