# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formal review of three real hosts: what is wrong turns red exactly where it was declared, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from tests.fleet.world import FLEET, FORMS, STAGING, Audit, Fleet
from tests.support.hosts import CHECKOUT

SCHEMA = CHECKOUT / "docs/schemas/report-2.json"
SLICE = "/etc/systemd/system/librespot.slice"


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


def test_what_got_worse_and_better_since_the_last_one_is_named(world: Fleet, healthy: Audit) -> None:
    """A file that changed behind our back: found, then known and tolerated as a debt, then mended."""
    drift = ("CFG-06", "drift", "host", world.name(STAGING))
    before = world.review()
    try:
        world.hosts[STAGING].out("sh", "-euc", f"printf '#' >> {SLICE}")
        worse = world.review()
        assert worse.red == {drift}
        assert worse.otherwise(healthy) == {drift: "failed"}
        assert worse.changed("worse") == {drift}
        assert worse.changed("better") == set()
        assert worse.data["comparison"]["made"] == before.data["made"]

        known = world.audit(librespot_audit_previous=str(worse.path), librespot_audit_fail_on="worse")
        assert known.red == {drift}
        assert known.run.status == 0, known.run.output
        fresh = world.audit(librespot_audit_previous=str(before.path), librespot_audit_fail_on="worse")
        assert fresh.run.status != 0
        assert "1 finding got worse since the earlier report" in fresh.run.output
    finally:
        world.deploy(only=STAGING)

    mended = world.review()
    assert mended.otherwise(healthy) == {}
    assert mended.changed("better") == {drift}
    assert mended.changed("worse") == set()
