# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing may be added to the units of ours that keep others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from .base import HOST, Planner
from .file import DirectoryPlanner
from .registry import PLACES, Host


def no_drop_ins(host: Host, units: Iterable[str], scope: str = HOST) -> list[Planner]:
    """Drop-ins weaken a unit unseen, as for an instance: there shall be none, nor for all units with its beginnings."""
    names = {name for path in units for name in _and_its_beginnings(os.path.basename(path))}
    paths = [f"{place}/{name}.d" for place in PLACES for name in sorted(names)]
    return [DirectoryPlanner(host.files, path, None, scope) for path in paths]


def _and_its_beginnings(unit: str) -> Iterator[str]:
    """Yield the names of which *unit* takes drop-ins: its own, and those that end at a dash of it (systemd.unit(5))."""
    stem, _dot, kind = unit.rpartition(".")
    yield unit
    while "-" in stem:
        stem = stem.rpartition("-")[0]
        yield f"{stem}-.{kind}"
