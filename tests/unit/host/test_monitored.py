# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What someone without rights sees of an instance."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import cgroup, monitored
from ansible_collections.hardened.librespot.plugins.module_utils.model.monitored import Seen, Target

UNIT = Target("kitchen", "systemd", "librespot.slice/librespot-kitchen.service", "nobody", "librespot-kitchen.service")
ENGINE = Target("kitchen", "container", "librespot.slice/librespot-kitchen.slice", "nobody")


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the groups are."""
    monkeypatch.setattr(monitored, "_CGROUPS", str(tmp_path))
    monkeypatch.setattr(monitored, "_MOUNTS", (str(tmp_path),))
    monkeypatch.setattr(cgroup, "_MOUNT", str(tmp_path))
    monkeypatch.setattr(cgroup, "_UNIFIED", (str(tmp_path),))
    return tmp_path


@pytest.fixture
def librespot(tmp_path: Path) -> Iterator[int]:
    """Return the number of a process that is called librespot."""
    program = tmp_path / "librespot"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as process:
        while (Path("/proc") / str(process.pid) / "comm").read_text().strip() != "librespot":
            pass
        yield process.pid
        process.kill()


def put(place: Path, **files: str) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name.replace("__", ".")).write_text(text)


def test_one_that_is_gone_leaves_the_group_above(groups: Path) -> None:
    put(groups / "librespot.slice", memory__events="oom_kill 3\n")
    seen = monitored.look(UNIT)
    assert (seen.pid, seen.shared) == (None, True)
    assert seen.above == (
        (f"{groups}/librespot.slice", (groups / "librespot.slice").stat().st_ino),
        {"oom_kill": 3},
    )


def test_a_container_is_found_below_its_slice(groups: Path, librespot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    place = groups / ENGINE.group / "docker-0123.scope"
    put(
        place,
        cgroup__procs=f"{os.getpid()}\n{librespot}\n",
        memory__current="5\n",
        memory__max="9\n",
        pids__max="max\n",
    )
    put(groups / ENGINE.group, memory__events="oom_kill 1\n")
    monkeypatch.setattr(cgroup, "_groups", lambda _pid: {"": f"/{ENGINE.group}/docker-0123.scope"})
    seen = monitored.look(ENGINE)
    assert seen.pid == librespot
    assert seen.usage
    assert seen.held
    assert (seen.usage.memory, seen.held.memory, seen.held.tasks) == (5, 9, None)
    assert seen.above
    assert (seen.shared, seen.above[1]) == (False, {"oom_kill": 1})
    assert seen.files_limit
    assert seen.started
    assert seen.unreadable == {"cpu", "tasks", "io", "pressure"}


def test_groups_of_all_others_are_not_its_own(groups: Path, librespot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    put(groups / UNIT.group, cgroup__procs=f"{librespot}\n", cpu__stat="usage_usec 2000000\n")
    put(groups / "memory", **{"memory.usage_in_bytes": "1234\n"})
    there = {"": f"/{UNIT.group}", "memory": "/", "pids": "/", "name=systemd": "/"}
    monkeypatch.setattr(cgroup, "_groups", lambda _pid: dict(there))
    seen = monitored.look(UNIT)
    assert seen.usage
    assert (seen.usage.cpu_s, seen.usage.memory, seen.usage.tasks) == (2.0, None, None)
    assert seen.held
    assert seen.held.memory is None


def test_one_in_no_group_of_its_own_has_nothing_to_tell(
    groups: Path, librespot: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(groups / UNIT.group, cgroup__procs=f"{librespot}\n")
    monkeypatch.setattr(cgroup, "_groups", lambda _pid: {"": "/"})
    seen = monitored.look(UNIT)
    assert (seen.pid, seen.held) == (librespot, None)
    assert {"cpu", "memory", "tasks", "io", "pressure"} <= seen.unreadable


def test_a_container_without_slices_is_found_by_its_user(
    groups: Path, librespot: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert groups.exists()
    monkeypatch.setattr(monitored, "_of_user", lambda user: [os.getpid(), librespot] if user == "nobody" else [])
    assert monitored.look(ENGINE).pid == librespot
    assert monitored.look(UNIT).pid is None


def test_the_version_of_groups(groups: Path) -> None:
    assert monitored.version_of_groups([Seen()]) == 0
    (groups / "cgroup.controllers").write_text("cpuset io\n")
    assert monitored.version_of_groups([Seen()]) == 0
    (groups / "cgroup.controllers").write_text("cpuset cpu memory\n")
    assert monitored.version_of_groups([Seen()]) == 2


@pytest.mark.parametrize(
    ("places", "answers", "said"),
    [
        (["192.0.2.1"], {"libraryVersion": "0.8.0"}, (True, "0.8.0")),
        (["192.0.2.1"], {"libraryVersion": 8}, (True, "")),
        (["192.0.2.1"], None, (False, "")),
        ([], None, None),
    ],
)
def test_a_sign_of_life(
    places: list[str], answers: dict[str, object] | None, said: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_info(_address: str, _port: int) -> dict[str, object]:
        if answers is None:
            raise ConnectionRefusedError
        return answers

    monkeypatch.setattr(monitored, "get_info", get_info)
    monkeypatch.setattr(monitored, "addresses", lambda _interface, _only: places)
    asked = Target("kitchen", "systemd", "g", "u", "x.service", "", 37879, "eth0")
    assert monitored.sign_of_life(asked, os.getpid()) == said
    assert monitored.sign_of_life(UNIT, os.getpid()) == (True, "")


@pytest.mark.parametrize(
    "said", ["0.8.0", "0.8.0-dev+a_b", "", "x" * 41, '1"} 2\n', "1\u2028librespot_up 1", "\ud800", 7]
)
def test_a_version_is_nothing_else(said: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitored, "get_info", lambda _address, _port: {"remoteName": "x", "libraryVersion": said})
    asked = Target("kitchen", "systemd", "group", "nobody", "librespot-kitchen.service", port=1)
    good = said if str(said).startswith("0.8") else ""
    assert monitored.sign_of_life(asked, os.getpid()) == (True, good)


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ESRCH, errno.ENODEV])
def test_a_group_that_goes_while_it_is_read_has_ended(
    number: int, groups: Path, librespot: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = groups / UNIT.group
    group.mkdir(parents=True)
    (group / "cgroup.procs").write_text(f"{librespot}\n")

    def held_in(*_given: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(monitored, "own", lambda _pid: {"": str(group)})
    monkeypatch.setattr(monitored, "held_in", held_in)
    assert monitored.look(UNIT).pid is None


@pytest.mark.parametrize("error", [FileNotFoundError, PermissionError])
def test_processes_of_others_are_seen_or_hidden(error: type[OSError], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not monitored.hidden()

    def refused(_pid: int) -> None:
        raise error

    monkeypatch.setattr(monitored, "_stat", refused)
    assert monitored.hidden()
