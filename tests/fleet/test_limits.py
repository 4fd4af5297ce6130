# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-08: the review judges the limits of real hosts by what a real Prometheus has recorded of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fleet.world import BEDROOM, FLEET, KITCHEN, LIMITS, PRODUCTION, Audit, Fleet, Given, speakers
from tests.support.recorded import DAYS, Recording, recording

RESOURCES = ("memory", "cpu", "tasks", "files")
REASON = "an album was to be kept in memory"
WIDE = speakers({"limits": {**LIMITS, "memory": "512M"}})


@pytest.fixture(scope="session")
def recorded(world: Fleet) -> Iterator[Recording]:
    """Return a Prometheus that has watched the speakers of production."""
    with recording("review", world.name(PRODUCTION), (KITCHEN, BEDROOM)) as found:
        yield found


def _profiled(world: Fleet, recorded: Recording, **of_production: Any) -> Given:
    """Return the inventory with these variables of production, and with its profiles by the Prometheus."""
    given = {PRODUCTION: of_production}
    path = world.directory / "profiles.json"
    world.play(
        given,
        {
            "hardened.librespot.resource_profile": {
                "instances": "{{ librespot_instances }}",
                "prometheus": {"url": recorded.url, "days": DAYS},
                "keep": False,
                "show": False,
            },
            "register": "found",
            "when": f"inventory_hostname == '{world.name(PRODUCTION)}'",
        },
        {
            "ansible.builtin.copy": {"content": "{{ found.profiles | to_json }}", "dest": str(path)},
            "delegate_to": "localhost",
            "when": "found.profiles is defined",
        },
    )
    profiles = {world.name(PRODUCTION): json.loads(path.read_text(encoding="utf-8"))}
    return {**given, FLEET: {"librespot_audit_profiles": profiles}}


def test_a_limit_that_is_much_too_wide_is_red_for_its_instance_alone(
    world: Fleet, healthy: Audit, recorded: Recording
) -> None:
    production = world.name(PRODUCTION)
    fitting = _profiled(world, recorded)
    fine = world.review(fitting)
    assert fine.otherwise(healthy) == {
        ("RES-08", resource, name, production): "passed" for resource in RESOURCES for name in (KITCHEN, BEDROOM)
    }

    # That it differs from other environments is stated: this is not about RES-07.
    follow = ("memory", "memory_high", "scratch")
    stated = [{"path": f"limits.{name}", "reason": REASON} for name in follow]
    wide = {"librespot_instances": WIDE, "librespot_audit_differences": stated}
    too_wide = ("RES-08", "memory", KITCHEN, production)
    with world.deployed({PRODUCTION: wide}, PRODUCTION):
        found = world.review(_profiled(world, recorded, **wide))
        assert found.red == {too_wide}
        assert found.otherwise(fine) == {
            too_wide: "failed",
            **{("RES-07", f"limits.{name} of {KITCHEN}", FLEET, FLEET): "waived" for name in follow},
        }
        assert found.finding(too_wide)["observed"].startswith("too wide: 512M. 45.0 MiB at most")
        assert found.changed("worse") == {too_wide}

    mended = world.review(fitting)
    assert mended.otherwise(fine) == {}
    assert mended.changed("better") == {too_wide}
