# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits in both versions of control groups say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import cgroup
from ansible_collections.hardened.librespot.plugins.module_utils.host.cgroup import Held

MIB = 1024**2


def placed(monkeypatch: pytest.MonkeyPatch, root: Path, lines: dict[str, str], files: dict[str, str]) -> Held:
    """Return what is read of the files of control groups, in the directories that *lines* name for controllers."""
    monkeypatch.setattr(cgroup, "_MOUNT", str(root))
    monkeypatch.setattr(
        cgroup, "_places", lambda _pid: {name: str(root / path.lstrip("/")) for name, path in lines.items()}
    )
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n", encoding="ascii")
    return cgroup.held(1)


def test_the_second_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {"a/memory.max": str(64 * MIB), "a/memory.swap.max": "0", "a/cpu.max": "50000 100000", "a/pids.max": "64"}
    files["a/io.max"] = "254:0 rbps=1048576 wbps=max riops=max wiops=max\n8:16 rbps=max wbps=2 riops=max wiops=max"
    io = {"254:0": (MIB, 0), "8:16": (0, 2)}
    assert placed(monkeypatch, tmp_path, {"": "a"}, files) == Held(64 * MIB, 0, 50, 64, io)
    nothing = {
        "a/io.max": "",
        "a/memory.max": "max",
        "a/memory.swap.max": "max",
        "a/cpu.max": "max 100000",
        "a/pids.max": "max",
    }
    assert placed(monkeypatch, tmp_path, {"": "a"}, nothing) == Held(None, None, None, None)


@pytest.mark.parametrize(
    ("files", "weight"),
    [
        ({}, None),
        ({"a/io.weight": "default 51"}, 15),
        ({"a/io.weight": "default 10000\n254:0 7"}, 1000),
        ({"a/io.weight": "default 51", "a/io.bfq.weight": "default 400"}, 400),
        ({"a/io.bfq.weight": "400"}, 400),
    ],
)
def test_a_weight_is_counted_as_engines_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str], weight: int | None
) -> None:
    assert placed(monkeypatch, tmp_path, {"": "a"}, files).io_weight == weight


@pytest.mark.parametrize(
    ("name", "weighs"),
    [("cgroup.controllers", False), ("io.cost.qos", True), ("system.slice/io.bfq.weight", True)],
)
def test_a_controller_without_a_policy_weighs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, weighs: bool
) -> None:
    monkeypatch.setattr(cgroup, "_MOUNT", str(tmp_path))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("cpu io memory\n", encoding="ascii")
    assert cgroup.weighs_io() is weighs


def test_the_first_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    places = {"": "x", "memory": "memory/a", "cpu": "cpu/a", "pids": "pids/a", "blkio": "blkio/a"}
    files = {
        "blkio/a/blkio.throttle.read_bps_device": "254:0 1048576",
        "blkio/a/blkio.throttle.write_bps_device": "254:0 7\n8:16 2",
        "memory/a/memory.limit_in_bytes": str(64 * MIB),
        "memory/a/memory.memsw.limit_in_bytes": str(72 * MIB),
        "cpu/a/cpu.cfs_quota_us": "50000",
        "cpu/a/cpu.cfs_period_us": "100000",
        "pids/a/pids.max": "64",
    }
    io = {"254:0": (MIB, 7), "8:16": (0, 2)}
    assert placed(monkeypatch, tmp_path, places, files) == Held(64 * MIB, 8 * MIB, 50, 64, io)
    nothing = {
        "blkio/a/blkio.throttle.read_bps_device": "",
        "blkio/a/blkio.throttle.write_bps_device": "",
        "memory/a/memory.limit_in_bytes": str((1 << 63) - 4096),
        "memory/a/memory.memsw.limit_in_bytes": str((1 << 63) - 4096),
        "cpu/a/cpu.cfs_quota_us": "-1",
        "pids/a/pids.max": "max",
    }
    assert placed(monkeypatch, tmp_path, places, nothing) == Held(None, None, None, None)


def test_a_kernel_that_does_not_count_swap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    places = {"memory": "memory/a", "cpu": "cpu/a", "pids": "pids/a"}
    found = placed(monkeypatch, tmp_path, places, {"memory/a/memory.limit_in_bytes": str(64 * MIB)})
    assert (found.memory, found.swap) == (64 * MIB, None)
