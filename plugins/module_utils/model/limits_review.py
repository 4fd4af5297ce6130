# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether limits are too wide or too tight for what was recorded of their instance over weeks: RES-08."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .controls import CONTROLS
from .finding import FAILED, NOT_ENFORCED, PASSED, Finding
from .recommendation import LOWER, RAISE, UNKNOWN, WIDE, written

CONTROL = "RES-08"


def judged(profile: Mapping[str, Any], evidence: str) -> list[Finding]:
    """Return a finding for each limit of the instance of a *profile*, as `profile_data` returns it.

    What could not be recorded is not enforced, and never taken for right.
    """
    return [_judged(profile, item, evidence) for item in profile["advice"]]


def _judged(profile: Mapping[str, Any], advice: Mapping[str, Any], evidence: str) -> Finding:
    resource, action, now = advice["resource"], advice["action"], advice["now"]
    if action == UNKNOWN:
        status, observed = NOT_ENFORCED, str(advice["reason"])
    elif action == RAISE:
        status, observed = FAILED, f"too tight: {written(resource, now)}. {advice['reason']}"
    elif action == LOWER and now > WIDE * advice["value"]:
        status, observed = FAILED, f"too wide: {written(resource, now)}. {advice['reason']}"
    else:
        status, observed = PASSED, f"{written(resource, now)}. {advice['reason']}"
    expected = f"a limit of {resource} that holds what it uses, and at most {WIDE:g} times what is recommended"
    if action in (RAISE, LOWER):
        expected += f", {advice['written']}"
    return Finding(
        CONTROL, resource, status, str(profile["name"]), expected, observed, evidence, CONTROLS[CONTROL].remedy
    )
