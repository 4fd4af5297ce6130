# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits that the kernel holds a process to, in either version of control groups."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping

from ..model.usage import Held

_MOUNT = "/sys/fs/cgroup"
SLICES = _MOUNT
"""Where the groups of slices are, in version 2."""

_UNIFIED = (_MOUNT, f"{_MOUNT}/unified")
"""Where version 2 is mounted: alone, or beside version 1."""

_SYSTEMD = "name=systemd"
_NO_LIMIT = 1 << 62
"""Version 1 says "none" as the largest number of whole pages."""


def device_number(path: str) -> str:
    """Return ``MAJOR:MINOR`` of a block device; empty when there is none."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        found = os.stat(path)
        if stat.S_ISBLK(found.st_mode):
            return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    return ""


def held(pid: int, unit: str = "") -> Held:
    """Return what the kernel holds *pid* to. Raises FileNotFoundError when it is gone.

    The weight is that of the group of *unit*, which is above or its own: against others in the same group it counts.
    """
    return held_in(places(pid), unit)


def held_in(there: Mapping[str, str], unit: str = "") -> Held:
    """Return what the groups at *there*, by controller, are held to; of a controller that is not there, to nothing."""
    return _second(there[""], unit) if "" in there and "memory" not in there else _first(there)


def places(pid: int) -> dict[str, str]:
    """Return controller to directory; that of version 2 is called ``""``. Raises FileNotFoundError when it is gone."""
    return {name: f"{_MOUNT}/{name}{path}" if name else f"{_MOUNT}{path}" for name, path in _groups(pid).items()}


def own(pid: int) -> dict[str, str]:
    """Return those `places` that were made for the unit or the container of *pid*, and for nobody else.

    Of a controller that the host does not give to units, a process is in the group of all others, and what that says
    is not about it. Raises FileNotFoundError when the process is gone.
    """
    groups = _groups(pid)
    unified = groups.pop("", "/")
    # An engine without systemd makes groups for the controllers alone.
    home = next((path for path in (unified, groups.get(_SYSTEMD, "/"), *groups.values()) if path != "/"), "")
    if not home:
        return {}
    mine = {name: f"{_MOUNT}/{name}{path}" for name, path in groups.items() if path == home and name != _SYSTEMD}
    # In a namespace of its own, a process sees the names of groups whose files it may not see.
    found = {name: path for name, path in mine.items() if os.path.isdir(path)}
    here = [f"{mount}{home}" for mount in _UNIFIED if unified == home and os.path.isdir(f"{mount}{home}")]
    return {**found, "": here[0]} if here else found


def _groups(pid: int) -> dict[str, str]:
    """Return controller to the path of its group."""
    found = {}
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as handle:
        for line in handle:
            _number, controllers, path = line.rstrip("\n").split(":", 2)
            found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _number(path: str) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdigit() and 0 <= int(text) < _NO_LIMIT else None


def _text(path: str) -> str:
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as handle:
        return handle.read().strip()
    return ""


def _second(directory: str, unit: str) -> Held:
    quota, _space, period = _text(f"{directory}/cpu.max").partition(" ")
    above = list(_upwards(directory))
    swaps = [_number(f"{place}/memory.swap.max") for place in above]
    weighing = [place for place in above if os.path.basename(place) == unit]
    return Held(
        _number(f"{directory}/memory.max"),
        min((number for number in swaps if number is not None), default=None),
        round(100 * int(quota) / int(period)) if quota.isdigit() else None,
        _number(f"{directory}/pids.max"),
        _bandwidths(f"{directory}/io.max"),
        io_weight(weighing[0]) if weighing else None,
        os.path.exists(f"{directory}/memory.swap.max"),
        _number(f"{directory}/memory.high"),
    )


def _upwards(directory: str) -> Iterator[str]:
    """Yield *directory* and those above it, but the root: a group is held to what those above it are held to."""
    while len(directory) > len(_MOUNT):
        yield directory
        directory = os.path.dirname(directory)


def io_weight(directory: str) -> int | None:
    """Return the weight of the control group at *directory*; None where the kernel does not weigh it."""
    words = _text(f"{directory}/io.weight").split()
    return int(words[words.index("default") + 1]) if words else None


def swap_limit(directory: str) -> int | None:
    """Return what may be swapped out of the control group at *directory*, in bytes; None for no limit."""
    return _number(f"{directory}/memory.swap.max")


def _bandwidths(path: str) -> dict[str, tuple[int, int]]:
    """Read lines as ``254:0 rbps=1048576 wbps=max riops=max wiops=max``."""
    found = {}
    for line in _text(path).splitlines():
        device, *settings = line.split()
        rates = dict(item.split("=", 1) for item in settings)
        read, write = (0 if rates[name] == "max" else int(rates[name]) for name in ("rbps", "wbps"))
        found[device] = read, write
    return found


def _first(places: Mapping[str, str]) -> Held:
    def number(controller: str, name: str) -> int | None:
        return _number(f"{places[controller]}/{name}") if controller in places else None

    memory, both = number("memory", "memory.limit_in_bytes"), number("memory", "memory.memsw.limit_in_bytes")
    quota, period = number("cpu", "cpu.cfs_quota_us"), number("cpu", "cpu.cfs_period_us")
    return Held(
        memory,
        both - memory if both is not None and memory is not None else None,
        round(100 * quota / period) if quota is not None and period else None,
        number("pids", "pids.max"),
        _throttles(places["blkio"]) if "blkio" in places else {},
        counts_swap="memory" in places and os.path.exists(f"{places['memory']}/memory.memsw.limit_in_bytes"),
    )


def _throttles(directory: str) -> dict[str, tuple[int, int]]:
    """Read lines as ``254:0 1048576`` of one file for each way."""
    read, write = (
        dict(line.split() for line in _text(f"{directory}/blkio.throttle.{way}_bps_device").splitlines())
        for way in ("read", "write")
    )
    return {device: (int(read.get(device, 0)), int(write.get(device, 0))) for device in {*read, *write}}
