# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles for people, at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..model.profile import DECODE_LIKE, LOADS
from ..model.usage import MEMORY
from .table import printable, table, wrapped

_COLUMNS = ("load", "resource", "p50", "p95", "p99", "maximum", "samples")
_ADVICE = ("limit", "now", "recommended", "why")
_MIB = 1024 * 1024


def profiles_table(profiles: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures of each profile, what is recommended, and what has to be known of it."""
    lines: list[str] = []
    for item in profiles:
        lines += [*_profile(item), ""]
    if any(load["load"] == DECODE_LIKE for item in profiles for load in item["loads"]):
        lines += [f"{DECODE_LIKE}: {LOADS[DECODE_LIKE]}", ""]
    return "\n".join(map(printable, lines)).rstrip() + "\n"


def _profile(item: Mapping[str, Any]) -> list[str]:
    rows = [
        [load["load"], _named(name, item["units"][name]), *(amount(name, found[key]) for key in _COLUMNS[2:6])]
        + [str(found["samples"])]
        for load in item["loads"]
        for name, found in load["figures"].items()
    ]
    advice = [
        [one["resource"], str(item["limits"][one["resource"]]), _recommended(one), wrapped(one["reason"])]
        for one in item["advice"]
    ]
    return [
        f"{item['name']} ({item['deployment']}, {item['release'] or 'release unknown'}), {item['at']}",
        "",
        *table(_COLUMNS, rows),
        "",
        *table(_ADVICE, advice),
        *(["", *(f"- {note}" for note in item["notes"])] if item["notes"] else []),
    ]


def _named(name: str, unit: str) -> str:
    shown = "MiB" if unit == "bytes" else unit
    return f"{name.replace('_', ' ')} ({shown})"


def amount(name: str, number: float) -> str:
    """Return what was used of the resource *name* as a cell."""
    if name == MEMORY:
        return f"{number / _MIB:.1f}"
    return f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.1f}"


def _recommended(one: Mapping[str, Any]) -> str:
    return {"unknown": "none", "keep": f"{one['written']} (keep)"}.get(one["action"], f"{one['written']}")
