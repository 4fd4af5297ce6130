# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts over six hosts: those that fail stop and go back, the good one goes through in order."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.rollout.programs import failing
from tests.rollout.world import CANARY, NEW, OLD, PRODUCTION, STAGING, Fleet
from tests.support.plays import Run

BACK_S = 30.0
"""Within so many seconds from its failure a host has to be back on the old release, and answer."""

NOTICED_S = 15.0
"""So long an instance that does not answer is waited for before it counts as failed."""

GOOD = {"librespot_version": NEW}
ADVISORY = """```toml
[advisory]
id = "RUSTSEC-2026-9999"
package = "hyper"
date = "2026-08-24"
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

[versions]
patched = [">= 99.0.0"]
```

# Made for a test
"""


def untouched(rollout: Fleet, which: slice, before: list[float]) -> None:
    """Assert that nothing was activated or started on some of the hosts since *before*."""
    assert rollout.activated()[which] + rollout.started()[which] == before


def moments(rollout: Fleet, which: slice) -> list[float]:
    """Return when some of the hosts got and started what they run."""
    return rollout.activated()[which] + rollout.started()[which]


@pytest.mark.parametrize(
    ("manner", "answers", "said"),
    [
        ("exits", "", "does not answer"),
        ("late", "", "answer"),
        ("version", "0.7.9", "0.7.9"),
        # It answers as it should, and is found out by the audit.
        ("well", "", "the audit found"),
    ],
)
def test_a_release_that_fails_stops_at_staging_and_goes_back(
    rollout: Fleet, report: list[str], tmp_path: Path, manner: str, answers: str, said: str
) -> None:
    others = slice(CANARY.start, PRODUCTION.stop)
    before = moments(rollout, others)
    releases = rollout.releases()
    with rollout.watched() as watched:
        run = rollout.run(variables=failing(tmp_path, manner, NEW, answers))
    assert run.status == 2, run.output
    assert rollout.versions() == [OLD] * 6
    assert rollout.releases() == releases
    assert rollout.outcomes() == ["rolled back"] * 2 + ["not started"] * 4, run.output
    untouched(rollout, others, before)
    for host, seen in zip(rollout.hosts[STAGING], watched[STAGING], strict=True):
        told = rollout.report()[host.name]
        assert said in told["reason"]
        took = seen.back(OLD)
        report.append(
            f"{manner:8} {host.name}: {took:5.1f} s without the old release, of which "
            f"{told['rollback_seconds']:4.1f} s to go back; {told['reason'][:120]}"
        )
        assert told["rollback_seconds"] < BACK_S
        if manner != "well":
            # The audit of that one takes ten seconds until it gives the program up.
            assert took < NOTICED_S + BACK_S
    assert [seen.versions for seen in watched[others]] == [[OLD]] * 4


def test_an_advisory_that_has_just_come_closes_the_gate(rollout: Fleet, database: Path, tmp_path: Path) -> None:
    newer = tmp_path / "advisories"
    shutil.copytree(database, newer)
    (newer / "crates/hyper").mkdir(exist_ok=True)
    (newer / "crates/hyper/RUSTSEC-2026-9999.md").write_text(ADVISORY, encoding="utf-8")
    before = moments(rollout, slice(0, 6))
    run = rollout.run(variables={**GOOD, "librespot_update_engines": [{"name": "cargo-audit", "database": str(newer)}]})
    assert run.status == 2, run.output
    assert rollout.outcomes() == ["not started"] * 6
    assert {item["reason"] for item in rollout.report().values()} == {
        "the gate is closed: open are RUSTSEC-2026-9999",
        *(item["reason"] for item in list(rollout.report().values())[2:]),
    }
    untouched(rollout, slice(0, 6), before)
    assert rollout.versions() == [OLD] * 6


