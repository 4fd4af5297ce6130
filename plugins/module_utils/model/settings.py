# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in force on a host, each setting with the control that it is part of and the reason for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import shown

DIRECTIVE = "unit"
CONTAINER = "container"
FIREWALL = "firewall"
LIMIT = "limit"
OPTION = "option"
ACCESS = "access"
RELAXATION = "relaxation"
KINDS = (OPTION, ACCESS, LIMIT, DIRECTIVE, CONTAINER, FIREWALL, RELAXATION)
"""What a setting can be, in the order in which a document shows them."""

_MOST = 100_000


@dataclass(frozen=True)
class Setting:
    """One setting of an instance, or of the host. *reason* is empty for one that nobody has a reason for."""

    scope: str
    kind: str
    name: str
    value: str
    control: str = ""
    reason: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return the setting as plain data, in a fixed order of keys."""
        return asdict(self)


def read_settings(given: Any) -> tuple[Setting, ...]:
    """Return settings that came from a host. Raises ValueError for what is none."""
    if not isinstance(given, (list, tuple)) or len(given) > _MOST:
        raise ValueError("its settings are no list")
    return tuple(_setting(item) for item in given)


def _setting(item: Any) -> Setting:
    names = set(Setting.__dataclass_fields__)
    if not isinstance(item, Mapping) or set(item) != names or not all(isinstance(x, str) for x in item.values()):
        raise ValueError(f"{shown(item)} is no setting")
    if item["kind"] not in KINDS:
        raise ValueError(f"{shown(item['kind'])} is no kind of setting")
    return Setting(**{name: str(text) for name, text in item.items()})
