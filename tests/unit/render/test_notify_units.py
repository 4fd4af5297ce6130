# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the units of the notifier keep it from."""

from __future__ import annotations

from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.render.notify_units import (
    FAILED,
    SERVICE,
    notify_units,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import UNITS


def test_who_calls_it_again_and_again_takes_no_more_than_half_a_processor() -> None:
    notify = asked_notify({"webhooks": [{"url": "https://hook.example.org/x"}]}, "notify")
    assert notify
    units = notify_units(notify)
    for name in (SERVICE, FAILED):
        lines = units[f"{UNITS}/{name}"].splitlines()
        assert "StartLimitIntervalSec=0" in lines
        assert {"CPUQuota=50%", "Nice=5"} <= set(lines)
