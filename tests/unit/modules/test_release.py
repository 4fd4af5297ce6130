# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""release: from the arguments that its action plugin gives to the link that is active."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import BINARY, digests
from ansible_collections.hardened.librespot.plugins.module_utils.model.layout import (
    CURRENT,
    IMAGES,
    OF_IMAGES,
    RELEASES,
    ROOT,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.attestations import ATTESTATIONS
from ansible_collections.hardened.librespot.plugins.modules import release
from tests.unit.planners.test_releases import NEEDS, NEW, OLD, Bench, artifact

from .conftest import Run
from .machine import Tree, snapshot


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str) -> Bench:
    """Return the host to which releases come."""
    del lock
    root = tmp_path / "host"
    root.mkdir()
    made = Bench(root)
    monkeypatch.setattr(release, "Commands", lambda: made.commands)
    monkeypatch.setattr(release, "Files", lambda: Tree(str(root)))
    monkeypatch.setattr(release, "Libraries", lambda _commands, _files: made.loader)
    return made


def uploaded(bench: Bench, identifier: str) -> dict[str, Any]:
    """Return the arguments with which the action plugin installs *identifier*."""
    contents = artifact(identifier)
    bench.commands.version = identifier.partition("-")[0]
    return {"id": identifier, "checksums": digests(contents), "binary": NEEDS, "src": bench.upload(contents)}


def test_the_first_run_installs_and_activates_and_the_second_changes_nothing(run: Run, bench: Bench) -> None:
    arguments = uploaded(bench, NEW)
    first = run(release, **arguments)
    assert f"active release: {CURRENT}" in first.changes
    assert (first.data["id"], first.data["version"], first.data["previous"]) == (NEW, "0.8.0", "")
    assert bench.active() == NEW
    before = bench.snapshot()
    del arguments["src"]
    second = run(release, **arguments)
    assert second.changes == []
    assert second.data["missing"] is False
    assert bench.snapshot() == before


def test_check_mode_predicts_and_changes_nothing(run: Run, bench: Bench) -> None:
    arguments = uploaded(bench, NEW)
    bench.loader.there.clear()
    before = snapshot(bench.root)
    predicted = run(release, check=True, diff=True, **{**arguments, "src": None})
    assert snapshot(bench.root) == before
    assert bench.loader.there == set()
    assert bench.commands.tried == []
    done = run(release, diff=True, **arguments)
    assert predicted.changes == done.changes
    assert predicted.data["diff"] == done.data["diff"]


def test_check_mode_needs_no_artifact_that_is_built_already(run: Run, bench: Bench) -> None:
    predicted = run(release, check=True, id=NEW)
    assert predicted.changes == run(release, **uploaded(bench, NEW)).changes


def test_what_has_to_be_uploaded_is_asked_for_once(run: Run, bench: Bench) -> None:
    run(release, **uploaded(bench, OLD))
    arguments = uploaded(bench, NEW)
    said = run(release, **{**arguments, "src": None})
    assert said.data["missing"] is True
    assert said.changes == []
    assert (bench.active(), said.data["id"]) == (OLD, OLD)


def test_what_came_back_is_what_was_there(run: Run, bench: Bench) -> None:
    for identifier in (OLD, NEW):
        run(release, **uploaded(bench, identifier))
    predicted = run(release, check=True, state="rollback")
    assert bench.active() == NEW
    said = run(release, state="rollback")
    assert said.changes == predicted.changes != []
    assert (said.data["id"], said.data["previous"], bench.active()) == (OLD, NEW, OLD)
    assert run(release, state="rollback", id=OLD).changes == []


