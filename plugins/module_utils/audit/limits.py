# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-03 and RES-09: the limits that the kernel holds an instance to, read from its live cgroup and process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..host.proc import Process
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import Instance
from ..model.limits import Limits, size_text
from ..model.sandbox import SCRATCH
from .context import Context, each, finding, not_running

_CGROUPS = "/sys/fs/cgroup"
_PAGE = 4096


def look(context: Context) -> Iterator[Finding]:
    """Yield a finding for each controller and resource of each instance."""
    yield from each(context, "RES-03", "limits", _resources)
    yield from each(context, "RES-09", "limits", _counts)


def _cgroup(process: Process, name: str) -> str | None:
    with contextlib.suppress(FileNotFoundError), open(f"{_CGROUPS}{process.cgroup}/{name}", encoding="ascii") as handle:
        return handle.read().strip()
    return None


def _quota(text: str) -> str:
    quota, _space, period = text.partition(" ")
    return f"{round(100 * int(quota) / int(period))}%" if quota != "max" else "none"


def _memory(text: str) -> str:
    return "none" if text == "max" else size_text(int(text))


def _shown(name: str, text: str) -> str:
    """Return what the kernel says of the file *name* as the specification would write it."""
    if name == "cpu.max":
        return _quota(text)
    if name == "io.weight":
        return text.rsplit(maxsplit=1)[-1]
    return text if name == "pids.max" else _memory(text)


def _held(context: Context, process: Process, instance: Instance, row: tuple[str, str, str, str, str]) -> Finding:
    control, check, controller, name, expected = row
    observed = _cgroup(process, name)
    path = f"{_CGROUPS}{process.cgroup}/{name}"
    if not context.host.facts.enforces(controller) or observed is None:
        said = f"the host does not hold units to it: no {controller} controller of cgroup v2"
        return finding(control, check, instance.name, False, expected, said, path, NOT_ENFORCED)
    shown = _shown(name, observed)
    return finding(control, check, instance.name, shown == expected, expected, shown, path)


def _rows(limits: Limits) -> list[tuple[str, str, str, str, str]]:
    pages = limits.memory_high // _PAGE * _PAGE
    return [
        ("RES-03", "memory", "memory", "memory.max", size_text(limits.memory)),
        ("RES-03", "memory high", "memory", "memory.high", size_text(pages)),
        ("RES-03", "swap", "memory", "memory.swap.max", size_text(limits.swap)),
        ("RES-03", "cpu", "cpu", "cpu.max", f"{limits.cpu}%"),
        ("RES-03", "io weight", "io", "io.weight", str(limits.io_weight)),
        ("RES-09", "tasks", "pids", "pids.max", str(limits.tasks)),
    ]


def _of(context: Context, instance: Instance, control: str) -> Iterator[Finding]:
    process = context.main(instance)
    if process is None:
        yield not_running(control, "limits", instance, "runs within its limits")
        return
    for row in _rows(instance.limits):
        if row[0] == control:
            yield _held(context, process, instance, row)


def _resources(context: Context, instance: Instance) -> Iterator[Finding]:
    yield from _of(context, instance, "RES-03")


def _counts(context: Context, instance: Instance) -> Iterator[Finding]:
    yield from _of(context, instance, "RES-09")
    process = context.main(instance)
    if process is None:
        return
    files = process.limits["Max open files"]
    yield finding(
        "RES-09",
        "files",
        instance.name,
        files == str(instance.limits.files),
        str(instance.limits.files),
        files,
        f"/proc/{process.pid}/limits",
    )
    yield _disk(instance, process)


def _disk(instance: Instance, process: Process) -> Finding:
    """Every writable mount of a file system on disk, or of memory without our bound, is a way to fill the host."""
    allowed = {SCRATCH: f"size={instance.limits.scratch // 1024}k"}
    expected = f"{size_text(instance.limits.scratch)} of memory at {SCRATCH}, nothing else"
    relaxed = _relaxed_paths(instance)
    wrong, scratch = [], ""
    for mount in process.mounts:
        if "rw" not in mount.options or mount.kind in _NO_SPACE:
            continue
        if mount.path == SCRATCH:
            scratch = next((item for item in mount.super_options if item.startswith("size=")), "no size")
        elif not any(mount.path == path or mount.path.startswith(f"{path}/") for path in relaxed):
            wrong.append(f"{mount.path} ({mount.kind}) is writable")
    if scratch != allowed[SCRATCH]:
        wrong.append(f"{SCRATCH} has {scratch or 'no bound'}")
    return finding(
        "RES-09",
        "disk",
        instance.name,
        not wrong,
        expected if not relaxed else f"{expected} but {', '.join(relaxed)} (relaxed)",
        "; ".join(wrong) or "as expected",
        f"/proc/{process.pid}/mountinfo",
    )


_NO_SPACE = ("proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "bpf", "hugetlbfs")


def _relaxed_paths(instance: Instance) -> list[str]:
    found = []
    for item in instance.relaxations:
        if item.name == "fifo":
            found.append(item.first("path").rpartition("/")[0])
        elif item.name == "alsa":
            found.append("/dev/snd")
        elif item.name == "disk":
            found += [f"/var/lib/librespot/{instance.name}", f"/var/cache/librespot/{instance.name}"]
    return found
