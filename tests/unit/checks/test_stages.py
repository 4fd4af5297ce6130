# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.checks.stages import CORES, STAGES, Stage, batches, choose
from tools.lab.errors import LabError

ROOT = Path(__file__).parents[3]


def test_names_are_unique() -> None:
    names = [stage.name for stage in STAGES]
    assert len(names) == len(set(names))


def test_a_target_chooses_its_stages_in_the_order_of_the_table() -> None:
    chosen = choose(["unit", "lint"])
    assert [stage for stage in STAGES if stage in chosen] == chosen
    assert {"unit", "style", "types"} <= {stage.name for stage in chosen}


def test_full_is_every_stage() -> None:
    assert choose(["full"]) == list(STAGES)


@pytest.mark.parametrize("names", [[], ["unti"], ["unit", "unti"]])
def test_a_name_without_checks_is_refused(names: list[str]) -> None:
    with pytest.raises(LabError):
        choose(names)


def test_those_that_are_together_are_one_batch() -> None:
    one, two, three, four = (Stage(str(n), (), (), together=word) for n, word in enumerate(("", "a", "a", "b")))
    alone = Stage("5", (), ())
    assert batches([one, two, three, four, alone, one]) == [[one], [two, three], [four], [alone], [one]]
    assert [stage for batch in batches(STAGES) for stage in batch] == list(STAGES)


def test_the_matrix_is_every_core_that_is_pinned() -> None:
    pinned = {path.stem.removeprefix("core-") for path in (ROOT / "tests/requirements").glob("core-*.txt")}
    assert pinned == set(CORES)
    assert {stage.core for stage in choose(["matrix"])} == pinned


def test_every_scenario_and_every_directory_of_tests_is_run() -> None:
    words = {word for stage in STAGES for word in stage.argv}
    scenarios = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}
    assert scenarios <= words
    directories = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    tops = {str(path.relative_to(ROOT)).split("/")[1] for path in directories}
    # pytest alone runs the unit tests, and molecule its own.
    assert {f"tests/{name}" for name in tops - {"unit", "molecule"}} <= words


def test_every_target_of_make_has_checks() -> None:
    asked = re.findall(r"^\t@\$\(CHECKS\) (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert asked
    for name in asked:
        assert choose([name])
