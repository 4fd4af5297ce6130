# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each threshold decides: with another one the cases of its alerts fail, above it and just below."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert import threshold_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerting import read_alerting
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerts import ALERTS, THRESHOLDS
from tests.alerts.cases import CASES
from tests.alerts.conftest import Tools, failed
from tests.alerts.test_rules import judged
from tools.lab.recipes import MONITORING


@pytest.mark.parametrize("tools", [MONITORING[0].name], indirect=True)
@pytest.mark.parametrize("name", THRESHOLDS)
@pytest.mark.parametrize("higher", [True, False], ids=["higher", "lower"])
def test_another_threshold_decides_otherwise(tools: Tools, name: str, higher: bool) -> None:
    item = THRESHOLDS[name]
    # Twice, or half; of a percentage, at most all.
    value = min(item.maximum, item.default * 2) if higher else max(item.minimum, item.default // 2)
    of_it = {alert.name for alert in ALERTS.values() if threshold_of(alert.condition) == name}
    said = judged(tools, read_alerting({}, {name: value}, {}), [case for case in CASES if case.alert in of_it])
    assert {found.split(":")[0] for found in failed(said)} == of_it, said.stderr
