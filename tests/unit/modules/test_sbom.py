# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sbom, with a file for each artifact: what one host says of an artifact is not taken against the others' word."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible.playbook.task import Task

from ansible_collections.hardened.librespot.plugins.action import sbom as plugin
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import ArtifactCache
from ansible_collections.hardened.librespot.plugins.plugin_utils.compiled import recorded_crates
from ansible_collections.hardened.librespot.plugins.plugin_utils.remote import Remote
from ansible_collections.hardened.librespot.plugins.plugin_utils.sbom import program_sbom
from tests.support.auditable import program

ID = "0.8.0-x86_64-glibc2.36-0123456789ab"
UNUSED: Any = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))
"""A connection that does nothing: what hosts say is made up."""


class Made:
    """A program with a crate in the version *time*, and its SBOM: each matches the other."""

    def __init__(self, time: str) -> None:
        crates: list[dict[str, Any]] = [
            {"name": "librespot", "version": "0.8.0", "source": "local", "dependencies": [1], "root": True},
            {"name": "time", "version": time, "source": "public", "dependencies": [], "root": False},
        ]
        crates = [{**crate, "kind": "runtime"} for crate in crates]
        self.program = program(crates)
        self.sha256 = hashlib.sha256(self.program).hexdigest()
        self.manifest = {"id": ID, "version": "0.8.0", "binary": {"sha256": self.sha256}, "inputs": {"method": "x"}}
        self.sbom = program_sbom(self.manifest, recorded_crates(crates, "the program"))

    def deployed(self, kind: str = "release") -> dict[str, Any]:
        """Return what a host says that has it."""
        said = {"kind": kind, "name": ID, "path": "/opt/x/bin/librespot", "sha256": self.sha256}
        return {**said, "sbom": self.sbom.decode()}


RIGHT, WRONG = Made("0.3.44"), Made("0.3.1")


class Fetch(Protocol):
    def __call__(
        self, host: str, made: Made, *, check: bool = False, per: str = "artifact", form: str = "cyclonedx"
    ) -> dict[str, Any]:
        """Return what the action says of a host on which is *made*."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a run of Ansible."""
    begin(tmp_path, monkeypatch, "first")


