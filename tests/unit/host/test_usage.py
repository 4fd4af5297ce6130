# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel's files say of a group, in either version of control groups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import usage as reader
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Usage


def _read(root: Path, controllers: dict[str, str], files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Usage:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    there = {name: str(root / path) for name, path in controllers.items()}
    monkeypatch.setattr(reader, "own", lambda _pid: there)
    return reader.usage(os.getpid())


def test_version_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "a/cpu.stat": "usage_usec 2500000\nuser_usec 1\nnr_periods 7\nnr_throttled 3\nthrottled_usec 1500000\n",
        "a/memory.current": "4096\n",
        "a/memory.stat": "anon 1024\nfile 3072\ninactive_file 1024\n",
        "a/memory.peak": "8192\n",
        "a/memory.events": "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 0\n",
        "a/memory.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=0.00 total=1000000\n",
        "a/pids.current": "5\n",
        "a/pids.events": "max 6\n",
        "a/io.stat": "254:0 rbytes=4096 wbytes=1 rios=1 wios=1\n8:0 rbytes=4 wbytes=2 rios=1 wios=1\n",
    }
    found = _read(tmp_path, {"": "a"}, files, monkeypatch)
    assert (found.cpu_s, found.periods, found.throttled_periods, found.throttled_s) == (2.5, 7, 3, 1.5)
    assert (found.memory, found.memory_peak, found.tasks, found.tasks_peak) == (4096, 8192, 5, None)
    assert found.working_set == 3072
    assert found.memory_events == {"high": 1, "max": 2, "oom": 3, "oom_kill": 4}
    assert (found.tasks_refused, found.read_bytes, found.written_bytes) == (6, 4100, 3)
    assert found.pressure == {("memory", "some"): 2.0, ("memory", "full"): 1.0}
    assert found.files
    assert found.files > 2
    assert found.group == (str(tmp_path / "a"), (tmp_path / "a").stat().st_ino)


def test_version_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "cpu/cpu.stat": "nr_periods 7\nnr_throttled 3\nthrottled_time 1500000000\n",
        "cpu/cpuacct.usage": "2500000000\n",
        "memory/memory.usage_in_bytes": "4096\n",
        "memory/memory.max_usage_in_bytes": "8192\n",
        "memory/memory.stat": "cache 3072\ninactive_file 1\ntotal_inactive_file 1024\n",
        "memory/memory.failcnt": "2\n",
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
        "pids/pids.current": "5\n",
        "pids/pids.events": "max 6\n",
        "blkio/blkio.throttle.io_service_bytes": "254:0 Read 4096\n254:0 Write 3\n254:0 Total 4099\nTotal 4099\n",
    }
    controllers = {"cpu": "cpu", "cpuacct": "cpu", "memory": "memory", "pids": "pids", "blkio": "blkio", "": "unified"}
    found = _read(tmp_path, controllers, files, monkeypatch)
    assert (found.cpu_s, found.periods, found.throttled_periods, found.throttled_s) == (2.5, 7, 3, 1.5)
    assert (found.memory, found.memory_peak, found.tasks) == (4096, 8192, 5)
    assert found.working_set == 3072
    assert found.memory_events == {"max": 2, "oom_kill": 4}
    assert (found.tasks_refused, found.read_bytes, found.written_bytes) == (6, 4096, 3)


def test_what_is_not_there_is_not_nought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    found = _read(tmp_path, {"": "a"}, {}, monkeypatch)
    said = (found.cpu_s, found.memory, found.memory_peak, found.tasks, found.read_bytes, found.tasks_refused)
    assert said == (None,) * 6
    assert not found.pressure
    assert not found.memory_events


def test_a_process_of_another_user_on_an_old_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: str) -> list[str]:
        raise PermissionError

    monkeypatch.setattr(reader, "_linux", lambda: (6, 1))
    monkeypatch.setattr(os, "listdir", refused)
    assert reader.open_files(os.getpid()) is None


def test_files_are_counted_alike_by_old_and_new_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_linux", lambda: (6, 1))
    old = reader.open_files(os.getpid())
    monkeypatch.setattr(reader, "_linux", lambda: (6, 2))
    # Reading the directory opens it.
    assert old == (reader.open_files(os.getpid()) or 0) + 1
