# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a scheduled audit is told to expect."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.modules.monitoring import described

SPEC = parse_specification("0.8.0", [{"name": "kitchen"}], {}, {})
ASKED: dict[str, Any] = {
    "version": "0.8.0",
    "deployment": "systemd",
    "engine": "docker",
    "announce": True,
    "instances": [{"name": "kitchen"}],
    "zones": {},
    "credentials": {},
    "interval": 5,
    "textfile_directory": "",
    "audit": True,
    "timer": {},
    "expected": {},
    "notify": None,
}


def test_what_is_set_up_beside_it_is_expected() -> None:
    found = described({**ASKED, "expected": {"upkeep": True}}, SPEC)
    assert found
    assert (found.asked["upkeep"], found.asked["monitored"]) == (True, True)
    assert found.asked["monitoring"] == {"interval": 5, "textfile_directory": ""}
    assert described({**ASKED, "audit": False}, SPEC) is None


@pytest.mark.parametrize(
    "expected", [{"upkep": True}, {"monitored": False}, {"monitoring": {"interval": 9}}, {"notify": {"retries": 1}}]
)
def test_what_would_be_passed_over_is_refused(expected: dict[str, Any]) -> None:
    with pytest.raises(SpecificationError, match="expected"):
        described({**ASKED, "expected": expected}, SPEC)