def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Begin another run of Ansible, which has a directory of its own."""
    own = tmp_path / "runs" / name
    own.mkdir(parents=True)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(own))


@pytest.fixture
def fetch(tmp_path: Path, run: None, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    del run

    def act(
        host: str, made: Made, *, check: bool = False, per: str = "artifact", form: str = "cyclonedx"
    ) -> dict[str, Any]:
        monkeypatch.setattr(Remote, "must", lambda _self, _module, _args: {"deployed": [made.deployed()]})
        monkeypatch.setattr(Remote, "slurp", lambda _self, _path: made.program)
        task: Any = Task()
        dest, cache = str(tmp_path / "sboms"), str(tmp_path / "cache")
        task.args = {"source": "host", "dest": dest, "per": per, "cache_dir": cache, "format": form}
        task.check_mode = check
        make: Any = plugin.ActionModule
        action = make(task, UNUSED, None, None, None, None)
        # Ansible's loader sets it.
        action._load_name = "hardened.librespot.sbom"
        result: dict[str, Any] = action.run(None, {"inventory_hostname": host})
        return result

    return act


def filed(tmp_path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tmp_path / "sboms").glob("*")}


BOTH = "kitchen and attic give different SBOMs for " + ID


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_what_all_say_is_filed_once(fetch: Fetch, tmp_path: Path, form: str) -> None:
    said = [fetch(host, RIGHT, form=form)["changed"] for host in ("kitchen", "attic", "kitchen")]
    assert said == [True, False, False]
    assert list(filed(tmp_path)) == [f"{ID}.{'cdx' if form == 'cyclonedx' else form}.json"]


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
@pytest.mark.parametrize("first", [RIGHT, WRONG])
def test_of_two_that_contradict_each_other_neither_is_filed(
    fetch: Fetch, tmp_path: Path, first: Made, form: str
) -> None:
    fetch("kitchen", first, form=form)
    with pytest.raises(AnsibleError, match=BOTH):
        fetch("attic", WRONG if first is RIGHT else RIGHT, form=form)
    assert filed(tmp_path) == {}
    # Whoever comes after them in this run decides nothing.
    with pytest.raises(AnsibleError, match="kitchen and attic and hall give different"):
        fetch("hall", RIGHT, form=form)
    assert filed(tmp_path) == {}


def test_the_next_run_begins_anew(fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("kitchen", WRONG)
    with pytest.raises(AnsibleError, match=BOTH):
        fetch("attic", RIGHT)
    begin(tmp_path, monkeypatch, "second")
    assert [fetch(host, RIGHT)["changed"] for host in ("kitchen", "attic")] == [True, False]


def test_what_was_filed_before_stays(fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("kitchen", RIGHT)
    before = filed(tmp_path)
    begin(tmp_path, monkeypatch, "second")
    with pytest.raises(AnsibleError, match=f"{BOTH}.*remove it if it is the wrong one"):
        fetch("attic", WRONG)
    assert fetch("kitchen", RIGHT)["changed"] is False
    with pytest.raises(AnsibleError, match=BOTH):
        fetch("attic", WRONG)
    assert filed(tmp_path) == before
    # Its user decides.
    next((tmp_path / "sboms").iterdir()).unlink()
    begin(tmp_path, monkeypatch, "third")
    assert fetch("attic", WRONG)["changed"] is True


def test_a_file_of_which_nobody_knows_whose_it_is_is_not_replaced(fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "sboms" / f"{ID}.cdx.json"
    file.parent.mkdir()
    file.write_bytes(WRONG.sbom)
    with pytest.raises(AnsibleError, match=r"attic gives another SBOM for .* nobody knows which host"):
        fetch("attic", RIGHT)
    assert filed(tmp_path) == {file.name: WRONG.sbom}
    file.write_bytes(RIGHT.sbom)
    fetch("attic", RIGHT)
    assert filed(tmp_path) == {file.name: RIGHT.sbom}


def test_what_was_changed_here_is_put_back(fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("kitchen", RIGHT)
    (file,) = (tmp_path / "sboms").iterdir()
    file.write_bytes(b"{}")
    begin(tmp_path, monkeypatch, "second")
    assert fetch("attic", RIGHT)["changed"] is True
    assert file.read_bytes() == RIGHT.sbom


@pytest.mark.parametrize("per", ["host", "artifact"])
def test_what_a_host_says_of_the_same_crates_is_the_controllers_or_refused(
    fetch: Fetch, tmp_path: Path, per: str
) -> None:
    """It matches the program all the same: licences and checksums are not in that."""
    other = Made("0.3.44")
    other.sbom = RIGHT.sbom.replace(b'"0.3.44"', b'"0.3.44" ')
    ArtifactCache(str(tmp_path / "cache")).publish(ID, RIGHT.program, RIGHT.manifest, {"sbom.cdx.json": RIGHT.sbom})
    with pytest.raises(AnsibleError, match=f"kitchen says that it has {ID}, and its SBOM is not the one in the contr"):
        fetch("kitchen", other, per=per)
    assert filed(tmp_path) == {}


def test_what_the_controller_has_made_decides(fetch: Fetch, tmp_path: Path) -> None:
    fetch("kitchen", WRONG)
    ArtifactCache(str(tmp_path / "cache")).publish(ID, RIGHT.program, RIGHT.manifest, {"sbom.cdx.json": RIGHT.sbom})
    with pytest.raises(AnsibleError, match=f"hall says that it has {ID}, and its SBOM is not the one in the contr"):
        fetch("hall", WRONG)
    assert filed(tmp_path) == {f"{ID}.cdx.json": WRONG.sbom}
    # It replaces what was filed when nobody knew better.
    assert fetch("attic", RIGHT)["changed"] is True
    assert filed(tmp_path) == {f"{ID}.cdx.json": RIGHT.sbom}


def test_check_mode_says_the_same_and_leaves_nothing(
    fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [fetch(host, RIGHT, check=True)["changed"] for host in ("kitchen", "attic")] == [True, False]
    with pytest.raises(AnsibleError, match="kitchen and hall give different"):
        fetch("hall", WRONG, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    begin(tmp_path, monkeypatch, "second")
    fetch("kitchen", RIGHT)
    begin(tmp_path, monkeypatch, "third")
    with pytest.raises(AnsibleError, match="kitchen and hall give different"):
        fetch("hall", WRONG, check=True)
    assert fetch("attic", RIGHT, check=True)["changed"] is False
    assert filed(tmp_path) == {f"{ID}.cdx.json": RIGHT.sbom}


def test_files_called_after_hosts_are_their_own(fetch: Fetch, tmp_path: Path) -> None:
    for host, made in (("kitchen", RIGHT), ("attic", WRONG)):
        assert fetch(host, made, per="host")["changed"] is True
    assert filed(tmp_path) == {"kitchen.cdx.json": RIGHT.sbom, "attic.cdx.json": WRONG.sbom}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dest": "/tmp/x"}, "path: is required with source: path"),
        ({"path": "a\0b", "dest": "/tmp/x"}, "path: "),
        ({"path": "Cargo.lock", "lock": "a\nb", "dest": "/tmp/x"}, "lock: "),
        ({"path": "Cargo.lock", "dest": ""}, "dest: '' is no path"),
        ({"path": "Cargo.lock", "dest": "/proc/x"}, "dest: '/proc/x' cannot be written"),
        ({"path": "Cargo.lock", "dest": "/tmp"}, "dest: '/tmp' is a directory"),
        ({"source": "host", "dest": ""}, "dest: '' is no path"),
        ({"source": "host", "dest": "/proc/x"}, "dest: '/proc/x' cannot be written"),
        ({"source": "host", "dest": "/etc/hostname"}, "dest: '/etc/hostname' cannot be written"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_where_nothing_can_be_written_is_named(given: dict[str, str], said: str, check: bool) -> None:
    task: Any = Task()
    task.args = given
    task.check_mode = check
    make: Any = plugin.ActionModule
    action = make(task, UNUSED, None, None, None, None)
    action._load_name = "hardened.librespot.sbom"
    with pytest.raises(AnsibleError, match=f"^{said}"):
        action.run(None, {})
