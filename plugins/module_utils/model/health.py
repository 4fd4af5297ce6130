# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it means that an instance is healthy, and the one word for each way in which it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError
from .image import IMAGE_ID

HEALTHY = "healthy"
STOPPED = "stopped"
EXITS = "exits"
SILENT = "silent"
LATE = "late"
GARBAGE = "garbage"
VERSION = "version"
BINARY = "binary"
RESTARTS = "restarts"

FINAL = (VERSION, BINARY)
"""What no waiting mends: it has come up, and is another one."""

_STATUS = 101
"""What Spotify's protocol has in the place of a success."""
_LONGEST_S = 86400.0
_SHORTEST_S = 0.01


@dataclass(frozen=True)
class Terms:
    """What is asked of instances. Times are in seconds.

    *release* and *image* are what shall run, by their ids; empty means what is active, or any of ours.
    """

    version: str
    release: str = ""
    image: str = ""
    timeout: float = 30.0
    latency: float = 2.0
    soak: float = 10.0
    interval: float = 1.0

    @property
    def patience(self) -> float:
        """After how many seconds an answer is not late any more, but none."""
        return max(3 * self.latency, 10.0)


@dataclass(frozen=True)
class Judgement:
    """One word, what was *expected* and what was *seen*; both are empty when all is well."""

    reason: str = HEALTHY
    expected: str = ""
    seen: str = ""

    @property
    def healthy(self) -> bool:
        """Whether all is well."""
        return self.reason == HEALTHY


WELL = Judgement()
UNSEEN = Judgement(SILENT, "an answer to getInfo", "nothing yet")


def terms(given: Mapping[str, Any]) -> Terms:
    """Return the terms that a module was given. Raises `SpecificationError`."""
    for name, least in (("timeout", 0.0), ("latency", _SHORTEST_S), ("soak", 0.0), ("interval", _SHORTEST_S)):
        # What is not a number is neither larger nor smaller.
        if not least <= given[name] <= _LONGEST_S:
            right = f"Write a number of seconds from {least:g} to {_LONGEST_S:g}"
            raise SpecificationError(name, given[name], "is out of range", right)
    if given["image"] and IMAGE_ID.fullmatch(given["image"]) is None:
        raise SpecificationError(
            "image", given["image"], "is not an image's id", "Give the image that the module image returns"
        )
    names = ("version", "release", "image", "timeout", "latency", "soak", "interval")
    return Terms(**{name: given[name] for name in names})


def answer_judged(body: Mapping[str, object], seconds: float, asked: Terms, where: str) -> Judgement:
    """Judge what came from *where* after some *seconds*, the answer of something that has a name."""
    version = body.get("libraryVersion")
    if body.get("status") != _STATUS or not isinstance(version, str):
        missing = "status 101" if body.get("status") != _STATUS else "libraryVersion"
        return Judgement(GARBAGE, "an answer of librespot's", f"an answer without {missing} at {where}")
    if version != asked.version:
        return Judgement(VERSION, f"librespot {asked.version}", f"librespot {version[:80]!a} at {where}")
    if seconds > asked.latency:
        return Judgement(LATE, f"an answer within {asked.latency:g} s", f"one after {seconds:.1f} s at {where}")
    return WELL
