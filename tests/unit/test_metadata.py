# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from tools.checks.stages import CORES

ROOT = Path(__file__).parents[2]


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_action_group_is_every_module() -> None:
    modules = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
    assert load("meta/runtime.yml")["action_groups"]["librespot"] == modules


def test_the_oldest_supported_core_is_the_first_of_the_matrix() -> None:
    assert load("meta/runtime.yml")["requires_ansible"] == f">={CORES[0]}.0"


def test_inits_are_empty() -> None:
    inits = [path for top in ("plugins", "tools", "tests") for path in (ROOT / top).rglob("__init__.py")]
    assert inits
    assert [path for path in inits if path.read_bytes()] == []


def test_nothing_is_ignored_by_the_sanity_tests() -> None:
    assert list((ROOT / "tests/sanity").glob("ignore*")) == []


def test_ci_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").rstrip().endswith("exec make test")


def test_the_licence_is_the_one_that_the_plugins_name() -> None:
    assert load("galaxy.yml")["license"] == ["GPL-3.0-or-later"]
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    sources = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    bare = [
        path
        for path in sources
        if path.read_bytes() and b"SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_bytes()
    ]
    assert bare == []
