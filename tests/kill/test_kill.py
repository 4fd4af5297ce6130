# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed leaves the old state or the new one, and the next run completes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.kill.world import CONTROLLER, PORT, Agent, Shot, World
from tests.support.hosts import State

TRIES = 4
RESTART_S = 6.0
"""The longest silence of an instance that is restarted: its stop, its start, and the wait between the two."""


def hit(told: dict[str, Any], moment: float) -> str:
    """Return the module that ran on the target at *moment*; nothing when none did."""
    names = [run["name"] or "start of a module" for run in told["runs"] if run["start"] <= moment <= run["end"]]
    return str(names[0]) if names else ""


def test_killed_run(world: World, shot: Shot, report: list[str]) -> None:
    killed_once(world, shot, report)


def killed_once(world: World, shot: Shot, report: list[str], silent: float = RESTART_S) -> None:
    """Kill a run, earlier where it was over before; the instance may be *silent* for so many seconds."""
    for attempt in range(TRIES):
        line = kill(world, replace(shot, moment=shot.moment / 2**attempt), silent)
        if line:
            report.append(f"{shot!s:<16}{line}")
            return
    raise AssertionError(f"{TRIES} runs ended before they could be killed")


def different(state: State, other: State) -> set[str]:
    """Return the names of what is not the same in both."""
    return {name for name in {*state, *other} if state.get(name) != other.get(name)}


def kill(world: World, shot: Shot, silent: float) -> str:
    """Kill one run, look at what it left, and let the next one complete it; returns what was hit."""
    aim = world.versions[1 - world.current]
    agent = Agent(world.host, shot.moment * aim.spent if shot.where != CONTROLLER else 0.0)
    moment = world.fire(shot, agent)
    left = world.host.snapshot()
    if not shot.back:
        world.current = 1 - world.current
    wanted = world.versions[world.current]
    world.controller.converge(world.playbook, wanted.variables)
    mended = world.host.snapshot()
    again = world.controller.converge(world.playbook, wanted.variables)
    told = agent.told()
    killed = hit(told, moment) or "between modules" if shot.where == CONTROLLER else told["killed"]
    if shot.where == CONTROLLER and not moment:
        killed = ""

    assert world.strange(left) == [], f"after killing {killed}"
    assert different(mended, wanted.state) == set(), f"after killing {killed}"
    assert again.recap(world.host)["changed"] == 0
    assert told["answers"]
    assert told["gap"] < silent, f"after killing {killed}"
    assert world.host.get_info(PORT)["remoteName"]
    rest = sorted(set(left) - set(world.versions[0].state) - set(world.versions[1].state))
    return (
        f"{killed:<20}{told['gap']:>6.2f} s silent{'  back' if shot.back else ''}  {' '.join(rest)}" if killed else ""
    )
