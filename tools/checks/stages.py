# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked, in order. A row is all that a new check needs.

A stage's *targets* are the make targets (without their ``test-``) that run it; ``full`` runs every stage once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.lab.errors import LabError
from tools.lab.venv import DEFAULT_CORE

CORES = ("2.18", "2.19", "2.20", "2.21")
"""Every ansible-core that is supported, as meta/runtime.yml and tests/requirements have it."""

SCENARIOS = ("default", "alternative", "debian12", "debian13", "rollback", "absent")
"""Molecule's scenarios in containers, two of which run at a time."""


@dataclass(frozen=True)
class Stage:
    """One command, and where it runs.

    With *placed* it runs in a copy of the checkout that lies where Ansible looks for the collection, since some tools
    refuse a link; else in the checkout. *limit_min* is in minutes. Stages next to each other that are *together* by the
    same word run at the same time: each waits for hosts for half of its time, and none measures any.
    """

    name: str
    argv: tuple[str, ...]
    targets: tuple[str, ...]
    core: str = DEFAULT_CORE
    placed: bool = False
    limit_min: float = 10
    together: str = ""


MACHINES = ("debian12", "debian13")
"""What virtual machines are made from."""


def _matrix() -> tuple[Stage, ...]:
    return tuple(
        stage
        for core in CORES
        for stage in (
            Stage(f"unit-{core}", ("pytest",), ("matrix",), core),
            Stage(f"collection-{core}", ("pytest", "tests/collection"), ("matrix",), core),
            Stage(f"sanity-{core}", _SANITY, ("matrix",), core, placed=True, limit_min=20),
            Stage(f"package-{core}", ("pytest", "tests/package"), ("matrix",), core, limit_min=30),
        )
    )


_SANITY = ("python", "-m", "tools.checks.sanity")
_TYPES = ("mypy", "-p", "ansible_collections.hardened.librespot.plugins", "-p", "tools", "-p", "tests")
_TELLING = (
    *("a_check_says", "another_one_takes", "never_takes", "limit_is_changed", "stops_at_once", "silent_is_restarted"),
    *("as_deployed", "without_the_table", "refused_in_ours", "live_process"),
)
_WHOLE = "--advisories=whole"
"""All of RustSec's database: a snapshot that lies outside the checkout."""

_CHECK = "tests/supply/test_check.py"
_BUT_ENGINES = (
    "tests/supply",
    *(f"--ignore=tests/supply/{name}" for name in ("engines", "refreshed", "whole")),
    f"--ignore={_CHECK}",
)
_SHORT = f"debian12 and not mutant and ({' or '.join(_TELLING)})"
"""What `test` has time for of the tests of containers; `containers` runs all."""

