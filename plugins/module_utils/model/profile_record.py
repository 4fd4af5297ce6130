# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profile of one instance, as modules return it and hosts keep it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import why
from .limits import Limits
from .profile import LOADS, UNITS, Course
from .recommendation import LIMITED, UNKNOWN, Advice, recommend, recommended_limits, written
from .timestamp import seconds

FORMAT = 1
HOST_SOURCE = "host"
PROMETHEUS_SOURCE = "prometheus"


@dataclass(frozen=True)
class Made:
    """Of what a profile was made: the instance *name*, how it runs, the *release* or image, when (RFC 3339) and how."""

    name: str
    deployment: str
    release: str
    at: str
    cgroups: int | None
    window: float
    interval: float
    headroom: int
    source: str = HOST_SOURCE


def profile_data(made: Made, courses: Sequence[Course], limits: Limits, notes: Sequence[str]) -> dict[str, Any]:
    """Return the whole of a profile as plain data, with what it recommends."""
    advice = recommend(courses, limits, made.headroom)
    return {
        "format": FORMAT,
        "name": made.name,
        "deployment": made.deployment,
        "release": made.release,
        "at": made.at,
        "source": made.source,
        "cgroup_version": made.cgroups,
        "window": made.window,
        "interval": made.interval,
        "headroom": made.headroom,
        "loads": [item.as_data() for item in courses],
        "units": dict(UNITS),
        "limits": {name: written(name, int(getattr(limits, name))) for name in LIMITED},
        "advice": [item.as_data() for item in advice],
        "recommended": recommended_limits(advice),
        "notes": list(notes),
    }


def profile_text(profile: Mapping[str, Any]) -> str:
    """Return a profile as the text of the file that is kept of it."""
    return json.dumps(profile, indent=1, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Kept:
    """What an audit needs of a profile that a host has kept.

    *at* is in seconds since 1970, *loads* are those with a measurement, *advice* by the resource.
    """

    name: str
    release: str
    at: float
    source: str
    loads: tuple[str, ...]
    samples: int
    advice: Mapping[str, Advice]

    @property
    def known(self) -> tuple[str, ...]:
        """The resources of which it says something."""
        return tuple(name for name in LIMITED if name in self.advice and self.advice[name].action != UNKNOWN)


def read_profile(text: str, path: str) -> Kept:
    """Return the profile that is kept at *path*. Raises ValueError for anything that is none."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"{path}: its format is {data['format']!r}, and {FORMAT} is known")
        loads = [item for item in data["loads"] if item["load"] in LOADS and int(item["samples"]) > 0]
        advice = {str(item["resource"]): _advice(item) for item in data["advice"]}
        return Kept(
            str(data["name"]),
            str(data["release"]),
            seconds(str(data["at"])),
            str(data["source"]),
            tuple(str(item["load"]) for item in loads),
            min((int(item["samples"]) for item in loads), default=0),
            advice,
        )
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: {why(error)}") from error


def _advice(item: Mapping[str, Any]) -> Advice:
    fields = {name: item[name] for name in Advice.__dataclass_fields__}
    for name in ("now", "value", "least"):
        if fields[name] is not None and (isinstance(fields[name], bool) or not isinstance(fields[name], int)):
            raise ValueError(f"{name} of {fields['resource']} is no number")
    return Advice(**fields)
