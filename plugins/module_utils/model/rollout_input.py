# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user says of a whole rollout, checked before it begins: in the middle of one it would be found too late."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import SpecificationError

ROLE = "librespot_update_"
_LONGEST_S = 86400.0
_SHORTEST_S = 0.01
_LEAST = {"timeout": 0.0, "latency": _SHORTEST_S, "soak": 0.0}
_BATCH = re.compile(r"0*[1-9][0-9]*|0*(?:[1-9][0-9]?|100)%")


def check_terms(given: Mapping[str, Any], most: float) -> None:
    """Raise `SpecificationError` for seconds that the module ``health`` refuses, or for *most* that is no percentage.

    *given* are ``timeout``, ``latency`` and ``soak``; what is not given is the role's own.
    """
    for name, least in _LEAST.items():
        value = given.get(name)
        # What is not a number is neither larger nor smaller.
        if value is not None and not least <= value <= _LONGEST_S:
            right = f"Write a number of seconds from {least:g} to {_LONGEST_S:g}"
            raise SpecificationError(f"{ROLE}{name}", value, "is out of range", right)
    if not 0 <= most <= 100:
        raise SpecificationError(f"{ROLE}max_fail_percentage", most, "is no percentage", "Write a number from 0 to 100")


def check_serial(batches: Sequence[Any]) -> None:
    """Raise `SpecificationError` for *batches* of which Ansible can make none."""
    for number, batch in enumerate(batches):
        if _BATCH.fullmatch(str(batch)) is None:
            raise SpecificationError(
                f"{ROLE}serial[{number}]",
                batch,
                "is no number of hosts",
                "Write a whole number from 1, or a percentage from 1% to 100%",
            )
