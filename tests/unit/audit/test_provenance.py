# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPD-08 of a release that lies in a tree of the test's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import provenance
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import ARTIFACT, CRATE, Recipe, Target
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    PASSED,
    WAIVED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import known_release

KNOWN = known_release("0.8.0")
assert KNOWN is not None
OFFICIAL = Recipe(CRATE, Target("0.8.0", "x86_64", "glibc2.36"), (("crate_sha256", KNOWN.crate.sha256),))
OWN = replace(OFFICIAL, method=ARTIFACT, inputs=(("sha256", "0" * 64),))
OTHER_CRATE = replace(OFFICIAL, inputs=(("crate_sha256", "0" * 64),))


def findings(root: Path, name: str, manifest: Any) -> list[Finding]:
    """Return UPD-08/source where the release *name* has this *manifest*."""
    release = root / "opt/librespot/releases" / name
    release.mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    host = SimpleNamespace(files=Files(str(root)), active_release=lambda: name)
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {})
    context = cast(Context, SimpleNamespace(host=host, spec=spec, main=lambda _instance: None))
    return [found for found in provenance.look(context) if found.check == "source"]


def manifest(recipe: Recipe) -> dict[str, Any]:
    return {"version": recipe.target.version, "inputs": recipe.described(), "binary": {"sha256": "1" * 64}}


@pytest.mark.parametrize(("recipe", "status"), [(OFFICIAL, PASSED), (OWN, WAIVED), (OTHER_CRATE, FAILED)])
def test_the_status_follows_from_the_source(tmp_path: Path, recipe: Recipe, status: str) -> None:
    assert [found.status for found in findings(tmp_path, recipe.identifier, manifest(recipe))] == [status]


@pytest.mark.parametrize(("actual", "claimed"), [(OWN, OFFICIAL), (OTHER_CRATE, OFFICIAL), (OTHER_CRATE, OWN)])
def test_a_manifest_that_was_altered_does_not_fit_the_name(tmp_path: Path, actual: Recipe, claimed: Recipe) -> None:
    found = findings(tmp_path, actual.identifier, manifest(claimed))
    assert [item.status for item in found] == [FAILED]
    assert "does not follow" in found[0].observed


@pytest.mark.parametrize("content", [[], {}, None, "text", {"inputs": []}])
def test_what_is_no_manifest_is_an_error_and_not_a_crash(tmp_path: Path, content: object) -> None:
    assert [item.status for item in findings(tmp_path, OFFICIAL.identifier, content)] == [ERROR]
