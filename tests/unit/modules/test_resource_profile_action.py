# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.action.resource_profile import checked_table
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import Limits
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import IDLE, Course
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_record import Made, profile_data

MADE = Made("kitchen", "systemd", "0.8.0-x", "2026-11-28T04:00:00Z", 2, 60.0, 1.0, 50)
PROFILE = profile_data(MADE, [Course(IDLE, 60, 60, {})], Limits(), [])


def test_a_profile_is_shown() -> None:
    assert "kitchen" in checked_table([PROFILE], "pi")


@pytest.mark.parametrize(
    "returned",
    [
        None,
        7,
        "a text",
        [None],
        [{}],
        [{"name": "kitchen"}],
        *([{key: value for key, value in PROFILE.items() if key != left_out}] for left_out in ("loads", "advice")),
        [{**PROFILE, "loads": 7}],
        [{**PROFILE, "recommended": 7}],
    ],
    ids=str,
)
def test_what_is_no_profile_is_an_error_of_that_host(returned: Any) -> None:
    with pytest.raises(HostError, match="What pi returned is no list of profiles"):
        checked_table(returned, "pi")
