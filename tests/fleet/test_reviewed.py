# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-09: an audit of three real hosts that is told which formal review was the last one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.fleet.world import DEVELOPMENT, FLEET, PRODUCTION, STAGING, Audit, Fleet, Key

REVIEWED: Key = ("CFG-09", "review", FLEET, FLEET)


def _red_alone(world: Fleet, healthy: Audit, review: str, why: str) -> None:
    """Assert that the audit is red by CFG-09 alone, and says why."""
    found = world.audit(librespot_audit_review=review, librespot_audit_review_max_age=1)
    assert found.red == {REVIEWED}
    assert found.otherwise(healthy) == {REVIEWED: "failed"}
    assert why in found.finding(REVIEWED)["observed"]
    assert found.run.status != 0


def test_a_review_of_all_hosts_passes(world: Fleet, healthy: Audit) -> None:
    """What the tests below take away, one after the other; it is also how each is mended."""
    found = world.audit(librespot_audit_review=str(healthy.path), librespot_audit_review_max_age=1)
    assert found.otherwise(healthy) == {}
    assert found.run.status == 0, found.run.output


def test_none_is_red(world: Fleet, healthy: Audit) -> None:
    _red_alone(world, healthy, str(world.directory / "never/review.json"), "there is no review")


def test_an_old_one_is_red(world: Fleet, healthy: Audit) -> None:
    made = datetime.now(UTC) - timedelta(days=2)
    aged = world.directory / "aged.json"
    aged.write_text(json.dumps({**healthy.data, "made": made.strftime("%Y-%m-%dT%H:%M:%SZ")}), encoding="utf-8")
    _red_alone(world, healthy, str(aged), "it was made 2 days ago")


def test_one_that_lacks_a_host_is_red(world: Fleet, healthy: Audit) -> None:
    some = world.review(reviews="some", librespot_hosts=f"{DEVELOPMENT}:{STAGING}")
    assert some.red == set()
    _red_alone(world, healthy, str(some.path), f"not in it: {world.name(PRODUCTION)}")


def test_one_that_did_not_reach_a_host_is_red_itself_and_stays_so(world: Fleet, healthy: Audit) -> None:
    # The first of them, which would speak for all in what Ansible runs once.
    away = {DEVELOPMENT: {"ansible_host": "hardened-librespot-review-nowhere"}}
    found = world.review(away, reviews="away")
    missed = world.name(DEVELOPMENT)
    assert found.red == {
        ("CFG-06", "audit", "host", missed),
        ("RES-07", "compared", FLEET, FLEET),
        ("CFG-08", "compared", FLEET, FLEET),
        REVIEWED,
    }
    _red_alone(world, healthy, str(found.path), f"not audited in it: {missed}")
