# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel holds the process of an instance to, beside a plain ``docker run`` of the same files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.tables import show
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import away, looked_at, plain
from tests.containers.speaker import NAME, Speaker

MIB = 1024**2
LIMITS = {"memory": "160M", "cpu": "40%", "tasks": 48, "files": 300}
_NOT_FILES = {"proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"}


@pytest.fixture
def both(running: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen, its limits like no default, and the plain container."""
    running.converge({"limits": LIMITS})
    plain(running)
    yield running
    away(running)


def _facts(speaker: Speaker, name: str) -> dict[str, str]:
    """Return what there is to compare, in the words of the table."""
    seen: dict[str, Any] = looked_at(speaker, name)
    status, limits = seen["status"], seen["limits"]
    writable = sorted(
        f"{mount[4]} ({kind})"
        for mount in seen["mounts"]
        if (kind := mount[mount.index("-") + 1]) not in _NOT_FILES
        and "rw" in mount[5].split(",")
        # What is hidden in /proc is covered by /dev/null.
        and not mount[4].startswith(("/proc/", "/sys/"))
        and _may_write(seen["modes"][mount[4]], status)
    )
    memory, both = limits["memory"], limits.get("memory and swap", "")
    swap = str(int(both) - int(memory)) if both and _bounded(memory).isdigit() else limits.get("swap", both)
    return {
        "user": " ".join(sorted(set(status["Uid"].split()))),
        "group": " ".join(sorted(set(status["Gid"].split()))),
        "supplementary groups": status["Groups"].strip() or "none",
        **{f"capabilities, {name}": status[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")},
        "system call filter": status["Seccomp"],
        "no new privileges": status["NoNewPrivs"],
        "namespaces of the host": " ".join(seen["shared"]),
        "writable": ", ".join(writable),
        "memory": _bounded(memory),
        "swap": _bounded(swap),
        "cpu": "none" if not limits["cpu quota"].isdigit() else f"{limits['cpu quota']} of {limits['cpu period']} us",
        "tasks": limits["tasks"],
        "out of memory": seen["oom"],
        "open files": seen["rlimits"]["Max open files"][1],
        "core": seen["rlimits"]["Max core file size"][1],
        "command": seen["command"][0],
    }


def _may_write(found: list[int] | None, status: dict[str, str]) -> bool:
    """Tell by owner and mode whether the user of a process may write what a mount shows; root may write all."""
    if found is None:
        return False
    (owner, group, mode), uid = found, int(status["Uid"].split()[0])
    groups = {*status["Gid"].split(), *status["Groups"].split()}
    return uid in (0, owner) or bool(mode & 0o002) or (str(group) in groups and bool(mode & 0o020))


def _bounded(text: str) -> str:
    return text if text.isdigit() and int(text) < 1 << 62 else "none" if text else "not counted"


def test_the_live_process_beside_a_plain_one(both: Speaker) -> None:
    ours, theirs = _facts(both, NAME), _facts(both, PLAIN)
    rows = [[name, theirs[name], ours[name]] for name in ours]
    show(f"live process on {both.host.image}", ["of the kernel", "plain docker run", "ours"], rows)
    uid = both.host.out("id", "-u", "librespot-kitchen").strip()
    gid = both.host.out("id", "-g", "librespot-kitchen").strip()
    no_capability = dict.fromkeys((f"capabilities, {name}" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")), "0" * 16)
    assert uid != "0"
    assert ours.pop("swap") in ("0", "not counted")
    assert set(ours.pop("supplementary groups").split()) <= {gid, "none"}
    assert ours == {
        "user": uid,
        "group": gid,
        **no_capability,
        "system call filter": "2",
        "no new privileges": "1",
        # The engine maps users for all containers or for none; without a capability in either it is the same.
        "namespaces of the host": "user",
        "writable": "/scratch (tmpfs)",
        "memory": str(160 * MIB),
        "cpu": "40000 of 100000 us",
        "tasks": "48",
        "out of memory": "500",
        "open files": "300",
        "core": "0",
        "command": "/usr/bin/librespot",
    }
    assert theirs["user"] == theirs["group"] == "0"
    assert int(theirs["capabilities, Eff"], 16)
    assert theirs["no new privileges"] == "0"
    assert "/ (" in theirs["writable"]
    assert (theirs["memory"], theirs["cpu"], theirs["tasks"]) == ("none", "none", "max")
