# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example pipelines are what GitHub and GitLab take them for, and run what is there."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
import yaml
from jsonschema import validators

from .conftest import ROOT

CI = ROOT / "examples/ci"


def schema(name: str) -> Any:
    """Return the schema of *name* that check-jsonschema ships."""
    path = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "name"), [("github.yml", "github-workflows"), ("gitlab.yml", "gitlab-ci")])
def test_it_is_a_pipeline(file: str, name: str) -> None:
    rules = schema(name)
    pipeline = yaml.safe_load((CI / file).read_text(encoding="utf-8"))
    found = validators.validator_for(rules)(rules).iter_errors(pipeline)
    assert [error.message for error in found] == []


@pytest.mark.parametrize("broken", [{"jobs": {}}, {"on": "push", "jobs": {"check": {"steps": "none"}}}])
def test_the_schema_refuses_what_is_none(broken: dict[str, Any]) -> None:
    rules = schema("github-workflows")
    assert list(validators.validator_for(rules)(rules).iter_errors(broken))


@pytest.mark.parametrize("file", ["github.yml", "gitlab.yml"])
def test_it_runs_what_is_in_the_collection(file: str) -> None:
    text = (CI / file).read_text(encoding="utf-8")
    installed = "~/.ansible/collections/ansible_collections/hardened/librespot/"
    named = [word.partition(installed)[2] for word in text.split() if installed in word]
    assert sorted(named) == ["examples/ci/check", "requirements.txt"]
    assert all((ROOT / name).is_file() for name in named)
