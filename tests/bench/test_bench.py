# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that changes nothing takes few tasks, and clearly less time than stock modules need for the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.playbooks import PORT, ours, stock
from tests.support.hosts import fresh
from tests.support.plays import Controller, built

MOST_TASKS = 15
MOST_TIME = 0.6


def test_a_run_that_changes_nothing(tmp_path: Path, table: list[str], request: pytest.FixtureRequest) -> None:
    with fresh("hardened-librespot-bench") as host:
        controller = Controller(host, tmp_path)
        artifact = built(controller)

        mine = ours()
        mine.run(controller)
        reached = host.snapshot()
        theirs = stock(artifact, host, tmp_path)
        ours(librespot_state="absent").run(controller)
        assert host.snapshot() == {}
        theirs.run(controller)
        assert host.snapshot() == reached
        assert host.get_info(PORT)["remoteName"]
        assert mine.run(controller) == 0

        for _round in range(request.config.getoption("rounds")):
            for playbook in (mine, theirs):
                playbook.time(controller)
        for playbook in (mine, theirs):
            playbook.count(controller)

    tasks, trips, time = mine.tasks / theirs.tasks, mine.trips / theirs.trips, mine.median / theirs.median
    table += [
        f"{'':<28}{'tasks':>6}{'round trips':>12}{'median s':>10}  range",
        mine.row(),
        theirs.row(),
        f"{'ratio':<28}{tasks:>6.2f}{trips:>12.2f}{time:>10.2f}",
    ]
    assert mine.tasks <= MOST_TASKS
    assert trips < 1
    assert time <= MOST_TIME
