# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which image of a host is active, which one was before it, and which are kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARTIFACT_LABEL, NOT_MADE
from ansible_collections.hardened.librespot.plugins.module_utils.model.layout import IMAGES, OF_IMAGES
from ansible_collections.hardened.librespot.plugins.module_utils.module import Module
from ansible_collections.hardened.librespot.plugins.modules import image
from tests.unit.modules.machine import Tree, snapshot

OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
VERSIONS = {OLD: "0.7.1", NEW: "0.8.0", OTHER: "0.9.0"}


def named(identifier: str) -> str:
    return identifier.partition(":")[2]


class Engine:
    """An engine that has *loaded* images, of which containers use those that are *used*."""

    name = "docker"
    architecture = "amd64"

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.used: set[str] = set()

    def image(self, identifier: str) -> dict[str, Any] | None:
        return {"Id": identifier} if identifier in self.loaded else None

    def images(self, label: str) -> list[dict[str, Any]]:
        assert label == ARTIFACT_LABEL
        return [{"Id": item} for item in self.loaded]

    def containers(self, _label: str) -> list[dict[str, Any]]:
        return [{"ImageID": item} for item in self.used]

    def load(self, path: str) -> None:
        self.loaded.append(Path(path).name.replace("-", ":"))

    def remove_image(self, identifier: str) -> None:
        self.loaded.remove(identifier)


class Asked:
    """What the module is run with."""

    _name, _diff = "image", True

    def __init__(self, check_mode: bool, **params: Any) -> None:
        given = {
            "state": "present",
            "engine": "docker",
            "id": "",
            "keep": 2,
            "protect": [],
            "manifest": None,
            "src": None,
        }
        self.params = {**given, **params}
        self.check_mode = check_mode
        self.no_log_values: set[str] = set()

    def exit_json(self, **_result: Any) -> Any:
        raise AssertionError

    fail_json = exit_json

    def warn(self, _warning: str) -> None:
        raise AssertionError


class Bench:
    """One host in *root*."""

    def __init__(self, root: Path) -> None:
        (root / "opt").mkdir()
        self.root = root
        self.engine = Engine()

    def run(self, check: bool = False, **params: Any) -> dict[str, Any]:
        return image.work(cast(Module, Asked(check, **params)))

    def bring(self, identifier: str, check: bool = False, **params: Any) -> dict[str, Any]:
        manifest = {
            "image": identifier,
            "artifact": f"artifact-of-{VERSIONS[identifier]}",
            "version": VERSIONS[identifier],
            "architecture": "x86_64",
            "files": [],
        }
        src = "" if check else f"/upload/{identifier.replace(':', '-')}"
        return self.run(check, manifest=manifest, src=src, **params)

    def back(self, identifier: str = "", check: bool = False, **params: Any) -> dict[str, Any]:
        return self.run(check, state="rollback", id=identifier, **params)

    def age(self, identifier: str, seconds: int) -> None:
        os.utime(self.root / OF_IMAGES.path(named(identifier)).lstrip("/"), (seconds, seconds))

    @property
    def active(self) -> str:
        target = os.readlink(self.root / OF_IMAGES.current.lstrip("/"))
        assert (self.root / IMAGES.lstrip("/") / target).exists()
        return f"sha256:{target.removesuffix('.json')}"

    def snapshot(self) -> dict[str, object]:
        return snapshot(self.root)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)
    monkeypatch.setattr(image, "Files", lambda: Tree(str(tmp_path)))
    monkeypatch.setattr(image, "engine_called", lambda _name, _commands: made.engine)
    monkeypatch.setattr(image, "refuse_other", lambda *_arguments: None)
    return made


def test_the_one_that_was_asked_for_last_is_active_and_knows_the_one_before(bench: Bench) -> None:
    first = bench.bring(OLD)
    assert (first["image"], first["version"], first["previous"]) == (OLD, "0.7.1", "")
    second = bench.bring(NEW)
    assert (second["image"], second["artifact"], second["previous"]) == (NEW, "artifact-of-0.8.0", OLD)
    assert bench.active == NEW
    again = bench.bring(NEW)
    assert (again["changed"], again["previous"]) == (False, OLD)


