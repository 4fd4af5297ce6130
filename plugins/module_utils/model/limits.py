# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one specification of limits, for systemd and for containers alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError
from .reading import integer, mapping, sequence

_LARGEST_PAGE = 64 * 1024
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"^(\d{1,15})([KMG]?)$", re.ASCII)
_CPU = re.compile(r"^(\d{1,5})%$", re.ASCII)
_DEVICE = re.compile(r"^/dev/[A-Za-z0-9/_.-]+$")

_CPU_TIME = "LimitCPU= is seconds of CPU time, then the kernel kills the process; write cpu: 50% (CPUQuota=)"
_NO_SUCH_LIMIT = "systemd has no LimitMemory=; write memory: 192M (MemoryMax=)"

_HINTS = {
    "LimitCPU": _CPU_TIME,
    "limit_cpu": _CPU_TIME,
    "LimitMemory": _NO_SUCH_LIMIT,
    "limit_memory": _NO_SUCH_LIMIT,
    "MemoryMax": "Write memory",
    "MemoryHigh": "Write memory_high",
    "MemorySwapMax": "Write swap",
    "CPUQuota": "Write cpu",
    "TasksMax": "Write tasks",
    "IOWeight": "Write io_weight",
    "LimitNOFILE": "Write files",
    "pids": "Write tasks",
    "nofile": "Write files",
}

# librespot has one thread per processor and about 16 besides; fewer tasks than this stop it from starting.
FEWEST_TASKS = 24


@dataclass(frozen=True)
class DeviceLimit:
    """Bandwidth of one block device, in bytes per second; 0 is no limit."""

    device: str
    read: int
    write: int


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, *cpu* in percent of one processor."""

    memory: int = 192 * 1024**2
    memory_high: int = 186 * 1024**2
    swap: int = 0
    scratch: int = 64 * 1024**2
    cpu: int = 100
    tasks: int = 64
    files: int = 1024
    io_weight: int = 50
    io: tuple[DeviceLimit, ...] = ()


def size(value: Any, path: str, minimum: int, maximum: int) -> int:
    """Return a size in bytes, written as a number with K, M or G (powers of 1024)."""
    match = _SIZE.fullmatch(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    if match is None:
        raise SpecificationError(path, value, "is not a size", "Write a whole number with K, M or G, as 192M")
    found = int(match.group(1)) * _UNITS[match.group(2)]
    if not minimum <= found <= maximum:
        raise SpecificationError(
            path, value, "is out of range", f"Write a size from {size_text(minimum)} to {size_text(maximum)}"
        )
    return found


def size_text(number: int) -> str:
    """Return *number* of bytes with the largest unit that divides it, as systemd reads it."""
    for unit in ("G", "M", "K"):
        if number and number % _UNITS[unit] == 0:
            return f"{number // _UNITS[unit]}{unit}"
    return str(number)


def _device_limits(value: Any, path: str) -> tuple[DeviceLimit, ...]:
    found = []
    for index, item in enumerate(sequence(value, path)):
        where = f"{path}[{index}]"
        entry = mapping(item, where, ("device", "read", "write"))
        device = entry.get("device")
        if not isinstance(device, str) or not _DEVICE.fullmatch(device) or ".." in device:
            raise SpecificationError(
                f"{where}.device", device, "is not a block device", "Write a path such as /dev/sda"
            )
        if "read" not in entry and "write" not in entry:
            raise SpecificationError(where, item, "limits nothing", "Write read or write, in bytes per second, as 10M")
        rates = {
            way: size(entry[way], f"{where}.{way}", 1024, 1024**4) if way in entry else 0 for way in ("read", "write")
        }
        found.append(DeviceLimit(device, rates["read"], rates["write"]))
    return tuple(found)


def memory_high(memory: int) -> int:
    """Return where the kernel starts to reclaim, for an instance that may have *memory*.

    It is close to the limit on purpose. Above it the kernel holds every allocation up, for longer the further above:
    with a fifth of the memory between the two, an instance that was sent a body larger than its memory stood still for
    27 s until the watchdog ended it, and was never killed and restarted (measured on Linux 6.12).
    """
    return memory // 1024**2 * 31 // 32 * 1024**2


def parse_limits(value: Mapping[str, Any], path: str) -> Limits:
    """Return the limits that the user wrote, the defaults for the rest."""
    usual = Limits()
    mapping(value, path, tuple(usual.__dataclass_fields__), _HINTS)
    found: dict[str, Any] = {}
    gib = 1024**3
    if "memory" in value:
        # Below this, librespot's own start is killed.
        found["memory"] = size(value["memory"], f"{path}.memory", 32 * 1024**2, 64 * gib)
        found["memory_high"] = memory_high(found["memory"])
        found["scratch"] = min(usual.scratch, found["memory"] // 1024**2 // 3 * 1024**2)
    for name, least in (("memory_high", 24 * 1024**2), ("swap", 0), ("scratch", 1024**2)):
        if name in value:
            found[name] = size(value[name], f"{path}.{name}", least, 64 * gib)
    memory = found.get("memory", usual.memory)
    for name in ("memory_high", "scratch"):
        if found.get(name, 0) > memory:
            raise SpecificationError(
                f"{path}.{name}", value[name], "is more than the memory", f"Write at most {size_text(memory)}"
            )
    if "cpu" in value:
        match = _CPU.fullmatch(str(value["cpu"]))
        if match is None:
            raise SpecificationError(
                f"{path}.cpu", value["cpu"], "is not a percentage", "Write the share of one processor, as 50%"
            )
        found["cpu"] = integer(match.group(1), f"{path}.cpu", 5, 6400, "percent")
    for name, least, most in (("tasks", FEWEST_TASKS, 4096), ("files", 64, 524288), ("io_weight", 1, 10000)):
        if name in value:
            found[name] = integer(value[name], f"{path}.{name}", least, most)
    if "io" in value:
        found["io"] = _device_limits(value["io"], f"{path}.io")
    for name in ("memory", "memory_high", "swap", "scratch"):
        # The kernel counts in pages, of up to 64 KiB: another size would never be found as it was written.
        if name in found:
            found[name] = found[name] // _LARGEST_PAGE * _LARGEST_PAGE
    return Limits(**found)
