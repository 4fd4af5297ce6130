# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a unit of ours another one, by what systemd says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from ..render.unit import UNITS

_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_ESCAPED, _SPECIAL, _QUOTED = re.compile(r"\\(.)"), re.compile(r'(["\\])'), re.compile(r'[\s"\\]')
_NOT_OURS = (f"{UNITS}.control/", "/run/systemd/")
"""Places of units that win over ours."""


def overrides(shown: Mapping[str, str]) -> list[str]:
    """Return the files by which a unit of ours is not ours: another unit in its place, or drop-ins made for it.

    *shown* are its properties FragmentPath and DropInPaths.
    """
    fragment = shown.get("FragmentPath", "")
    return ([fragment] if fragment.startswith(_NOT_OURS) else []) + for_this_unit(shown.get("DropInPaths", ""))


def for_this_unit(drop_ins: str) -> list[str]:
    """Return those of *drop_ins*, as systemd shows them, that were made for a unit, or for those with its beginning.

    Those for all units of a kind on the host, as ``service.d``, are its administrator's business.
    """
    return [path for path in paths(drop_ins) if "." in os.path.basename(os.path.dirname(path)).removesuffix(".d")]


def paths(shown: str) -> list[str]:
    """Return the paths in a list as systemd shows it: one with a space, a quote or such is in double quotes."""
    return [_ESCAPED.sub(r"\1", quoted) if quoted else plain for quoted, plain in _PATH.findall(shown)]


def listed(found: Iterable[str]) -> str:
    """Return paths as a list that `paths` reads."""
    return " ".join('"{}"'.format(_SPECIAL.sub(r"\\\1", path)) if _QUOTED.search(path) else path for path in found)
