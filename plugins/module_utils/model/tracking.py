# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters that go on over the ends of instances, and what is known of each instance as samples.

The kernel's own counters begin anew with each control group. Those here never go back while the monitor runs; when it
is started anew they begin anew, as those of anything that Prometheus asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .ends import WATCHDOG, Ends
from .metrics import Sample
from .monitored import Seen, Target
from .usage import Usage

OOM_KILL = "oom_kill"
OOM_RESULT = "oom-kill"
"""What systemd says of a unit that the kernel has ended for its memory."""

Group = tuple[str, int]


@dataclass
class Tally:
    """A counter over several groups: what each had counted when it was last seen."""

    total: float = 0
    _group: Group | None = None
    _last: float = 0

    def see(self, group: Group, value: float | None) -> float:
        """Take up what *group* has counted; return by how much that is more than before. None is not known."""
        if value is None:
            return 0
        # What has become less was begun anew, too.
        more = value - self._last if group == self._group and value >= self._last else value
        self._group, self._last = group, value
        self.total += more
        return more


@dataclass
class Tracked:
    """One instance over time. *sets* is the time that the clock is ahead of the boot: it says when a process began."""

    target: Target
    ends: Ends
    seen: Seen = field(default_factory=Seen)
    healthy: bool | None = None
    version: str = ""
    silences: int = 0
    starts: int = 0
    events: dict[str, Tally] = field(default_factory=dict)
    _tallies: dict[str, Tally] = field(default_factory=dict)
    _pressures: dict[tuple[str, str], Tally] = field(default_factory=dict)
    _since: tuple[tuple[int, float], float] | None = None
    _looked: bool = False
    _last: tuple[int, float] | None = None
    _said: tuple[int, float] | None = None

    def look(self, seen: Seen) -> bool:
        """Take up what is seen now. Return whether it has ended, or was started, since the last look."""
        changed = self._looked and seen.life != self.seen.life
        # One that could not be seen for a moment is not another one.
        if changed and seen.life not in (None, self._last):
            self.starts += 1
        self.seen, self._looked, self._last = seen, True, seen.life or self._last
        if seen.usage is not None:
            self._count(seen.usage)
        return changed

    def _count(self, usage: Usage) -> None:
        for name, value in (
            ("librespot_cpu_seconds_total", usage.cpu_s),
            ("librespot_cpu_periods_total", usage.periods),
            ("librespot_cpu_throttled_periods_total", usage.throttled_periods),
            ("librespot_cpu_throttled_seconds_total", usage.throttled_s),
            ("librespot_tasks_refused_total", usage.tasks_refused),
            ("librespot_io_read_bytes_total", usage.read_bytes),
            ("librespot_io_written_bytes_total", usage.written_bytes),
        ):
            if value is not None:
                self._tallies.setdefault(name, Tally()).see(usage.group, value)
        for key, value in usage.pressure.items():
            self._pressures.setdefault(key, Tally()).see(usage.group, value)

    def count_memory(self) -> dict[str, float]:
        """Take up how often it came to its limits of memory; return by how much that is more than before.

        A group of its own that lives on knows it all.
        """
        if self.seen.above is not None and not self.seen.shared:
            group, found = self.seen.above
        elif self.seen.usage is not None:
            group, found = self.seen.usage.group, self.seen.usage.memory_events
        else:
            return {}
        return {name: self.events.setdefault(name, Tally()).see(group, value) for name, value in found.items()}

    def asked(self, healthy: bool, version: str) -> None:
        """Take up whether it has given a sign of life, and what it said that it is: once for each start.

        It becomes a label. One that was taken over and says something else each time would fill a Prometheus.
        """
        self.healthy = healthy
        if version and self.seen.life != self._said:
            self.version, self._said = version, self.seen.life
        self.silences += not healthy

    @property
    def noted(self) -> tuple[object, ...]:
        """What is worth writing at once when it changes."""
        counts = tuple(sorted((name, tally.total) for name, tally in self.events.items()))
        refused = self._tallies.get("librespot_tasks_refused_total", Tally()).total
        return (self.seen.life, self.healthy, self.silences, *sorted(self.ends.failures.items()), counts, refused)

    def samples(self, now: float, boot: float, release: str, version: str) -> Iterator[Sample]:
        """Yield all that is known; *now* is the moment by the clock, *boot* by the time since the boot.

        *release* is what is active on the host, and *version* what is written about it.
        """
        name, seen = {"name": self.target.name}, self.seen
        yield Sample(
            "librespot_instance_info",
            1,
            {**name, "deployment": self.target.deployment, "release": release, "version": self.version or version},
        )
        yield Sample("librespot_instance_up", int(seen.pid is not None), name)
        if seen.pid is not None and self.healthy is not None:
            yield Sample("librespot_instance_healthy", int(self.healthy), name)
        # What the watchdog has ended, it was silent for; it may be up again before it is asked here.
        silences = max(self.silences, self.ends.failures.get(WATCHDOG, 0))
        yield Sample("librespot_instance_health_failures_total", silences, name)
        if seen.life is not None:
            yield Sample("librespot_instance_start_timestamp_seconds", self._began(seen.life, now - boot), name)
        yield Sample("librespot_instance_starts_total", max(self.starts, self.ends.starts), name)
        for result, count in self.ends.failures.items():
            yield Sample("librespot_instance_failures_total", count, {**name, "result": result})
        yield from (Sample(metric, tally.total, name) for metric, tally in self._tallies.items())
        for event, tally in self.events.items():
            yield Sample("librespot_memory_events_total", tally.total, {**name, "event": event})
        for (resource, kind), tally in self._pressures.items():
            labels = {**name, "resource": resource, "kind": kind}
            yield Sample("librespot_pressure_seconds_total", tally.total, labels)
        for metric, value in _levels(seen):
            if value is not None:
                yield Sample(metric, value, name)
        yield from (Sample("librespot_monitor_unreadable", 1, {**name, "what": x}) for x in sorted(seen.unreadable))

    def _began(self, life: tuple[int, float], ahead: float) -> float:
        """Return when a process began, by the clock; the same from look to look, unless the clock was set."""
        began = life[1] + ahead
        if self._since is None or self._since[0] != life or abs(self._since[1] - began) > 1:
            self._since = life, round(began, 2)
        return self._since[1]


