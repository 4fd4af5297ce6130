# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role librespot_update: the order in which it proves a release, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_TASKS = Path(__file__).parents[3] / "roles/librespot_update/tasks"
_INCLUDE = "ansible.builtin.include_tasks"


def included(name: str) -> list[dict[str, Any]]:
    """Return the tasks of a file that include others."""
    return [task for task in yaml.safe_load((_TASKS / name).read_text(encoding="utf-8")) if _INCLUDE in task]


def test_nothing_is_attested_that_was_not_judged() -> None:
    order = [task[_INCLUDE].removesuffix(".yml") for task in included("prove_release.yml")]
    assert order == ["health", "audit", "judge", "health", "judge", "attest"]


def test_no_host_gets_an_image_of_its_own() -> None:
    specs = yaml.safe_load((_TASKS.parent / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    assert specs["plan"]["options"]["librespot_update_refresh"]["choices"] == ["never", "when_outdated"]
