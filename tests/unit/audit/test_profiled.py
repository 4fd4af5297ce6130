# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-01 and RES-02 of a profile in a tree of the test's own, and of limits that a kernel would say are in force."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import profiled
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.audit.profiled import Profiling
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import Limits
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import (
    CPU_BURST,
    DECODE_LIKE,
    DISCOVERY,
    IDLE,
    Course,
    Figures,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_record import (
    Made,
    profile_data,
    read_profile,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.timestamp import seconds
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Held
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.profiles import (
    PROFILES,
    OutlivedProfilesPlanner,
    kept_profiles,
    profile_path,
    taken,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

MIB = 1024 * 1024
RELEASE = "0.8.0-x86_64-glibc2.36-1a2b3c4d5e6f"
AT = "2026-11-28T04:00:00Z"
NOW = seconds(AT) + 86400
USED = {"memory": 40.0 * MIB, "cpu": 10.0, CPU_BURST: 30.0, "tasks": 20.0, "files": 24.0}
FORCE = Held(192 * MIB, 0, 100, 64)


def profile(
    name: str = "kitchen",
    loads: tuple[str, ...] = (IDLE, DISCOVERY, DECODE_LIKE),
    samples: int = 60,
    used: dict[str, float] | None = None,
    release: str = RELEASE,
) -> dict[str, Any]:
    courses = []
    for load in loads:
        factor = 0.1 if load == IDLE else 1.0
        most = {key: factor * value for key, value in (USED if used is None else used).items()}
        values = {key: Figures(value, value, value, value, samples) for key, value in most.items()}
        courses.append(Course(load, 60.0, samples, values))
    return profile_data(Made(name, "systemd", release, AT, 2, 60.0, 1.0, 50), courses, Limits(), [])


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    (tmp_path / "var/lib").mkdir(parents=True)
    # Whoever runs the test owns what it writes.
    monkeypatch.setattr(os, "fchown", lambda *_arguments: None)
    return Files(str(tmp_path))


def keep(tree: Files, *profiles: dict[str, Any]) -> None:
    converge(kept_profiles(tree, profiles), check=False)


def look(
    tree: Files,
    monkeypatch: pytest.MonkeyPatch,
    *,
    wanted: bool = True,
    max_age: int = 180,
    now: float = NOW,
    force: Held = FORCE,
    own: dict[str, str] | None = None,
    runs: bool = True,
    release: str = RELEASE,
) -> dict[tuple[str, str], Finding]:
    monkeypatch.setattr(profiled, "held", lambda _pid: force)
    monkeypatch.setattr(profiled, "own", lambda _pid: {"": "/x"} if own is None else own)
    spec: Specification = parse_specification("0.8.0", [{"name": "kitchen"}])
    context = Context(cast(Host, SimpleNamespace(files=tree)), spec, [], live=False)
    context._processes["kitchen"] = [cast(Any, SimpleNamespace(pid=1))] if runs else []
    asked = Profiling(wanted, max_age, lambda: now)
    check = partial(profiled.look, asked, lambda _item: release)
    return {(item.id, item.check): item for item in check(context)}


def statuses(found: dict[tuple[str, str], Finding]) -> dict[tuple[str, str], str]:
    return {key: item.status for key, item in found.items()}


ROWS = [("RES-01", "profile"), *(("RES-02", name) for name in ("memory", "cpu", "tasks", "files"))]


def test_a_whole_profile_that_is_held_passes(tree: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tree, profile())
    found = look(tree, monkeypatch)
    assert statuses(found) == dict.fromkeys(ROWS, PASSED)
    assert "which is wide: 64M is recommended" in found["RES-02", "memory"].observed


@pytest.mark.parametrize(("wanted", "status"), [(False, NOT_ENFORCED), (True, FAILED)])
def test_one_that_was_never_profiled(tree: Files, monkeypatch: pytest.MonkeyPatch, wanted: bool, status: str) -> None:
    assert statuses(look(tree, monkeypatch, wanted=wanted)) == {
        ("RES-01", "profile"): status,
        ("RES-02", "limits"): status,
    }


@pytest.mark.parametrize(
    ("kept", "asked", "said"),
    [
        (profile(loads=(IDLE,)), {}, "not profiled under discovery and decode_like"),
        (profile(samples=29), {}, "29 samples"),
        (profile(used={}), {}, "nothing was measured"),
        (profile(release="0.7.1-x"), {}, "made with 0.7.1-x"),
        (profile(), {"release": "0.9.0-x"}, "0.9.0-x runs"),
        (profile(), {"max_age": 30, "now": NOW + 31 * 86400}, "32 days old"),
        (profile(), {"now": NOW - 10 * 86400}, "in the future"),
    ],
)
def test_a_profile_that_says_too_little_is_red_alone(
    tree: Files, monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any], asked: dict[str, Any], said: str
) -> None:
    keep(tree, kept)
    found = look(tree, monkeypatch, **asked)
    assert found["RES-01", "profile"].status == FAILED
    assert said in found["RES-01", "profile"].observed
    assert FAILED not in {item.status for key, item in found.items() if key[0] == "RES-02"}


@pytest.mark.parametrize(
    ("force", "red"),
    [
        (Held(32 * MIB, 0, 100, 64), "memory"),
        (Held(192 * MIB, 0, 20, 64), "cpu"),
        (Held(192 * MIB, 0, 100, 24), "tasks"),
    ],
)
def test_a_limit_below_what_was_used_is_red_alone(
    tree: Files, monkeypatch: pytest.MonkeyPatch, force: Held, red: str
) -> None:
    keep(tree, profile())
    found = look(tree, monkeypatch, force=force)
    assert {key for key, item in found.items() if item.status == FAILED} == {("RES-02", red)}


def test_what_the_host_does_not_hold_it_to_is_not_enforced(tree: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tree, profile())
    root = look(tree, monkeypatch, own={"cpu": "/x", "cpuacct": "/x", "": "/y"})
    assert statuses(root)["RES-02", "memory"] == NOT_ENFORCED
    assert statuses(root)["RES-02", "cpu"] == PASSED
    none = look(tree, monkeypatch, force=Held(None, None, None, None))
    assert [statuses(none)["RES-02", name] for name in ("memory", "cpu", "tasks")] == [NOT_ENFORCED] * 3


def test_what_was_not_measured_is_not_passed(tree: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tree, profile(used={"files": 24.0}))
    found = look(tree, monkeypatch)
    assert found["RES-02", "memory"].status == NOT_ENFORCED
    assert "not measured" in found["RES-02", "memory"].observed


def test_one_that_does_not_run_has_no_limit_in_force(tree: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tree, profile())
    assert look(tree, monkeypatch, runs=False)["RES-02", "limits"].status == FAILED


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", json.dumps({**profile(), "format": 2}), json.dumps({**profile(), "name": "hall"})]
    + [json.dumps({**profile(), "at": "yesterday"}), json.dumps({**profile(), "advice": [{"resource": "memory"}]})]
    + [json.dumps({**profile(), "advice": [{**profile()["advice"][0], "least": "much"}]}), "[" * 100000],
)
def test_what_is_no_profile_is_an_error(tree: Files, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    keep(tree, profile())
    tree.write(profile_path("kitchen"), text.encode(), 0o644)
    assert {item.status for item in look(tree, monkeypatch).values()} == {ERROR}


def test_one_that_others_can_write_is_an_error(tree: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tree, profile())
    tree.own(profile_path("kitchen"), 0o666, os.geteuid(), os.getegid())
    assert {item.status for item in look(tree, monkeypatch).values()} == {ERROR}


def test_a_profile_goes_with_its_instance(tree: Files) -> None:
    keep(tree, profile(), profile("hall"))
    one = OutlivedProfilesPlanner(tree, ["hall"], every=False)
    assert converge([one], check=True)[0].before == {f"{PROFILES}/hall.json": "of an instance that is gone"}
    converge([one], check=False)
    assert tree.names(PROFILES) == ["kitchen.json"]
    assert not converge([one], check=False)[0].changed
    last = OutlivedProfilesPlanner(tree, ["kitchen"], every=False)
    assert set(converge([last], check=True)[0].before) == {
        f"{PROFILES}/kitchen.json",
        PROFILES,
        os.path.dirname(PROFILES),
    }
    converge([last], check=False)
    assert tree.read(os.path.dirname(PROFILES)) is None


def test_all_go_and_what_is_not_ours_stays(tree: Files) -> None:
    keep(tree, profile(), profile("hall"))
    tree.write(f"{os.path.dirname(PROFILES)}/other", b"x", 0o644)
    converge([OutlivedProfilesPlanner(tree, [], every=True)], check=False)
    assert tree.names(os.path.dirname(PROFILES)) == ["other"]


def test_without_profiles_nothing_is_to_be_done(tree: Files) -> None:
    assert not OutlivedProfilesPlanner(tree, ["kitchen"], every=True).plan().changed


def test_profiles_from_elsewhere_are_of_this_host() -> None:
    spec = parse_specification("0.8.0", [{"name": "kitchen"}])
    assert taken([profile()], spec) == [profile()]
    for wrong in (profile("hall"), {"name": "kitchen"}, {**profile(), "name": "../../etc/x"}):
        with pytest.raises(Exception, match=r"profiles\[0\]"):
            taken([wrong], spec)


def test_what_is_kept_can_be_read() -> None:
    kept = read_profile(json.dumps(profile()), "x")
    assert (kept.name, kept.samples, kept.loads) == ("kitchen", 60, (IDLE, DISCOVERY, DECODE_LIKE))
    assert kept.known == ("memory", "cpu", "tasks", "files")
