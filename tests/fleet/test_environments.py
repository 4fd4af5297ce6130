# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-07 and CFG-08: each difference between environments is red by itself, unless the inventory says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fleet.world import (
    DEVELOPMENT,
    FLEET,
    KITCHEN,
    LIMITS,
    PRODUCTION,
    STAGING,
    Audit,
    Fleet,
    Given,
    Key,
    speakers,
)

REASON = "it is tried there before all others get it"


@dataclass(frozen=True)
class Mutant:
    """A *change* of the kitchen in one *environment*, declared to turn the setting *path* red under its *control*.

    *waived* are controls and checks of that instance on the host itself, which the change makes accepted ones.
    """

    environment: str
    change: Mapping[str, Any]
    control: str
    path: str
    waived: tuple[tuple[str, str], ...] = field(default=())

    def key(self) -> Key:
        """Return the finding."""
        return self.control, f"{self.path} of {KITCHEN}", FLEET, FLEET

    def otherwise(self, world: Fleet, status: str) -> dict[Key, str]:
        """Return all that is not as in a healthy review, when the difference has this *status*."""
        host = world.name(self.environment)
        return {self.key(): status, **{(*item, KITCHEN, host): "waived" for item in self.waived}}

    def given(self, **more: Any) -> Given:
        """Return the inventory that has the change, and *more* in its environment."""
        return {self.environment: {"librespot_instances": speakers(self.change), **more}}

    def stated(self, **until: str) -> Given:
        """Return the inventory that says why."""
        return self.given(librespot_audit_differences=[{"path": self.path, "reason": REASON, **until}])


MUTANTS = (
    Mutant(PRODUCTION, {"limits": {**LIMITS, "tasks": 56}}, "RES-07", "limits.tasks"),
    Mutant(STAGING, {"options": {"bitrate": 160}}, "CFG-08", "options.bitrate"),
    Mutant(
        DEVELOPMENT,
        {"relaxations": {"disk": "it remembers the volume"}},
        "CFG-08",
        "relaxations.disk",
        waived=(("CFG-03", "relaxations"),),
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.path)
def test_what_differs_is_red_alone_until_it_is_stated_or_mended(world: Fleet, healthy: Audit, mutant: Mutant) -> None:
    with world.deployed(mutant.given(), mutant.environment):
        found = world.review(mutant.given())
        assert found.red == {mutant.key()}
        assert found.otherwise(healthy) == mutant.otherwise(world, "failed")
        # Against the review before, which was clean.
        assert found.changed("new") == {mutant.key()}
        assert world.name(mutant.environment) in found.finding(mutant.key())["observed"]

        accepted = world.review(mutant.stated())
        assert accepted.red == set()
        assert accepted.otherwise(healthy) == mutant.otherwise(world, "waived")
        assert accepted.finding(mutant.key())["reason"] == REASON
        assert [(item["path"], item["stated"], item["reason"]) for item in accepted.data["differences"]] == [
            (mutant.path, True, REASON)
        ]
        for form in ("review.md", "review.html"):
            assert REASON in (accepted.path.parent / form).read_text(encoding="utf-8"), form

        ended = world.review(mutant.stated(until="2026-01-31"))
        assert ended.otherwise(healthy) == mutant.otherwise(world, "failed")
        assert ended.changed("worse") == {mutant.key()}

    mended = world.review()
    assert mended.otherwise(healthy) == {}
    assert mended.changed("gone") == {mutant.key()}
