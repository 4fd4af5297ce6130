# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health of a container, as either engine tells it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.contained import LOOKED_S, wrong_health


def _ago(seconds: float) -> list[dict[str, str]]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - seconds))
    return [{"End": "2001-01-01T00:00:00Z"}, {"End": f"{moment}.123456789Z"}]


@pytest.mark.parametrize(
    ("health", "wrong"),
    [
        ({"Status": "healthy", "Log": _ago(10)}, ""),
        ({"Status": "starting", "Log": []}, ""),
        ({"Status": "unhealthy", "Log": _ago(10)}, "its health is unhealthy"),
        ({"Status": "healthy", "Log": _ago(LOOKED_S + 5)}, "nothing has looked"),
        ({"Status": "healthy", "Log": None}, "nothing has looked"),
        (None, "its health is none"),
    ],
)
def test_a_last_word_that_is_old_is_none(health: dict[str, Any] | None, wrong: str) -> None:
    there = {"State": {"Health": health}}
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER)
    found = wrong_health(there, spec.present[0])
    assert bool(found) == bool(wrong)
    assert all(item.startswith(wrong) for item in found)


def test_what_cannot_be_asked_has_no_health() -> None:
    written = [{"name": "kitchen", "bind": {"discovery": False}}]
    login = '{"username": "a", "auth_type": 1, "auth_data": "YQ=="}'
    (silent,) = parse_specification("0.8.0", written, {"kitchen": login}, None, CONTAINER).present
    assert wrong_health({"State": {"Health": {"Status": ""}}}, silent) == []
