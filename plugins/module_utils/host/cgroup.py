# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits that the kernel holds a process to, in either version of control groups."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

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
    )


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
    )
