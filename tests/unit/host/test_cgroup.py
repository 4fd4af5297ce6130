# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits in both versions of control groups say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import cgroup
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Held

MIB = 1024**2


def placed(monkeypatch: pytest.MonkeyPatch, root: Path, lines: dict[str, str], files: dict[str, str]) -> Held:
    """Return what is read of the files of control groups, in the directories that *lines* name for controllers."""
    monkeypatch.setattr(cgroup, "_MOUNT", str(root))
    monkeypatch.setattr(
        cgroup, "places", lambda _pid: {name: str(root / path.lstrip("/")) for name, path in lines.items()}
    )
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n", encoding="ascii")
    return cgroup.held(1, "b.slice")


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
        ({"b.slice/io.weight": "default 51"}, 51),
        ({"b.slice/io.weight": "default 10000\n254:0 7", "b.slice/a/io.weight": "default 100"}, 10000),
        ({"b.slice/a/io.weight": "default 7"}, None),
    ],
)
def test_it_is_weighed_by_the_unit_that_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str], weight: int | None
) -> None:
    assert placed(monkeypatch, tmp_path, {"": "b.slice/a"}, files).io_weight == weight


def test_without_that_unit_nothing_weighs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {"a/io.weight": "default 51"}
    assert placed(monkeypatch, tmp_path, {"": "a"}, files).io_weight is None


@pytest.mark.parametrize(
    ("own", "above", "swap"),
    [("max", "0", 0), ("0", "max", 0), ("max", "max", None), ("4096", "8192", 4096), ("8192", "4096", 4096)],
)
def test_swap_is_limited_by_whatever_is_above(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str, above: str, swap: int | None
) -> None:
    files = {"b.slice/a/memory.swap.max": own, "b.slice/memory.swap.max": above}
    found = placed(monkeypatch, tmp_path, {"": "b.slice/a"}, files)
    assert (found.swap, found.counts_swap) == (swap, True)


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
    assert (found.memory, found.swap, found.counts_swap) == (64 * MIB, None, False)
