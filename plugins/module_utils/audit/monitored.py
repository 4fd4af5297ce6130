# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-05: what Prometheus is told of each instance is true and recent, and who tells it has no right to do harm.

What the monitor has written is held against the kernel's own files, which are read here in another way.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from ..host.files import LINK
from ..host.proc import Process, cgroup_directory, process
from ..model.errors import HostError
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import Instance, Specification
from ..model.metrics import MONITOR
from ..model.monitored import WRITTEN_S
from ..model.monitoring_options import TEXTFILES
from ..model.samples import samples
from ..planners.base import HOST, Planner
from ..planners.monitoring import Archives, monitoring_planners, settings_of
from ..planners.registry import Host
from ..render.monitor_units import METRICS_FILE, SERVICE, USER
from .context import Context, finding, guarded, not_running

CONTROL = "RES-05"

_MISSED = 2
_AHEAD_S = 5
_LARGEST = 4 * 1024 * 1024
"""Bytes of its file that are read. A monitor that was taken over could fill the memory that an audit has."""
_NO_RIGHTS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
_FILTERED = "2"
_SPARE = 16 * 1024 * 1024
"""Bytes by which memory may differ besides, since it is not read at the same moment."""

_READ = f"Read why on the host: journalctl --unit {SERVICE}; then run hardened.librespot.site against it"
_EXPECTED = "use is monitored against limits, as Prometheus metrics"


@dataclass(frozen=True)
class Watched:
    """How the instances of a host shall be monitored: each *interval* seconds, and read from *textfiles*.

    *told*: for a notifier on this host as well.
    """

    archives: Archives
    interval: int
    textfiles: str = TEXTFILES
    told: bool = False
    now: Callable[[], float] = field(default=time.time)

    def planners(self, host: Host, spec: Specification, engine: str) -> list[Planner]:
        """Return what monitors the instances of *spec*, which are bound to what the host has."""
        settings = settings_of(spec, engine, self.interval, self.textfiles, self.told)
        return monitoring_planners(host, spec, settings, self.archives)


def look(watched: Watched | None, context: Context) -> Iterator[Finding]:
    """Yield what is found of the monitor, and of each instance; nobody asked for it when *watched* is None."""
    if watched is None:
        if context.spec.present:
            nobody = "the inventory asks for no monitoring"
            yield finding(CONTROL, "told", HOST, False, _EXPECTED, nobody, SERVICE, NOT_ENFORCED)
        return
    seen = _Monitor(watched, context)
    yield from guarded(CONTROL, "confined", HOST, seen.confined)
    yield from guarded(CONTROL, "told", HOST, seen.told)
    for item in context.spec.present:
        yield from guarded(CONTROL, "true", item.name, partial(seen.true, item))


