# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""image_build: what runs on the controller, and what it says in check mode of an image that would be made again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.playbook.task import Task

from ansible_collections.hardened.librespot.plugins.action import image_build
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import ArtifactCache
from ansible_collections.hardened.librespot.plugins.plugin_utils.compared import Compared
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote

UNUSED: Any = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))
OTHER = {"name": "libc6", "from": "2.36-9", "to": "2.41-12"}


class Controller:
    """A controller with an image in its cache, and a build host that says *outdated*; *asked* is what it was asked."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.outdated: list[dict[str, str]] = []
        self.asked: list[dict[str, Any]] = []
        packages = [{"name": "libc6", "version": "2.36-9"}]
        manifest = {"image": "sha256:0", "sbom": {}, "distribution": "debian", "release": "12", "packages": packages}
        self.image = SimpleNamespace(manifest=manifest)

    def compare(self, _module: str, args: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(args)
        return {"outdated": self.outdated}

    def run(self, **arguments: Any) -> dict[str, Any]:
        task: Any = Task()
        task.args = {"artifact": str(self.directory / "artifact"), "cache_dir": str(self.directory), **arguments}
        task.check_mode = True
        make: Any = image_build.ActionModule
        action = make(task, UNUSED, None, None, None, None)
        # Ansible's loader sets it.
        action._load_name = "hardened.librespot.image_build"
        result: dict[str, Any] = action.run(None, {})
        return result


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Controller:
    made = Controller(tmp_path)
    monkeypatch.setattr(image_build, "read_artifact", lambda *_given: SimpleNamespace(manifest={}))
    monkeypatch.setattr(image_build, "image_identifier", lambda *_given: "image-0.8.0")
    monkeypatch.setattr(ArtifactCache, "get", lambda *_given: made.image)
    monkeypatch.setattr(Remote, "run", made.compare)
    (tmp_path / "container-images").mkdir()
    Compared(str(tmp_path / "container-images/image-0.8.0")).now(check=False)
    return made


@pytest.mark.parametrize(("outdated", "changed"), [([OTHER], True), ([], False)])
def test_what_is_made_again_is_compared_however_new_it_is(
    controller: Controller, outdated: list[dict[str, str]], changed: bool
) -> None:
    controller.outdated = outdated
    said = controller.run(refresh="always", fresh_for=60)
    assert (said["changed"], said["outdated"]) == (changed, outdated)
    # By this the build host knows that one of another release is no error.
    assert [asked["refresh"] for asked in controller.asked] == ["always"]


def test_what_was_compared_just_now_is_not_compared_again(controller: Controller) -> None:
    controller.outdated = [OTHER]
    assert not controller.run(refresh="when_outdated", fresh_for=60)["changed"]
    assert not controller.run(refresh="never")["changed"]
    assert controller.asked == []
    assert controller.run(refresh="when_outdated")["changed"]


@pytest.mark.parametrize(
    ("option", "wrong", "right"),
    [
        ("timeout", 0, "1 to 86400 seconds"),
        ("timeout", int("9" * 23), "1 to 86400 seconds"),
        ("fresh_for", -1, "0 to 5256000 minutes"),
        ("fresh_for", int("9" * 23), "0 to 5256000 minutes"),
    ],
)
def test_numbers_have_a_range(controller: Controller, option: str, wrong: int, right: str) -> None:
    with pytest.raises(AnsibleError, match=f"^{option}: {wrong} is out of range.*{right}"):
        controller.run(**{option: wrong})


@pytest.mark.parametrize("option", ["artifact", "cache_dir", "work_dir"])
def test_what_is_no_path_is_named(controller: Controller, option: str) -> None:
    with pytest.raises(AnsibleError, match=f"^{option}: .* is not printable"):
        controller.run(**{option: "/a\0b"})