STAGES: tuple[Stage, ...] = (
    Stage("style", ("ruff", "check", "."), ("test", "lint")),
    Stage("format", ("ruff", "format", "--check", "."), ("test", "lint")),
    Stage("types", _TYPES, ("test", "lint")),
    Stage("yaml", ("yamllint", "--strict", "."), ("test", "lint")),
    Stage("ansible-lint", ("ansible-lint",), ("test", "lint"), placed=True),
    Stage("unit", ("pytest", "-n2"), ("test", "unit"), limit_min=20),
    Stage("sanity", _SANITY, ("test", "sanity"), placed=True, limit_min=20),
    Stage("changelog", ("antsibull-changelog", "lint"), ("test", "docs")),
    Stage("docs", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."), ("test", "docs"), placed=True),
    Stage("collection", ("pytest", "tests/collection"), ("test", "docs")),
    *(
        Stage(
            f"molecule-{name}",
            ("molecule", "test", "--scenario-name", name),
            ("test", "molecule"),
            limit_min=25,
            together=f"molecule-{number // 2}",
        )
        for number, name in enumerate(SCENARIOS)
    ),
    Stage("molecule-machine", ("molecule", "test", "--scenario-name", "machine"), ("test", "machine"), limit_min=25),
    Stage("builds", ("pytest", "tests/builds"), ("test", "molecule"), limit_min=20),
    Stage("alerts-short", ("pytest", "tests/alerts/test_rules.py", "-k", "debian12 or each"), ("test",)),
    Stage("alerts", ("pytest", "tests/alerts"), ("monitoring",), limit_min=30),
    Stage("profile", ("pytest", "tests/profile"), ("monitoring",), limit_min=40),
    Stage("reproducible", ("pytest", "tests/reproducible"), ("reproducible",), limit_min=120),
    Stage("package", ("pytest", "tests/package"), ("molecule", "package"), limit_min=30),
    Stage(
        "supply",
        # A class or a module at a time to each worker: the tests of test_releases.py share the artifact.
        ("pytest", *_BUT_ENGINES, "-k", "not older", "-n2", "--dist=loadscope"),
        ("test", "supply"),
        limit_min=20,
    ),
    # Each of its tests is several runs of a playbook.
    Stage("check-short", ("pytest", _CHECK, "-k", "a_new_advisory or cannot_look"), ("test",), limit_min=10),
    Stage("check", ("pytest", _CHECK, "-n2"), ("supply",), limit_min=20),
    Stage("schedule", ("pytest", "tests/schedule"), ("supply",), limit_min=20),
    # One table of all releases. It builds librespot three times more: an older release, and both with a refreshed lock.
    Stage(
        "supply-whole",
        ("pytest", "tests/supply/test_releases.py", "tests/supply/refreshed", "tests/supply/whole", _WHOLE),
        ("supply",),
        limit_min=60,
    ),
    Stage(
        "monitor-short",
        ("pytest", "tests/monitoring", "-k", "debian13 and (node_exporter_tells or no_rights or is_killed_is_counted)"),
        ("test",),
    ),
    Stage("monitor", ("pytest", "tests/monitoring"), ("monitoring",), limit_min=40),
    Stage("upkeep", ("pytest", "tests/upkeep"), ("supply", "mutants"), limit_min=60),
    Stage("health", ("pytest", "tests/health"), ("supply",), limit_min=40),
    # Its scanner is compiled the first time.
    Stage("engines", ("pytest", "tests/supply/engines", _WHOLE), ("engines",), limit_min=60),
    Stage("systemd", ("pytest", "tests/systemd", "-k", "not test_removal"), ("test", "molecule"), limit_min=20),
    # Each of its tests deploys three times.
    Stage("removal", ("pytest", "tests/systemd/test_removal.py"), ("molecule",), limit_min=20),
    # Most of its time it waits for a timer, or until no playbook has run for a while.
    Stage("scheduled-audit", ("pytest", "tests/scheduled_audit"), ("monitoring",), limit_min=60),
    Stage("secrets", ("pytest", "tests/secrets"), ("attacks",), limit_min=30),
    Stage("kill-five", ("pytest", "tests/kill", "--kills=5"), ("test", "kill-five"), limit_min=20),
    Stage("kill", ("pytest", "tests/kill", "--kills=50"), ("kill",), limit_min=120),
    Stage("rollout", ("pytest", "tests/rollout", "--kills=10"), ("rollout",), limit_min=120),
    Stage("attacks", ("pytest", "tests/attacks"), ("attacks",), limit_min=60),
    Stage("beside", ("pytest", "tests/beside"), ("attacks",), limit_min=30),
    # The oldest engine is the one that lacks most.
    Stage("containers-short", ("pytest", "tests/containers", "-k", _SHORT), ("test",), limit_min=20),
    *(
        Stage(
            f"containers-{image}",
            ("pytest", "tests/containers", "--kills=20", "-k", image),
            ("containers",),
            limit_min=240,
        )
        for image in MACHINES
    ),
    # Debian 12's Podman knows no Quadlets.
    Stage("podman", ("pytest", "tests/podman", "--kills=3"), ("containers",), limit_min=150),
    Stage("images", ("pytest", "tests/images"), ("containers",), limit_min=60),
    # It makes an image on a build host of its own.
    Stage("updates", ("pytest", "tests/updates"), ("containers", "supply"), limit_min=60),
    Stage("limits", ("pytest", "tests/machine", "-k", "test_limits"), ("machine",), limit_min=60),
    Stage("limits-contained", ("pytest", "tests/machine", "-k", "test_contained"), ("machine",), limit_min=60),
    Stage("sound", ("pytest", "tests/machine", "-k", "test_sound"), ("machine",), limit_min=60),
    # What is recommended has to hold for ten minutes.
    Stage(
        "limits-profiled",
        ("pytest", "tests/delivery", "-k", "test_profile", "--hold=600"),
        ("machine", "monitoring"),
        limit_min=90,
    ),
    # Most of it is the time for which a rule wants its cause to last.
    Stage("delivery", ("pytest", "tests/delivery", "-k", "not test_profile"), ("monitoring",), limit_min=90),
    # A server that is away is tried again after five minutes, and a monitor that stopped is told of after two.
    *(
        Stage(f"notify-{name}", ("pytest", "tests/notify", "-k", name), ("monitoring",), limit_min=60)
        for name in (*MACHINES, "memory")
    ),
    *(
        Stage(f"apparmor-{image}", ("pytest", "tests/apparmor", "-k", image), ("machine",), limit_min=90)
        for image in MACHINES
    ),
    *(
        Stage(f"network-{image}", ("pytest", "tests/network", "-k", image), ("machine",), limit_min=150)
        for image in MACHINES
    ),
    Stage("mutants", ("pytest", "tests/mutants"), ("mutants",), limit_min=90),
    Stage("rationale", ("pytest", "tests/rationale"), ("monitoring",), limit_min=20),
    # In a real Chromium.
    Stage("review", ("pytest", "tests/review"), ("monitoring",), limit_min=20),
    # Three hosts, one in each environment.
    Stage("review-fleet", ("pytest", "tests/fleet"), ("monitoring",), limit_min=60),
    # It compiles cargo-cyclonedx the first time.
    Stage("bench", ("pytest", "tests/bench"), ("bench",), limit_min=60),
    *_matrix(),
)


def choose(names: Sequence[str], stages: Sequence[Stage] = STAGES) -> list[Stage]:
    """Return the stages that *names*, targets or stages, stand for, in the order of the table.

    Raises LabError for a name that stands for none: a check that runs nothing must not look green.
    """
    known = {stage.name for stage in stages} | {target for stage in stages for target in stage.targets} | {"full"}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise LabError(f"no check is called {', '.join(unknown) or '(nothing)'}", f"Known: {' '.join(sorted(known))}")
    return [stage for stage in stages if "full" in names or {stage.name, *stage.targets} & set(names)]


def batches(chosen: Sequence[Stage]) -> list[list[Stage]]:
    """Return the stages in their order: each alone, or those that are together."""
    found: list[list[Stage]] = []
    for stage in chosen:
        if found and stage.together and stage.together == found[-1][-1].together:
            found[-1].append(stage)
        else:
            found.append([stage])
    return found
