# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitor: looks at each instance every few seconds, and keeps a file for Prometheus' node_exporter.

It goes on without what it cannot read or write, and says so: once in the journal, and in the file. It runs on, since to
start Python for each look would cost more than all looks.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence

from ..host.breach_file import BreachFile
from ..host.command import Commands
from ..host.journal import Journal
from ..host.liveness import can_run
from ..host.monitored import Active, hidden, look, sign_of_life, version_of_groups
from ..host.own_file import put
from ..model.breaches import PATH as BREACHES
from ..model.ends import Ends
from ..model.errors import HostError
from ..model.granted import Grants
from ..model.metrics import Sample
from ..model.monitored import WRITTEN_S, Settings, Target, read_settings
from ..model.tracking import OOM_RESULT, Shared, Tracked
from ..render.audit_units import METRICS as OF_AUDIT
from ..render.exposition import exposition

ASKED_S = 15.0
"""How often an instance that is well is asked for a sign of life, at most; it has better things to do."""
GRACE_S = 10.0
"""What an instance needs from its start to its first answer, on the slowest machine."""

_PROC = "/proc"


class Said:
    """Problems, each told when it comes, and when it is over."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def tell(self, what: str, problem: str = "") -> None:
        """Tell of *what* that there is a *problem*, or none any more, unless that is known."""
        if problem == self._now.get(what, ""):
            return
        self._now[what] = problem
        level, text = (4, problem) if problem else (5, "well again")
        sys.stderr.write(f"<{level}>{what}: {text}\n")
        sys.stderr.flush()


class Monitor:
    """All that is watched on this host. *grants* is the file of what is granted; empty where nobody writes one."""

    def __init__(self, settings: Settings, path: str, grants: str) -> None:
        self._path = path
        self._grants_path = grants
        self._tracked = [Tracked(item, _ends(item)) for item in settings.targets]
        units = [item.unit for item in settings.targets if item.unit]
        self._journal = Journal(
            Commands(), units, sorted({item.watchdog for item in settings.targets if item.watchdog})
        )
        self._active = Active(settings.contained)
        self._shared, self._grants, self._said = Shared(), Grants(), Said()
        place = os.path.join(os.path.dirname(path), os.path.basename(BREACHES))
        self._breaches = BreachFile(place, [OF_AUDIT]) if settings.told else None
        self._readable = self._begin()
        self._asked: dict[str, float] = {}
        self._pending = False
        self._read_at = self._written_at = float("-inf")
        self._noted: object = None
        self._since = round(time.time(), 2)

    def _begin(self) -> bool:
        try:
            self._journal.begin()
        except HostError as error:
            self._said.tell("the journal", error.message)
            return False
        self._said.tell("the journal")
        return True

    def look(self) -> None:
        """Look at everything once, and write the file when it is time, or something has happened."""
        boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        if hidden():
            # What is written then would be that all have ended. A file that grows old is told as such.
            self._said.tell(_PROC, "the processes of others are hidden (hidepid=); nothing is looked at")
            return
        self._said.tell(_PROC)
        changed = [item for item in self._tracked if item.look(look(item.target))]
        killed = {item.target.name: item.ends.failures[OOM_RESULT] for item in self._tracked}
        # What systemd has to say of an end may come a little later. Of one that never stays up, nothing is seen here.
        down = any(item.seen.pid is None for item in self._tracked) and boot - self._read_at >= WRITTEN_S
        heard = not (changed or self._pending or down) or self._read_journal(boot)
        self._pending = bool(changed) or not heard
        kills = {item.target.name: item.ends.failures[OOM_RESULT] - killed[item.target.name] for item in self._tracked}
        self._shared.attribute(self._tracked, changed, kills)
        for item in self._tracked:
            self._ask(item, boot)
        over = self._follow_grants(boot)
        noted = [item.noted for item in self._tracked]
        if noted != self._noted or over or boot - self._written_at >= WRITTEN_S:
            self._noted, self._written_at = noted, boot
            samples = list(self._samples(boot))
            self._write(exposition(samples))
            self._judge(samples, boot)

    def _read_journal(self, boot: float) -> bool:
        """Take up what the journal has to say; return whether it could be read."""
        self._read_at = boot
        if not self._readable:
            # Of what came before, nothing can be told.
            self._readable = self._begin()
            return True
        try:
            entries = self._journal.read()
        except HostError as error:
            self._said.tell("the journal", error.message)
            return False
        self._said.tell("the journal")
        for item in self._tracked:
            item.ends.read(entries)
        return True

    def _ask(self, item: Tracked, boot: float) -> None:
        name, seen = item.target.name, item.seen
        if seen.pid is None or seen.started is None:
            item.healthy = None
            self._asked.pop(name, None)
            return
        # One that is stopped can be seen without asking.
        due = boot - self._asked.get(name, float("-inf")) >= ASKED_S
        if item.healthy and not due and can_run(seen.pid):
            return
        self._asked[name] = boot
        answer = sign_of_life(item.target, seen.pid)
        if answer is None or (not answer[0] and boot - seen.started < GRACE_S):
            item.healthy = None
        else:
            item.asked(*answer)

    def _follow_grants(self, boot: float) -> bool:
        if self._grants_path:
            try:
                with open(self._grants_path, encoding="ascii") as handle:
                    self._grants.read(handle.read())
            except FileNotFoundError:
                # Nothing is granted on this host.
                pass
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                self._said.tell("grants", str(error))
            else:
                self._said.tell("grants")
        return self._grants.pass_to(boot)

    def _samples(self, boot: float) -> Iterator[Sample]:
        now = time.time()
        release, version = self._active.read()
        yield Sample("librespot_monitor_last_look_timestamp_seconds", round(now, 2))
        yield Sample("librespot_monitor_counting_since_timestamp_seconds", self._since)
        yield Sample("librespot_monitor_cpu_seconds_total", round(_cpu_s(), 3))
        yield Sample("librespot_monitor_memory_bytes", _memory())
        yield Sample("librespot_monitor_cgroup_version", version_of_groups([item.seen for item in self._tracked]))
        for item in self._tracked:
            yield from item.samples(now, boot, release, version)
            yield from (_unreadable(item.target, what) for what in self._unreadable(item.target))
        yield from self._grants.samples(now - boot)

    def _unreadable(self, target: Target) -> tuple[str, ...]:
        return target.unseen if self._readable or not target.unit else (*target.unseen, "journal")

    def _judge(self, samples: Sequence[Sample], boot: float) -> None:
        """Leave for the notifier what *samples* are told of, where there is one."""
        if self._breaches is None:
            return
        try:
            self._breaches.look(samples, boot)
        except OSError as error:
            self._said.tell("breaches", str(error))
        else:
            self._said.tell("breaches")

    def _write(self, text: str) -> None:
        try:
            put(self._path, text)
        except OSError as error:
            self._said.tell(self._path, str(error))
        else:
            self._said.tell(self._path)


def _ends(target: Target) -> Ends:
    # Each watchdog calls it what it restarts.
    return Ends(target.unit, target.watchdog, target.unit or f"librespot-{target.name}")


def _unreadable(target: Target, what: str) -> Sample:
    return Sample("librespot_monitor_unreadable", 1, {"name": target.name, "what": what})


def _cpu_s() -> float:
    """Return the processor time of this process, and of the readers of the journal that it has started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def _memory() -> int:
    """Return the memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as handle:
        return int(handle.read().split()[1]) * resource.getpagesize()


def main(words: Sequence[str] | None = None) -> int:
    """Look until someone ends it."""
    parser = argparse.ArgumentParser(description="Keeps metrics of librespot for Prometheus' node_exporter.")
    parser.add_argument("--settings", required=True, help="what to look at, and how often")
    parser.add_argument("--output", required=True, help="the file to keep")
    parser.add_argument("--grants", default="", help="the file that tells what is granted")
    asked = parser.parse_args(words)
    with open(asked.settings, encoding="utf-8") as handle:
        settings = read_settings(handle.read())
    monitor = Monitor(settings, asked.output, asked.grants)
    due = time.monotonic()
    while True:
        monitor.look()
        # After a pause of the whole machine there is no look to be made up for.
        due = max(due + settings.interval, time.monotonic())
        time.sleep(due - min(due, time.monotonic()))


if __name__ == "__main__":
    os.umask(0o022)
    raise SystemExit(main())
