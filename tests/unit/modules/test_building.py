# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""build: what runs on the controller, with a build host that is played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.playbook.task import Task

from ansible_collections.hardened.librespot.plugins.action import build
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Built
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.lock_pins import LockPins

LOCK = f"""version = 4
[[package]]
name = "librespot"
version = "0.8.0"
[[package]]
name = "time"
version = "0.3.55"
source = "registry+x"
checksum = "{"a" * 64}"
""".encode()
UNUSED: Any = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))


class Bench:
    """A controller with its cache in *directory*; *compiles* is what the build host does with a lock file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pins = LockPins(str(directory))
        self.compiles: Callable[[], None] = lambda: None

    def built(self, *_given: Any) -> Built:
        # Until something was built with it, it is none for others.
        assert self.pins.get("0.8.0") is None
        self.compiles()
        return Built(b"program", {}, {})

    def run(self, **arguments: Any) -> dict[str, Any]:
        task: Any = Task()
        task.args = {
            "version": "0.8.0",
            "architecture": "x86_64",
            "baseline": "glibc2.36",
            "lock": "refreshed",
            "cache_dir": str(self.directory),
            **arguments,
        }
        make: Any = build.ActionModule
        action = make(task, UNUSED, None, None, None, None)
        # Ansible's loader sets it.
        action._load_name = "hardened.librespot.build"
        result: dict[str, Any] = action.run(None, {})
        return result


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)
    files = {"Cargo.lock": LOCK, "upstream.lock": LOCK}
    monkeypatch.setattr(build._Getting, "_asked", lambda _self: (files, {"cargo": "cargo 1.96.0", "rust": "1.96"}))
    monkeypatch.setattr(build._Getting, "_built", made.built)
    assembled = SimpleNamespace(manifest={"binary": {"sha256": "0" * 64}}, beside={"sbom.cdx.json": b"{}"})
    monkeypatch.setattr(build, "assemble", lambda *_given: assembled)
    return made


def test_a_new_lock_file_is_pinned_after_something_was_built_with_it(bench: Bench) -> None:
    said = bench.run()
    pin = bench.pins.get("0.8.0")
    assert pin is not None
    assert (said["changed"], said["lock"]["sha256"]) == (True, pin.sha256)
    assert Path(said["lock"]["path"]).read_bytes() == LOCK
    assert not bench.run()["changed"]


def test_one_that_does_not_compile_is_not(bench: Bench) -> None:
    def fails() -> None:
        raise HostError("time does not compile", "Look at it")

    bench.compiles = fails
    with pytest.raises(AnsibleActionFail, match="the refreshed lock file for it is not pinned"):
        bench.run()
    assert bench.pins.get("0.8.0") is None
    bench.compiles = lambda: None
    assert bench.run()["changed"]


@pytest.mark.parametrize("wrong", [0, -5, int("9" * 20)])
def test_a_timeout_has_a_range(bench: Bench, wrong: int) -> None:
    with pytest.raises(AnsibleActionFail, match=f"^timeout: {wrong} is out of range.*1 to 86400 seconds"):
        bench.run(timeout=wrong)


@pytest.mark.parametrize("option", ["cache_dir", "work_dir"])
def test_what_is_no_path_is_named(bench: Bench, option: str) -> None:
    with pytest.raises(AnsibleActionFail, match=f"^{option}: .* is not printable"):
        bench.run(**{option: "/a\0b"})
