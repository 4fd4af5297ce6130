# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments as engines write them."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")


def seconds(text: str) -> float:
    """Return *text* (RFC 3339, with nanoseconds, which Python 3.9 does not read) as whole seconds since 1970.

    Raises ValueError for anything else.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a moment as RFC 3339 has it")
    moment, zone = found.groups()
    return datetime.fromisoformat(moment + ("+00:00" if zone == "Z" else zone)).timestamp()


def utc(at: float) -> str:
    """Return *at*, in seconds since 1970, in the one form in which reports have moments."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
