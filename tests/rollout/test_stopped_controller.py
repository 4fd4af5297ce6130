# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller that is killed at any moment of a rollout: the next run says which hosts have what, and finishes."""

from __future__ import annotations

import re
import time

import pytest

from tests.kill.world import chance, end_at_once
from tests.rollout.world import NEW, OLD, Fleet

_LEFT = re.compile(r"^(\S+) .*left (switching|rolling back) from", re.MULTILINE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each kill."""
    count, seed = metafunc.config.getoption("kills"), metafunc.config.getoption("seed")
    moments = [0.05 + 0.85 * chance(seed, number, "rollout") for number in range(count)]
    metafunc.parametrize("moment", moments, ids=[f"{number}-{moment:.2f}" for number, moment in enumerate(moments)])


@pytest.fixture(scope="module")
def lines(rollout: Fleet) -> dict[str, int]:
    """Return how many lines an undisturbed rollout prints to each release, and leave the hosts with the new one.

    Seconds would depend on what else the machine does.
    """
    return {
        version: rollout.converge(variables={"librespot_version": version}).output.count("\n") for version in (OLD, NEW)
    }


def test_a_killed_controller(rollout: Fleet, lines: dict[str, int], report: list[str], moment: float) -> None:
    version = OLD if rollout.versions() == [NEW] * 6 else NEW
    wanted = {"librespot_version": version}
    process = rollout.begin("update.yml", wanted)
    assert process.stdout is not None
    for _line in range(round(moment * lines[version])):
        process.stdout.readline()
    # Not only where a task begins or ends.
    time.sleep(moment)
    end_at_once(process)
    process.communicate(timeout=60)
    assert process.returncode, "it ended before it could be killed"
    # Whatever a module still does on its host, no host is left without an instance that answers.
    time.sleep(5)
    killed = rollout.versions()
    assert set(killed) <= {OLD, NEW}
    active = rollout.activated()

    run = rollout.converge(variables=wanted)
    left = _LEFT.findall(run.output)
    assert rollout.versions() == [version] * 6
    assert len(set(rollout.releases())) == 1
    assert rollout.outcomes() == ["updated"] * 6
    proved = re.findall(r"^(\S+) .*updated, proved by an earlier run", run.output, re.MULTILINE)
    again = rollout.activated()
    for at, host in enumerate(rollout.hosts):
        if host.name in proved:
            assert active[at] == again[at]
    report.append(
        f"killed after {moment:4.0%} of the way to {version}: {killed.count(version)} hosts had it, "
        f"{len(proved)} of them proved, {len(left)} between two releases"
    )
