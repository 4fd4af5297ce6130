# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formal review of three real hosts: what is wrong turns red exactly where it was declared, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from tests.fleet.world import FLEET, FORMS, Audit, Fleet
from tests.support.hosts import CHECKOUT

SCHEMA = CHECKOUT / "docs/schemas/report-2.json"


def test_of_hosts_that_are_alike_it_is_clean_and_complete(world: Fleet, healthy: Audit) -> None:
    assert healthy.red == set()
    assert healthy.run.status == 0
    written = {path.name: path.stat().st_size for path in healthy.path.parent.iterdir()}
    assert set(written) == set(FORMS)
    assert all(written.values()), written
    rules = json.loads(Path(SCHEMA).read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(rules)(rules).validate(healthy.data)
    assert set(healthy.data["hosts"]) == {host.name for host in world.hosts.values()}
    assert healthy.data["environments"] == {name: [host.name] for name, host in world.hosts.items()}
    for control in ("RES-07", "CFG-08"):
        compared = healthy.finding((control, "compared", FLEET, FLEET))
        assert compared["status"] == "passed"
        # Both instances were compared, and not nothing.
        assert "of bedroom, kitchen compared, 0 differ" in compared["observed"]
    assert healthy.statuses["CFG-09", "review", FLEET, FLEET] == "passed"