def test_absent_removes_all_of_ours_and_nothing_else(run: Run, bench: Bench) -> None:
    (bench.root / "opt/other").mkdir()
    before = snapshot(bench.root / "opt")
    for identifier in (OLD, NEW):
        run(release, **uploaded(bench, identifier))
    there = bench.snapshot()
    predicted = run(release, check=True, state="absent")
    assert bench.snapshot() == there
    said = run(release, state="absent")
    assert said.changes == predicted.changes != []
    assert said.data["id"] == said.data["version"] == ""
    assert snapshot(bench.root / "opt") == before
    assert run(release, state="absent").changes == []


def test_absent_leaves_what_another_module_keeps_there(run: Run, bench: Bench) -> None:
    run(release, **uploaded(bench, NEW))
    bench.path(f"{ROOT}/libexec").mkdir()
    predicted = run(release, check=True, state="absent")
    said = run(release, state="absent")
    assert said.changes == predicted.changes != []
    assert f"releases: {ROOT}" not in said.changes
    assert os.listdir(bench.path(ROOT)) == ["libexec"]
    assert run(release, state="absent").changes == []


@pytest.mark.parametrize("image", ["", "1" * 64])
def test_absent_says_whether_attestations_keep_the_place(run: Run, bench: Bench, image: str) -> None:
    run(release, **uploaded(bench, NEW))
    attested = bench.path(ATTESTATIONS)
    attested.mkdir()
    (attested / f"{NEW}.scan.intoto.jsonl").touch()
    if image:
        bench.path(IMAGES).mkdir()
        bench.path(OF_IMAGES.path(image)).write_text("{}", encoding="utf-8")
        (attested / f"{image}.scan.intoto.jsonl").touch()
    predicted = run(release, check=True, state="absent")
    said = run(release, state="absent")
    assert said.changes == predicted.changes != []
    assert bench.path(ROOT).exists() is bool(image)
    assert (f"releases: {ROOT}" in said.changes) is not bool(image)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"id": "0.8.0"}, "id"),
        ({"id": "../../etc"}, "id"),
        ({"id": f"{NEW}\n"}, "id"),
        ({"checksums": {"more": "0" * 64}}, "checksums"),
        ({"checksums": {**digests(artifact(NEW)), BINARY: "0"}}, f"checksums[{BINARY}]"),
        ({"state": "rollback", "id": "older"}, "id"),
    ],
)
def test_a_wrong_value_is_named(run: Run, bench: Bench, check: bool, wrong: Mapping[str, Any], path: str) -> None:
    arguments = uploaded(bench, NEW)
    before = snapshot(bench.root)
    said = run(release, check=check, **{**arguments, **wrong})
    assert said.data["msg"].startswith(f"{path}:")
    assert said.data["remedy"]
    assert snapshot(bench.root) == before
    assert bench.commands.tried == []


def test_what_arrived_changed_is_refused_and_the_old_release_stays(run: Run, bench: Bench) -> None:
    run(release, **uploaded(bench, OLD))
    arguments = uploaded(bench, NEW)
    arguments["checksums"][BINARY] = "0" * 64
    before = bench.snapshot()
    said = run(release, **arguments)
    assert "arrived with the digest" in said.data["msg"]
    assert "do not trust the way" in said.data["remedy"]
    assert bench.snapshot() == before


def test_a_release_that_is_not_here_cannot_be_returned_to(run: Run, bench: Bench) -> None:
    run(release, **uploaded(bench, NEW))
    for arguments in ({}, {"id": OLD}):
        said = run(release, state="rollback", **arguments)
        assert said.failed
        assert said.data["remedy"]
    assert bench.active() == NEW


def test_a_second_run_says_who_holds_the_host(run: Run, bench: Bench, lock: str) -> None:
    arguments = uploaded(bench, NEW)
    before = snapshot(bench.root)
    with host_lock("the module unit", lock):
        said = run(release, **arguments)
        assert not run(release, check=True, **arguments).failed
    assert f"the module unit (process {os.getpid()}" in said.data["msg"]
    assert said.data["remedy"]
    assert snapshot(bench.root) == before
    run(release, **arguments)
    assert bench.path(f"{RELEASES}/{NEW}").is_dir()