def _levels(seen: Seen) -> Iterator[tuple[str, float | None]]:
    """Yield what goes up and down, of an instance that is there, by the metric."""
    usage, held = seen.usage, seen.held
    if usage is not None:
        yield "librespot_memory_bytes", usage.memory
        yield "librespot_memory_working_set_bytes", usage.working_set
        yield "librespot_memory_peak_bytes", usage.memory_peak
        yield "librespot_tasks", usage.tasks
        yield "librespot_tasks_peak", usage.tasks_peak
        yield "librespot_open_files", usage.files
        yield "librespot_open_files_limit", seen.files_limit
    if held is not None:
        yield "librespot_cpu_limit_ratio", None if held.cpu is None else held.cpu / 100
        yield "librespot_memory_limit_bytes", held.memory
        yield "librespot_memory_high_bytes", held.memory_high
        yield "librespot_tasks_limit", held.tasks


@dataclass
class Shared:
    """The events of memory of the group that all instances are in, and that lives on when one of them ends.

    What it has counted, and was seen of none, was of the one that has ended since the last look. Where several have,
    only systemd can tell which one the kernel has ended.
    """

    _tallies: dict[str, Tally] = field(default_factory=dict)
    _begun: bool = False

    def attribute(self, tracked: Sequence[Tracked], ended: Sequence[Tracked], killed: Mapping[str, int]) -> None:
        """Count for *tracked* what has come since the last look. *killed* are those that systemd says were killed."""
        seen: dict[str, float] = {}
        above = None
        for item in tracked:
            more = item.count_memory()
            if not item.target.unit and item in ended and more.get(OOM_KILL):
                item.ends.count(OOM_RESULT)
            if item.seen.shared:
                above = item.seen.above or above
                for name, value in more.items():
                    seen[name] = seen.get(name, 0) + value
        lost = self._lost(above, seen)
        here = [item for item in ended if item.seen.shared]
        for item in here:
            if len(here) == 1:
                for name, value in lost.items():
                    item.events.setdefault(name, Tally()).total += value
            if len(here) > 1 or not lost:
                kills = killed.get(item.target.name, 0)
                if kills:
                    item.events.setdefault(OOM_KILL, Tally()).total += kills

    def _lost(self, above: tuple[Group, Mapping[str, int]] | None, seen: Mapping[str, float]) -> dict[str, float]:
        """Return what the group above has counted and none of those in it; nothing at the first look."""
        if above is None:
            return {}
        group, found = above
        more = {name: self._tallies.setdefault(name, Tally()).see(group, value) for name, value in found.items()}
        begun, self._begun = self._begun, True
        return {name: max(0.0, value - seen.get(name, 0)) for name, value in more.items()} if begun else {}
