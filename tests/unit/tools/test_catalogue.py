# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each control is kept: what is named is there, and what is lacking is known."""

from __future__ import annotations

import ast
import re

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from tools.catalogue.audited import checks
from tools.catalogue.mutants import CATALOGUES, SINGLE, killers
from tools.catalogue.nodes import ROOT, source, stages
from tools.catalogue.rows import ROWS
from tools.catalogue.table import kept

LACKING: dict[str, tuple[str, ...]] = {
    "CON-08": (),
    "RES-03": (),
}
"""The controls that lack one of the four, or a part where that is empty. Who mends one takes it out; none comes in."""

UNSHOWN = {
    *("NET-06", "NET-07", "NET-08", "CON-02", "CON-08", "CON-09", "CON-10", "CFG-01", "CFG-06", "CFG-09"),
    *("RES-01", "RES-05", "RES-06", "RES-08"),
    *("UPD-01", "UPD-02", "UPD-03", "UPD-04", "UPD-05", "UPD-06", "UPD-07", "UPD-08", "UPD-09"),
}
"""The controls of which no proof shows as well that its attack succeeds where they are not."""

NODES = sorted({*(proof.node for row in ROWS.values() for proof in row.proofs), *CATALOGUES, *SINGLE})


def test_every_control_has_a_row_and_every_row_a_control() -> None:
    assert ROWS.keys() == CONTROLS.keys()


def test_what_is_lacking_is_known_and_said() -> None:
    assert {item.control.id: item.gaps for item in kept() if item.gaps} == {
        name: gaps for name, gaps in LACKING.items() if gaps
    }
    assert {name for name, row in ROWS.items() if row.lacking} == LACKING.keys()


def test_of_all_others_the_attack_succeeds_where_the_control_is_not() -> None:
    assert {name for name, row in ROWS.items() if not any(proof.against for proof in row.proofs)} == UNSHOWN


@pytest.mark.parametrize("node", NODES)
def test_each_test_that_is_named_is_there_and_a_stage_runs_it(node: str) -> None:
    assert source(node)
    assert stages(node)


@pytest.mark.parametrize("node", ["tests/no.py::test_x", "tests/mutants/test_mutants.py::test_no", "tests/mutants"])
def test_one_that_is_not_there_is_noticed(node: str) -> None:
    with pytest.raises(LookupError):
        source(node)


def test_what_no_stage_runs_is_noticed() -> None:
    assert stages("tests/nowhere/test_x.py::test_y") == ()
    assert "supply" not in stages("tests/supply/engines/test_distribution.py::test_y")


@pytest.mark.parametrize("place", sorted({place for row in ROWS.values() for place in row.applied}))
def test_each_planner_that_is_named_is_there(place: str) -> None:
    path, _colon, symbol = place.partition(":")
    text = (ROOT / path).read_text(encoding="utf-8")
    if symbol:
        kinds = (ast.FunctionDef, ast.ClassDef)
        assert symbol in {item.name for item in ast.parse(text).body if isinstance(item, kinds)}


def test_every_table_of_mutants_is_counted() -> None:
    """A new file of tests with mutants of its own has to be entered."""
    tests = [path for path in ROOT.glob("tests/*/test_*.py") if path.parent.name != "unit"]
    tabled = {
        str(path.relative_to(ROOT))
        for path in tests
        if re.search(
            r"^_?MUTANTS\b|def test_mutant\(|class TestMutants", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert tabled <= {node.partition("::")[0] for node in (*CATALOGUES, *SINGLE)}


@pytest.mark.parametrize("node", [*CATALOGUES, *SINGLE])
def test_each_mutant_declares_what_turns_red(node: str) -> None:
    found = [item for item in killers() if item.node == node]
    assert found
    for item in found:
        assert item.controls or item.enforced, item.name or item.node
        assert item.controls | item.enforced <= CONTROLS.keys()


@pytest.mark.parametrize("node", SINGLE)
def test_one_that_is_not_tabled_names_what_turns_red(node: str) -> None:
    text = (ROOT / node.partition("::")[0]).read_text(encoding="utf-8")
    assert SINGLE[node]
    assert all(f'"{control}' in text for control in SINGLE[node].split(", "))


def test_a_check_is_live_where_a_live_audit_alone_asks_for_it() -> None:
    assert {f"{item.control} {item.check}" for item in checks() if item.live} == {
        "CFG-02 exposure",
        "CFG-02 features",
        "CFG-04 read attempt",
        "CFG-05 journal",
        "CON-10 outside",
        "NET-05 other ports",
        "NET-10 stranger",
        "NET-11 send",
    }
