# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the scheduled audit of a host expects is what an audit by a playbook does: else that one finds it old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import EXPECTATION_OPTIONS

ROLES = Path(__file__).parents[3] / "roles"


def load(path: str) -> Any:
    return yaml.safe_load((ROLES / path).read_text(encoding="utf-8"))


def variable(template: str) -> str:
    """Return the variable of a template, without what stands in for it where it is not set."""
    return template.strip("{} ").split(" | ")[0]


BY_PLAYBOOK = load("librespot_audit/tasks/main.yml")[0]["hardened.librespot.audit"]
BY_ITSELF = load("librespot_monitoring/tasks/main.yml")[0]["hardened.librespot.monitoring"]["expected"]


BESIDE = {"monitored", "monitoring", "notify"}
"""What the module monitoring knows by itself."""


def test_nothing_is_forgotten() -> None:
    assert set(BY_ITSELF) == set(EXPECTATION_OPTIONS) - BESIDE
    assert set(EXPECTATION_OPTIONS) <= set(BY_PLAYBOOK)


@pytest.mark.parametrize("name", sorted(set(EXPECTATION_OPTIONS) - BESIDE))
def test_it_is_the_same_variable_with_the_same_default(name: str) -> None:
    given = variable(BY_ITSELF[name])
    assert given == variable(BY_PLAYBOOK[name])
    assert load("librespot_audit/defaults/main.yml")[given] == EXPECTATION_OPTIONS[name]["default"]