def test_a_check_says_what_is_done_and_does_nothing(bench: Bench) -> None:
    steps: list[Callable[[bool], dict[str, Any]]] = [
        lambda check: bench.bring(OLD, check),
        lambda check: bench.bring(NEW, check, keep=0),
        lambda check: bench.bring(OTHER, check, keep=0),
        lambda check: bench.back(check=check),
        lambda check: bench.back(OTHER, check=check, keep=0),
    ]
    for step in steps:
        before, loaded = bench.snapshot(), list(bench.engine.loaded)
        foretold = step(True)
        assert (bench.snapshot(), bench.engine.loaded) == (before, loaded)
        done = step(False)
        told = ("changed", "changes", "image", "version", "previous", "diff")
        assert {name: foretold[name] for name in told} == {name: done[name] for name in told}
        assert done["changed"]


def test_it_returns_and_comes_back_when_it_is_asked_again(bench: Bench) -> None:
    bench.bring(OLD)
    bench.bring(NEW)
    went = bench.back()
    assert (went["image"], went["version"], went["artifact"]) == (OLD, "0.7.1", "artifact-of-0.7.1")
    assert (went["previous"], went["changed"], bench.active) == (NEW, True, OLD)
    assert went["changes"] == [f"active image: {OF_IMAGES.before}/{named(OLD)}", f"active image: {OF_IMAGES.current}"]
    came = bench.back()
    assert (came["image"], came["previous"], bench.active) == (NEW, OLD, NEW)


@pytest.mark.parametrize("how", [OLD, "artifact-of-0.7.1"])
def test_the_one_that_is_named_is_named_each_time(bench: Bench, how: str) -> None:
    for identifier in (OLD, OTHER, NEW):
        bench.bring(identifier)
    assert (bench.back(how)["image"], bench.active) == (OLD, OLD)
    again = bench.back(how)
    assert (again["changed"], again["image"], again["previous"]) == (False, OLD, NEW)


