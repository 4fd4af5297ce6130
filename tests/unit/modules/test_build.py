# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""build: what runs on the build host, with a cargo that is played."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import crate_build
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Result, machine
from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import Crate
from ansible_collections.hardened.librespot.plugins.modules import build
from tests.unit.host.test_crate_build import Cargo, packed

from .conftest import Run
from .machine import snapshot

TOOL, CRATE = packed("cargo-auditable", "0.0.1"), packed("librespot", "9.9.9")
TOOLS = {"cargo": "cargo 1.85.0 (x)", "rustc": "rustc 1.85.0 (x)", "cc": "cc 14", "pkg-config": "1.8"}


class BuildHost(Cargo):
    """A build host with *tools*."""

    def __init__(self) -> None:
        super().__init__({"cargo-auditable-0.0.1": TOOL, "librespot-9.9.9": CRATE})
        self.tools = dict(TOOLS)

    def run(self, argv: Sequence[str], *_args: Any, **_options: Any) -> Result:
        return Result(tuple(argv), 0 if argv[0] in self.tools else 1, f"{self.tools.get(argv[0], '')}\n", "")

    @property
    def built(self) -> int:
        return sum("--release" in argv for argv, _env in self.calls)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> BuildHost:
    made = BuildHost()
    monkeypatch.setattr(build, "Commands", lambda: made)
    auditable = Crate("cargo-auditable", "0.0.1", hashlib.sha256(TOOL).hexdigest())
    monkeypatch.setattr(crate_build, "AUDITABLE", auditable)
    return made


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    return {
        "version": "9.9.9",
        "crate_sha256": hashlib.sha256(CRATE).hexdigest(),
        "architecture": machine(),
        "baseline": "glibc9.99",
        "features": ["rustls-tls-webpki-roots", "with-libmdns"],
        "work_dir": str(tmp_path / "work"),
        "timeout": 0,
    }


@pytest.mark.usefixtures("host")
def test_the_result_is_a_file_with_the_digest_that_is_said(run: Run, arguments: dict[str, Any]) -> None:
    said = run(build, **arguments)
    assert said.data["id"].startswith(f"9.9.9-{machine()}-glibc9.99-")
    directory = Path(said.data["directory"])
    assert set(said.data["files"]) == {"librespot", "Cargo.lock", "upstream.lock", "crates.json"}
    for name, sha256 in said.data["files"].items():
        assert hashlib.sha256((directory / name).read_bytes()).hexdigest() == sha256
    assert directory.is_relative_to(arguments["work_dir"])
    assert said.data["build"]["crate_sha256"] == arguments["crate_sha256"]


def test_what_was_built_and_not_fetched_is_not_built_again(
    run: Run, host: BuildHost, arguments: dict[str, Any]
) -> None:
    first = run(build, **arguments)
    assert run(build, **arguments).data["files"] == first.data["files"]
    assert host.built == 1


@pytest.mark.parametrize("name", ["librespot", "Cargo.lock", "crates.json"])
def test_what_was_changed_meanwhile_is_built_again(
    run: Run, host: BuildHost, arguments: dict[str, Any], name: str
) -> None:
    first = run(build, **arguments)
    (Path(first.data["directory"]) / name).write_bytes(b"another")
    assert run(build, **arguments).data["files"] == first.data["files"]
    assert (Path(first.data["directory"]) / "librespot").read_bytes() == b"program librespot .dep-v0"
    assert host.built == 2


def test_check_mode_runs_nothing_and_makes_nothing(
    run: Run, host: BuildHost, arguments: dict[str, Any], tmp_path: Path
) -> None:
    assert run(build, check=True, **arguments).data["changed"] is True
    assert host.calls == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"version": "9.9.8", "crate_sha256": ""}, "version"),
        ({"version": "0.8.0"}, "crate_sha256"),
        ({"crate_sha256": "0"}, "crate_sha256"),
        ({"features": ["with-libmdns", "with-everything"]}, "features[1]"),
        ({"features": ["with-libmdns"]}, "features"),
        ({"architecture": "x86_64\n"}, "architecture"),
        ({"baseline": "newest"}, "baseline"),
        ({"source_date_epoch": -1}, "source_date_epoch"),
        ({"method": "artifact"}, "url"),
        ({"method": "artifact", "url": "/srv/librespot", "sha256": "0"}, "sha256"),
    ],
)
def test_a_wrong_value_is_named(
    run: Run, host: BuildHost, arguments: dict[str, Any], tmp_path: Path, wrong: Mapping[str, Any], path: str
) -> None:
    said = run(build, **{**arguments, **wrong})
    assert said.data["msg"].startswith(f"{path}:")
    assert said.data["remedy"]
    assert host.calls == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"architecture": "sparc"}, {"baseline": "glibc2.0"}])
def test_a_build_host_that_is_another_than_the_target_is_refused(
    run: Run, host: BuildHost, arguments: dict[str, Any], tmp_path: Path, wrong: Mapping[str, Any]
) -> None:
    said = run(build, **{**arguments, **wrong})
    assert said.data["msg"].startswith("The build host")
    assert said.data["remedy"]
    assert host.calls == []
    assert list(tmp_path.iterdir()) == []


def test_a_missing_compiler_is_named_with_its_package(run: Run, host: BuildHost, arguments: dict[str, Any]) -> None:
    del host.tools["cc"]
    said = run(build, **arguments)
    assert "a C compiler" in said.data["msg"]
    assert "gcc" in said.data["remedy"]
    assert host.built == 0


def test_a_crate_with_another_digest_is_refused(run: Run, host: BuildHost, arguments: dict[str, Any]) -> None:
    said = run(build, **{**arguments, "crate_sha256": "0" * 64})
    assert f"pinned is {'0' * 64}" in said.data["msg"]
    assert said.data["remedy"]
    assert host.built == 0


def test_a_second_build_in_the_same_place_says_who_is_there(
    run: Run, host: BuildHost, arguments: dict[str, Any], tmp_path: Path
) -> None:
    run(build, **arguments)
    before = snapshot(tmp_path)
    with host_lock("the build of another", f"{arguments['work_dir']}/lock"):
        said = run(build, **arguments)
    assert f"the build of another (process {os.getpid()}" in said.data["msg"]
    assert said.data["remedy"]
    assert {path for path in snapshot(tmp_path) if not path.endswith("/lock")} == {
        path for path in before if not path.endswith("/lock")
    }
    assert host.built == 1
