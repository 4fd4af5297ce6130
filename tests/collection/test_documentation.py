# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ROOT, Run

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def documented(as_user: Run) -> dict[str, Any]:
    """Return what ansible-doc says of each module of the installed collection."""
    names = [f"hardened.librespot.{name}" for name in MODULES]
    found: dict[str, Any] = json.loads(as_user(["ansible-doc", "--json", "-t", "module", *names]))
    return found


@pytest.mark.parametrize("module", MODULES)
class TestModule:
    def test_it_states_how_it_behaves_in_check_and_diff_mode_and_when_run_twice(
        self, module: str, documented: dict[str, Any]
    ) -> None:
        attributes = documented[f"hardened.librespot.{module}"]["doc"].get("attributes", {})
        assert {"check_mode", "diff_mode", "idempotent"} <= set(attributes)

    def test_it_has_examples_and_return_values(self, module: str, documented: dict[str, Any]) -> None:
        found = documented[f"hardened.librespot.{module}"]
        assert f"hardened.librespot.{module}:" in found["examples"]
        assert found["return"]

    def test_it_is_documentation_and_a_short_main(self, module: str) -> None:
        source = (ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8")
        assert len(source.splitlines()) < 300


@pytest.mark.parametrize("role", ROLES)
def test_the_arguments_of_each_role_are_documented(role: str, as_user: Run) -> None:
    found = json.loads(as_user(["ansible-doc", "--json", "-t", "role", f"hardened.librespot.{role}"]))
    assert "main" in found[f"hardened.librespot.{role}"]["entry_points"]
