# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits that the kernel holds a process to, in either version of control groups."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

_MOUNT = "/sys/fs/cgroup"
_NO_LIMIT = 1 << 62
"""Version 1 says "none" as the largest number of whole pages."""


@dataclass(frozen=True)
class Held:
    """Limits of a control group, in bytes, percent of one processor, and tasks; None is no limit.

    *swap* is what may be swapped out besides *memory*; it is None as well where the kernel does not count swap.
    """

    memory: int | None
    swap: int | None
    cpu: int | None
    tasks: int | None
    io: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Bytes per second read from and written to each block device at most, by its ``MAJOR:MINOR``; 0 is no limit."""
    io_weight: int | None = None
    """Its share of block devices, from 10 to 1000 as engines count; None where the kernel does not weigh it."""


def weighs_io() -> bool:
    """Whether the kernel shares block devices by weights: version 2 with either of two policies, version 1 no more.

    Not each kernel that has the controller is built with one, and an engine fails to start a container with a weight
    there. The first policy has files in the root alone, the second in groups alone, once its module is loaded
    (Linux: block/blk-iocost.c, block/bfq-cgroup.c).
    """
    return os.path.exists(f"{_MOUNT}/io.cost.qos") or bool(glob.glob(f"{_MOUNT}/*.slice/io.bfq.weight"))


def device_number(path: str) -> str:
    """Return ``MAJOR:MINOR`` of a block device; empty when there is none."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        found = os.stat(path)
        if stat.S_ISBLK(found.st_mode):
            return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    return ""


def held(pid: int) -> Held:
    """Return what the kernel holds *pid* to. Raises FileNotFoundError when it is gone."""
    places = _places(pid)
    return _second(places[""]) if "memory" not in places else _first(places)


def _places(pid: int) -> dict[str, str]:
    """Return controller to directory; that of version 2 is called ``""``."""
    found = {}
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as handle:
        for line in handle:
            _number, controllers, path = line.rstrip("\n").split(":", 2)
            for name in controllers.split(","):
                found[name] = f"{_MOUNT}/{name}{path}" if name else f"{_MOUNT}{path}"
    return found


def _number(path: str) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdigit() and 0 <= int(text) < _NO_LIMIT else None


def _text(path: str) -> str:
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as handle:
        return handle.read().strip()
    return ""


def _second(directory: str) -> Held:
    quota, _space, period = _text(f"{directory}/cpu.max").partition(" ")
    return Held(
        _number(f"{directory}/memory.max"),
        _number(f"{directory}/memory.swap.max"),
        round(100 * int(quota) / int(period)) if quota.isdigit() else None,
        _number(f"{directory}/pids.max"),
        _bandwidths(f"{directory}/io.max"),
        _io_weight(directory),
    )


def _io_weight(directory: str) -> int | None:
    """Read what runc and crun write: their number where there is BFQ, and else one of 1 to 10000 made of it."""
    bfq, cost = (_text(f"{directory}/{name}").split() for name in ("io.bfq.weight", "io.weight"))
    if bfq:
        return int(bfq[-1] if len(bfq) == 1 else bfq[bfq.index("default") + 1])
    return 10 + round((int(cost[cost.index("default") + 1]) - 1) * 990 / 9999) if cost else None


def _bandwidths(path: str) -> dict[str, tuple[int, int]]:
    """Read lines as ``254:0 rbps=1048576 wbps=max riops=max wiops=max``."""
    found = {}
    for line in _text(path).splitlines():
        device, *settings = line.split()
        rates = dict(item.split("=", 1) for item in settings)
        read, write = (0 if rates[name] == "max" else int(rates[name]) for name in ("rbps", "wbps"))
        found[device] = read, write
    return found


def _first(places: dict[str, str]) -> Held:
    memory = _number(f"{places['memory']}/memory.limit_in_bytes")
    both = _number(f"{places['memory']}/memory.memsw.limit_in_bytes")
    quota = _number(f"{places['cpu']}/cpu.cfs_quota_us")
    period = _number(f"{places['cpu']}/cpu.cfs_period_us")
    return Held(
        memory,
        both - memory if both is not None and memory is not None else None,
        round(100 * quota / period) if quota is not None and period else None,
        _number(f"{places['pids']}/pids.max"),
        _throttles(places["blkio"]) if "blkio" in places else {},
    )


def _throttles(directory: str) -> dict[str, tuple[int, int]]:
    """Read lines as ``254:0 1048576`` of one file for each way."""
    read, write = (
        dict(line.split() for line in _text(f"{directory}/blkio.throttle.{way}_bps_device").splitlines())
        for way in ("read", "write")
    )
    return {device: (int(read.get(device, 0)), int(write.get(device, 0))) for device in {*read, *write}}
