# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit with its live probes, on a kernel that enforces everything."""

from __future__ import annotations

import json

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import (
    ASKED_FOR,
    CONTROLS,
    OF_CHECKERS,
    OF_CONTAINERS,
    OF_FLEETS,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import NOT_ENFORCED, PASSED
from ansible_collections.hardened.librespot.tests.molecule.conftest import DIRECTORY

LIVE = {"other ports", "exposure", "read attempt", "journal"}
"""The checks that are made only when live probes are asked for."""

ATTESTED = ("UPD-03", "UPD-04", "UPD-06", "UPD-07", "UPD-09")
"""What only a rollout or a CI attests: nobody keeps this host up to date."""


def test_every_control_is_held_by_the_kernel() -> None:
    report = json.loads((DIRECTORY / "audit.json").read_text(encoding="utf-8"))
    (host,) = report["hosts"].values()
    others = {item["id"]: item["status"] for item in host["findings"] if item["status"] != PASSED}
    # The host does not audit itself on a schedule either.
    assert others == dict.fromkeys((*ATTESTED, *ASKED_FOR, "CFG-06"), NOT_ENFORCED)
    assert {item["id"] for item in host["findings"]} == set(CONTROLS) - OF_CONTAINERS - OF_CHECKERS - OF_FLEETS
    assert {item["check"] for item in host["findings"]} >= LIVE