@pytest.mark.parametrize("engine", [{"database": "/missing"}, {"program": "/missing"}])
def test_what_could_not_be_scanned_is_not_rolled_out(rollout: Fleet, engine: Mapping[str, str]) -> None:
    run = rollout.run(variables={**GOOD, "librespot_update_engines": [{"name": "cargo-audit", **engine}]})
    assert run.status == 2, run.output
    assert rollout.outcomes() == ["not started"] * 6
    assert "the scan is incomplete" in rollout.report()[rollout.hosts[0].name]["reason"]
    assert rollout.versions() == [OLD] * 6


def test_hosts_that_are_held_or_not_reached(rollout: Fleet) -> None:
    hold: dict[str, Any] = {"librespot_update_hold": "a party tonight"}
    gone: dict[str, Any] = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    pinned: dict[str, Any] = {"librespot_version": OLD}
    run = rollout.run(variables=GOOD, h1=hold, h2=pinned, h3=gone)
    assert run.status == 2, run.output
    assert rollout.outcomes() == ["held", "current", "unreachable"] + ["not started"] * 3, run.output
    assert rollout.report()[rollout.hosts[0].name]["reason"] == "a party tonight"
    assert rollout.versions() == [OLD] * 6


def ordered(rollout: Fleet) -> None:
    """Assert that each stage began when the one before it was proved."""
    activated, started = rollout.activated(), rollout.started()
    for earlier, later in ((STAGING, CANARY), (CANARY, PRODUCTION)):
        # It was watched for three seconds before.
        assert max(started[earlier]) + 3 < min(activated[later])


def test_the_new_release_goes_through_in_order(rollout: Fleet, report: list[str]) -> None:
    begun = time.monotonic()
    with rollout.watched() as watched:
        run = rollout.converge(variables=GOOD)
    assert rollout.outcomes() == ["updated"] * 6
    assert rollout.versions() == [NEW] * 6
    assert len(set(rollout.releases())) == 1
    ordered(rollout)
    for host, seen in zip(rollout.hosts, watched, strict=True):
        assert seen.versions == [OLD, NEW]
        told = rollout.report()[host.name]
        report.append(f"updated  {host.name}: {told['stage']:10} in {told['seconds']:5.1f} s")
    report.append(f"six hosts in {time.monotonic() - begun:.0f} s")
    assert run.recap(rollout.hosts[0])["changed"]


def test_what_is_proved_is_only_looked_at(rollout: Fleet, report: list[str]) -> None:
    before = moments(rollout, slice(0, 6))
    begun = time.monotonic()
    run: Run = rollout.converge(variables=GOOD)
    report.append(f"six proved hosts in {time.monotonic() - begun:.0f} s")
    assert rollout.outcomes() == ["updated"] * 6
    assert [run.recap(host)["changed"] for host in rollout.hosts] == [0] * 6
    assert "Activate the release" not in run.output
    untouched(rollout, slice(0, 6), before)


def test_check_mode_predicts_and_changes_nothing(rollout: Fleet) -> None:
    before = moments(rollout, slice(0, 6))
    kept = sorted(path.name for path in (rollout.directory / "state/hardened-librespot/rollouts").iterdir())
    run = rollout.converge(variables={"librespot_version": OLD}, options=["--check"])
    assert "\n6 to be updated\n" in run.output
    assert [run.recap(host)["changed"] for host in rollout.hosts] == [0] * 6
    untouched(rollout, slice(0, 6), before)
    assert sorted(path.name for path in (rollout.directory / "state/hardened-librespot/rollouts").iterdir()) == kept


def test_two_runs_over_one_rollout_are_refused(rollout: Fleet) -> None:
    with rollout.begin("update.yml", GOOD) as first:
        assert first.stdout is not None
        assert any("Look whether it can run what is described" in line for line in first.stdout)
        second = rollout.run(variables=GOOD)
        output, _unused = first.communicate(timeout=600)
    assert first.returncode == 0, output
    assert second.status == 2
    assert f"Another run (process {first.pid} on " in second.output