@dataclass
class _Monitor:
    """The monitor of a host as it is, and what it has written."""

    watched: Watched
    context: Context

    def confined(self) -> Iterator[Finding]:
        """Tell whether its process is without rights."""
        pid = int(self.context.host.systemd.show(SERVICE, ["MainPID"]).get("MainPID", "0"))
        found = process(pid) if pid else None
        wrong = ["it does not run"] if found is None else list(self._rights(found))
        expected = f"runs as {USER}, without capabilities, on a read-only file system, with a filter of system calls"
        yield finding(
            CONTROL,
            "confined",
            HOST,
            not wrong,
            expected,
            "; ".join(wrong) or "as expected",
            f"/proc/{pid}/status, mountinfo" if pid else f"systemctl show {SERVICE}",
            remedy=_READ,
        )

    def _rights(self, found: Process) -> Iterator[str]:
        account = self.context.host.accounts.find(USER)
        uids = set(found.status["Uid"].split())
        if account is None or uids != {str(account.uid)} or "0" in uids:
            yield f"runs with the user ids {' '.join(sorted(uids))}"
        yield from (f"has {name} {found.status[name]}" for name in _NO_RIGHTS if int(found.status[name], 16))
        if found.status["NoNewPrivs"] != "1":
            yield "may gain rights"
        if found.status["Seccomp"] != _FILTERED:
            yield "can make any system call"
        # Of the file system as a whole; its own directory is mounted in it.
        if any("ro" not in mount.options for mount in found.mounts if mount.path == "/"):
            yield "may write to the host's file system"

    def told(self) -> Iterator[Finding]:
        """Tell whether the file is recent, the monitor's own, and found by node_exporter."""
        values = self._values
        now, allowed = self.watched.now(), _MISSED * max(self.watched.interval, WRITTEN_S)
        age = now - values.get(("librespot_monitor_last_look_timestamp_seconds", ""), 0)
        wrong = [f"the last look was {age:.0f} s ago"] if not -_AHEAD_S <= age <= allowed else []
        wrong += self._unlinked()
        named = {name for metric, name in values if metric == "librespot_instance_up"}
        wanted = {item.name for item in self.context.spec.present}
        wrong += [f"nothing of {name}" for name in sorted(wanted - named)]
        wrong += [f"something of {name}, which is not in the inventory" for name in sorted(named - wanted)]
        foreign = {metric for metric, _name in values} - {item.name for item in MONITOR}
        wrong += [f"{metric}, which it does not measure" for metric in sorted(foreign)]
        expected = f"looked at within {allowed} s, all instances and no others, where node_exporter finds it"
        good = f"{age:.0f} s ago, {len(values)} values"
        yield finding(CONTROL, "told", HOST, not wrong, expected, "; ".join(wrong) or good, METRICS_FILE, remedy=_READ)

    def _unlinked(self) -> list[str]:
        if not self.watched.textfiles:
            return []
        directory = self.watched.textfiles
        names = self.context.host.files.names(directory)
        entries = (self.context.host.files.read(f"{directory}/{name}", content=False) for name in names)
        leads = any(entry is not None and (entry.kind, entry.target) == (LINK, METRICS_FILE) for entry in entries)
        return [] if leads else [f"no link in {directory} leads to it"]

    @cached_property
    def _values(self) -> Mapping[tuple[str, str], float]:
        """What is written, by metric and instance; a metric with more labels has one of its values. Raises."""
        entry = self.context.host.files.read(METRICS_FILE, most=_LARGEST)
        if entry is None:
            raise HostError(f"{METRICS_FILE} does not exist", f"Read why on the host: journalctl --unit {SERVICE}")
        return {(item.name, item.labels.get("name", "")): item.value for item in samples(entry.content.decode())}

    def true(self, item: Instance) -> Iterator[Finding]:
        """Tell whether what is written of *item* is what the kernel says of it."""
        expected = "what is told of it is what the kernel says"
        main = self.context.main(item)
        if main is None:
            yield not_running(self.context, CONTROL, "true", item, expected)
            return
        wrong, same = [], []
        for what, told, real, spare, more in self._compared(item, main):
            if told is None or not -spare <= told - real <= spare + more:
                most = f" to {real + more:.0f}" if more else ""
                wrong.append(
                    f"{what} is told as {'nothing' if told is None else f'{told:.0f}'}, and is {real:.0f}{most}"
                )
            else:
                same.append(f"{what} {told:.0f}")
        evidence = "; ".join(filter(None, (METRICS_FILE, _directory(main), f"/proc/{main.pid}/stat")))
        said = "; ".join(wrong or same)
        yield finding(CONTROL, "true", item.name, not wrong, expected, said, evidence, remedy=_READ)

    def _compared(self, item: Instance, main: Process) -> Iterator[tuple[str, float | None, float, float, float]]:
        """Yield what, as told, as it is, by how much both may differ, and how much more than it is may be told."""

        def told(metric: str) -> float | None:
            return self._values.get((metric, item.name))

        yield "up", told("librespot_instance_up"), 1, 0, 0
        began = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + _began(main.pid)
        yield "start", told("librespot_instance_start_timestamp_seconds"), began, _AHEAD_S, 0
        yield "open files limit", told("librespot_open_files_limit"), int(main.limits["Max open files"]), 0, 0
        processors = os.cpu_count() or 1
        lately = (self.watched.interval + WRITTEN_S) * processors
        # Of one that was started again, those before are told of too: at most what they can have used since the boot.
        before = _began(main.pid) * processors if told("librespot_instance_starts_total") else 0
        yield "processor time", told("librespot_cpu_seconds_total"), _processor_s(main.pid), lately, before
        directory = _directory(main)
        for name, metric, spare in (
            ("memory.current", "librespot_memory_bytes", _SPARE),
            ("memory.max", "librespot_memory_limit_bytes", 0),
            ("pids.max", "librespot_tasks_limit", 0),
        ):
            real = _number(f"{directory}/{name}") if directory else None
            if real is not None:
                yield name, told(metric), real, spare, 0


def _directory(main: Process) -> str:
    """Return where the kernel counts what the instance uses; empty where it has no group of its own."""
    return cgroup_directory(main.cgroup) if main.cgroup.strip("/") else ""


def _number(path: str) -> int | None:
    """Return the number in a file; None without such a file, or without a number in it."""
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as handle:
        text = handle.read().strip()
        return int(text) if text.isdigit() else None
    return None


def _fields(pid: int) -> Sequence[str]:
    """Return the fields of /proc/PID/stat behind the name, which may hold anything; see proc_pid_stat(5)."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
        return handle.read().rpartition(")")[2].split()


def _began(pid: int) -> float:
    """Return when a process was started, in seconds since the boot."""
    return int(_fields(pid)[19]) / os.sysconf("SC_CLK_TCK")


def _processor_s(pid: int) -> float:
    """Return the processor time of a process with all its threads."""
    user, system = _fields(pid)[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
