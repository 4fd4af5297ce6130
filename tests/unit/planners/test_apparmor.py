# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles in a kernel that is played, and the files of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from ansible_collections.hardened.librespot.plugins.module_utils.planners import apparmor
from ansible_collections.hardened.librespot.plugins.module_utils.planners.apparmor import (
    parser_planners,
    profile_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.live import wrong_profile
from tests.unit.modules.machine import FACTS, Tree

NAME = "librespot-kitchen"
FILE = "etc/apparmor.d/librespot-kitchen"
ENFORCING = dataclasses.replace(FACTS, apparmor=True)
KITCHEN = Instance("kitchen", "instances[0]")


class Kernel:
    """Profiles by name: mode and text. It refuses *refused* whenever a text has that in it."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, str]] = {}
        self.refused = "\0"

    def mode(self, name: str) -> str:
        return self.held.get(name, ("", ""))[0]

    def policy(self, name: str) -> bytes | None:
        return self.held[name][1].encode() if name in self.held else None

    def compiled(self, text: str) -> bytes:
        if self.refused in text:
            raise HostError("refused", "mend it")
        return text.encode()

    def load(self, text: str) -> None:
        self.held[NAME] = ("enforce", self.compiled(text).decode())

    def unload(self, name: str) -> None:
        self.held.pop(name, None)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(apparmor, "AppArmor", lambda _commands: made)
    monkeypatch.setattr(apparmor, "PARSER", "/bin/sh")
    return made


@pytest.fixture
def files(tmp_path: Path) -> Tree:
    (tmp_path / FILE).parent.mkdir(parents=True)
    return Tree(str(tmp_path))


def run(files: Tree, item: Instance, enforcing: bool = True, check: bool = False) -> list[str]:
    """Converge and return what changed."""
    facts = ENFORCING if enforcing else FACTS
    plans = converge(profile_planners(Commands(), files, facts, item), check)
    return [f"{plan.subject}: {item.attribute}" for plan in plans for item in plan.differences()]


def test_a_check_foretells_and_the_next_run_does_nothing(kernel: Kernel, files: Tree, tmp_path: Path) -> None:
    foretold = run(files, KITCHEN, check=True)
    assert not kernel.held
    assert run(files, KITCHEN) == foretold != []
    assert kernel.held[NAME] == ("enforce", (tmp_path / FILE).read_text())
    assert run(files, KITCHEN) == []


@pytest.mark.parametrize("held", [("complain", None), ("enforce", "profile of someone else")])
def test_what_someone_loaded_by_its_name_is_replaced(kernel: Kernel, files: Tree, held: tuple[str, str | None]) -> None:
    run(files, KITCHEN)
    right = kernel.held[NAME]
    kernel.held[NAME] = (held[0], held[1] or right[1])
    assert len(run(files, KITCHEN)) == 1
    assert kernel.held[NAME] == right


@pytest.mark.parametrize("switch", ["disable", "force-complain"])
def test_what_would_weaken_it_at_boot_goes(kernel: Kernel, files: Tree, tmp_path: Path, switch: str) -> None:
    run(files, KITCHEN)
    link = tmp_path / "etc/apparmor.d" / switch / NAME
    link.parent.mkdir()
    link.symlink_to(tmp_path / FILE)
    assert run(files, KITCHEN)
    assert not link.is_symlink()
    assert kernel.mode(NAME) == "enforce"


def test_one_that_is_refused_changes_nothing(kernel: Kernel, files: Tree, tmp_path: Path) -> None:
    run(files, KITCHEN)
    before, text = dict(kernel.held), (tmp_path / FILE).read_text()
    kernel.refused = "credentials.json"
    relaxed = dataclasses.replace(KITCHEN, credentials=True)
    for check in (True, False):
        with pytest.raises(HostError):
            run(files, relaxed, check=check)
        assert (kernel.held, (tmp_path / FILE).read_text()) == (before, text)


def test_its_removal_takes_what_a_boot_has_kept_too(kernel: Kernel, files: Tree, tmp_path: Path) -> None:
    run(files, KITCHEN)
    kept = tmp_path / "var/cache/apparmor/26b63962.0"
    kept.mkdir(parents=True)
    (kept / NAME).write_text("compiled")
    (kept / "other").write_text("compiled")
    gone = dataclasses.replace(KITCHEN, present=False)
    assert run(files, gone)
    assert not kernel.held
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["other"]
    assert run(files, gone) == []


@pytest.mark.usefixtures("kernel")
def test_where_nothing_enforces_it_there_is_none(files: Tree, tmp_path: Path) -> None:
    assert run(files, KITCHEN, enforcing=False) == []
    assert parser_planners(Commands(), FACTS) == []
    run(files, KITCHEN)
    run(files, KITCHEN, enforcing=False)
    assert not (tmp_path / FILE).exists()


def test_what_loads_profiles_is_installed_where_they_are_enforced() -> None:
    (planner,) = parser_planners(Commands(), ENFORCING)
    assert planner.wanted() == {"package": "apparmor"}


@pytest.mark.parametrize(
    ("label", "mode", "wrong"),
    [
        ("librespot-kitchen (enforce)", "", False),
        ("librespot-kitchen (complain)", "", False),
        ("librespot-kitchen (complain)", "enforce", True),
        ("librespot-kitchen2 (enforce)", "", True),
        ("docker-default (enforce)", "enforce", True),
        ("unconfined", "", True),
        ("", "", True),
        # One of the kernel's stacks, in which ours is loaded to be enforced, and one in which it is not.
        ("crun//&librespot-kitchen (mixed)", "enforce", False),
        ("crun//&librespot-kitchen (enforce)", "enforce", False),
        ("librespot-kitchen//&crun (mixed)", "complain", True),
        ("crun//&librespot-kitchen2 (mixed)", "enforce", True),
        ("crun//&podman (mixed)", "", True),
    ],
)
def test_the_profile_of_a_process(label: str, mode: str, wrong: bool) -> None:
    seen = Process(1, "", {}, {}, {}, "", {}, (), (), label)
    assert bool(wrong_profile([seen], NAME, mode, "enforce")) == wrong