def test_of_several_images_of_an_artifact_the_active_one_is_meant(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They differ in the packages of the distribution."""
    monkeypatch.setitem(VERSIONS, OTHER, "0.7.1")
    for identifier in (OLD, OTHER, NEW):
        bench.bring(identifier)
    bench.age(OLD, 1000)
    assert bench.back("artifact-of-0.7.1")["image"] == OTHER
    assert bench.back(OLD)["image"] == OLD
    assert bench.back("artifact-of-0.7.1")["image"] == OLD


def test_the_newest_is_not_the_one_before(bench: Bench) -> None:
    for identifier in (OLD, NEW, OLD):
        bench.bring(identifier)
    bench.age(OLD, 1000)
    assert bench.back()["image"] == NEW


def test_what_a_roll_back_needs_is_kept_and_no_more_than_that(bench: Bench) -> None:
    for number, identifier in enumerate((OLD, OTHER, NEW)):
        bench.bring(identifier)
        bench.age(identifier, 1000 + number)
    assert bench.bring(NEW, keep=0)["changed"]
    assert bench.engine.loaded == [OTHER, NEW]
    left = {path.name for path in (bench.root / IMAGES.lstrip("/")).iterdir()}
    assert left == {"before", "current", f"{named(OTHER)}.json", f"{named(NEW)}.json"}
    # Whose image before is gone knows of none.
    assert os.listdir(bench.root / OF_IMAGES.before.lstrip("/")) == [named(NEW)]


@pytest.mark.parametrize("how", [OLD, "0.7.1-x86_64-glibc2.36-0123456789ab"])
def test_what_a_rollout_goes_back_to_is_kept(bench: Bench, how: str) -> None:
    """A run that was to replace OLD was killed after NEW, and the next one wants another."""
    manifest = {"image": OLD, "artifact": "0.7.1-x86_64-glibc2.36-0123456789ab", "version": "0.7.1", "files": []}
    bench.run(manifest={**manifest, "architecture": "x86_64"}, src=f"/upload/{OLD.replace(':', '-')}")
    bench.bring(NEW, keep=0, protect=[how])
    bench.bring(OTHER, keep=0, protect=[how, "", f"sha256:{'d' * 64}"])
    assert bench.engine.loaded == [OLD, NEW, OTHER]
    assert bench.back(how)["image"] == OLD


@pytest.mark.parametrize("wrong", ["../x", "sha256:ab", "kitchen"])
@pytest.mark.parametrize("check", [True, False])
def test_what_is_protected_is_named(bench: Bench, wrong: str, check: bool) -> None:
    bench.bring(OLD)
    before = bench.snapshot()
    with pytest.raises(LibrespotError, match=r"^protect\[1\]: "):
        bench.bring(NEW, check, protect=[OLD, wrong])
    assert (bench.snapshot(), bench.engine.loaded) == (before, [OLD])


def test_what_a_container_uses_is_kept(bench: Bench) -> None:
    for identifier in (OLD, OTHER, NEW):
        bench.bring(identifier)
    bench.engine.used = {OLD}
    bench.bring(NEW, keep=0)
    assert OLD in bench.engine.loaded


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("", "This host has no previous image"),
        (OTHER, f"There is no image {OTHER} on this host"),
        ("artifact-of-0.9.0", "There is no image artifact-of-0.9.0 on this host"),
        ("../../etc/passwd", "There is no image ../../etc/passwd on this host"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_is_not_there_is_refused(bench: Bench, identifier: str, said: str, check: bool) -> None:
    bench.bring(NEW)
    before = bench.snapshot()
    with pytest.raises(LibrespotError, match=said) as error:
        bench.back(identifier, check)
    assert bench.snapshot() == before
    assert error.value.remedy


def test_one_that_the_engine_has_lost_is_refused(bench: Bench) -> None:
    bench.bring(OLD)
    bench.bring(NEW)
    bench.engine.loaded.remove(OLD)
    with pytest.raises(LibrespotError, match="is not on this host any more"):
        bench.back()
    assert bench.active == NEW


def test_no_image_at_all(bench: Bench) -> None:
    with pytest.raises(LibrespotError, match="no previous image"):
        bench.back()
    assert bench.run(check=True) == {
        "changed": True,
        "changes": ["image: engine"],
        "diff": [{"before_header": "image", "after_header": "image", "before": "", "after": "engine: has it\n"}],
        "image": NOT_MADE,
        **dict.fromkeys(("artifact", "version", "previous"), ""),
        "missing": False,
    }


@pytest.mark.parametrize("planted", [OF_IMAGES.current, f"{OF_IMAGES.before}/{named(NEW)}"])
@pytest.mark.parametrize("target", ["../../../etc/passwd", "/etc/passwd", f"{named(OLD)}.json/..", ".json"])
def test_a_link_that_leads_elsewhere_is_none(bench: Bench, planted: str, target: str) -> None:
    bench.bring(OLD)
    bench.bring(NEW)
    link = bench.root / planted.lstrip("/")
    link.unlink()
    link.symlink_to(target)
    with pytest.raises(LibrespotError, match="no previous image"):
        bench.back()
    bench.bring(NEW)
    assert bench.active == NEW


def test_a_run_that_was_killed_between_both_links_forgets_nothing(bench: Bench) -> None:
    bench.bring(OLD)
    bench.bring(NEW)
    # What the run had done when it was killed: the link that means nothing yet.
    (bench.root / OF_IMAGES.before.lstrip("/") / named(OLD)).symlink_to(f"../{named(NEW)}.json")
    assert bench.active == NEW
    assert bench.back()["image"] == OLD


def test_the_manifest_says_which_engine_has_it_also_after_a_return(bench: Bench) -> None:
    bench.bring(OLD)
    path = bench.root / OF_IMAGES.path(named(OLD)).lstrip("/")
    before = path.read_bytes()
    bench.bring(NEW)
    bench.back()
    assert path.read_bytes() == before
    assert json.loads(before)["engine"] == "docker"


def test_absence_leaves_nothing(bench: Bench) -> None:
    bench.bring(OLD)
    bench.bring(NEW)
    bench.run(state="absent")
    assert (bench.engine.loaded, (bench.root / IMAGES.lstrip("/")).exists()) == ([], False)
