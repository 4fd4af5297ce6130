# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notifier of a host: takes in what happened, tells it by each channel, and remembers what was taken.

What it is told and the secrets come from systemd, as credentials: it may read nothing else that is not everyone's.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from ..host.files import FILE, TOO_LARGE, Files
from ..host.lock import host_lock
from ..model import breaches, outbox
from ..model.alerts import THRESHOLDS
from ..model.breach_news import news
from ..model.breaches import Breach
from ..model.errors import HostError, LibrespotError
from ..model.notice import FAULT, NOTE, Item, plain
from ..model.notify_options import Notify, read_notify
from ..model.outbox import CONFIGURATION, OUTBOX, PROGRAM, STATE, Outbox
from ..model.samples import read_samples
from ..model.told import DamagedError
from .channel import Channel, UndeliveredError
from .channels import channels
from .telling import Teller, first

_STALE = "LibrespotMonitorStale"
_LAST_LOOK = "librespot_monitor_last_look_timestamp_seconds"
_LATEST = 2**33
_AHEAD_S = 300
"""By how much a clock may have been set back since a look."""
_LARGEST = 1024 * 1024
"""Bytes of what others wrote that are read: more could take all the memory that a run has."""

_UNANSWERED = "The run ended before it had answered"

_PATIENCE_S = 240
_AGAIN = 20
"""How often one run looks whether more has happened while it told the last."""


class Notifier:
    """One run. *directory* has its credentials, *say* writes a line to the journal."""

    def __init__(self, directory: str, say: Callable[[str], None], files: Files | None = None) -> None:
        self._files = files or Files()
        self._directory = directory
        self._say = say
        self._host = plain(socket.gethostname(), 100)

    def run(self, failed: Sequence[str]) -> bool:
        """Tell what is new, and which units have *failed*; return whether all that was due was taken.

        Raises `LibrespotError` when nothing could be done.
        """
        notify = self._configuration()
        ways = channels(notify.mail, notify.webhooks, notify.timeout)
        with host_lock(PROGRAM, f"{STATE}/lock", _PATIENCE_S):
            kept = self._taking(self._remembered(), ways, failed)
            seen: bytes | None = None
            for look in range(_AGAIN):
                found = self._read(breaches.PATH, _LARGEST)
                if look and found == seen:
                    break
                seen = found
                kept = self._news(kept, notify, found)
                kept = self._deliver(kept, ways, notify)
        return not any(item.error for item in kept.channels.values())

    def _configuration(self) -> Notify:
        path = f"{self._directory}/{CONFIGURATION}"
        content = self._read(path)
        try:
            return read_notify(json.loads(content or b"")).placed(self._directory)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise HostError(
                f"{path} is no configuration: {error}", "Run the role librespot_monitoring again"
            ) from error

    def _read(self, path: str, most: int = TOO_LARGE) -> bytes | None:
        entry = self._files.read(path, most=most)
        return entry.content if entry is not None and entry.kind == FILE else None

    def _remembered(self) -> Outbox:
        content = self._read(OUTBOX)
        if content is None:
            return Outbox()
        try:
            return outbox.decode(content)
        except DamagedError as error:
            # To tell all once more is the safe side.
            self._say(f"{OUTBOX}: {error}; all is told again")
            return Outbox()

    def _taking(self, kept: Outbox, ways: Sequence[Channel], failed: Sequence[str]) -> Outbox:
        """Return *kept* for *ways* alone, with a first word for those that are new, and units that *failed*."""
        now = int(time.time())
        names = [way.name for way in ways]
        new = [name for name in names if name not in kept.channels]
        hello = Item(
            f"hello {now}",
            NOTE,
            f"What happens to the instances on {self._host} is told here",
            "From now on. This message shows that it arrives.",
        )
        kept = kept.among(names).taking([hello], new)
        return kept.taking([_failed(unit, self._host, now) for unit in failed])

    def _news(self, kept: Outbox, notify: Notify, found: bytes | None) -> Outbox:
        """Return *kept* with what is new of the breaches in *found*, remembered before any of it is told."""
        now = int(time.time())
        try:
            there = () if found is None else breaches.decode(found, breaches.PATH)
        except HostError as error:
            self._say(str(error))
            there = ()
        kept = news(kept, (*there, *self._monitor(kept, now)), notify.policy, self._host, now)
        self._remember(kept)
        return kept

    def _monitor(self, kept: Outbox, now: int) -> list[Breach]:
        """Return whether the monitor has stopped looking, or looks again: of itself it cannot tell that."""
        last = self._last_look(now)
        stale = Breach(_STALE, (), min(int(last), now), 0, 1, now - last)
        before = kept.told.get(stale.key)
        # Else one that wrote a moment to come, and stopped, would look for ever.
        if now - last > THRESHOLDS["monitor_age"].default or last - now > _AHEAD_S:
            return [replace(stale, count=before.count + before.over if before else 1)]
        return [replace(stale, until=now, count=before.count)] if before and not before.over else []

    def _last_look(self, now: int) -> float:
        """Return when the monitor looked last: as it says, else when it wrote last, be it that its file went."""
        text = (self._read(breaches.METRICS, _LARGEST) or b"").decode("utf-8", "replace")
        last = next((item.value for item in read_samples(text) if item.name == _LAST_LOOK), None)
        # A monitor that was taken over writes anything, and may keep nothing else from being told.
        if last is not None and 0 <= last < _LATEST:
            return last
        wrote = (self._files.modified(path) for path in (breaches.METRICS, os.path.dirname(breaches.METRICS)))
        return next(filter(None, wrote), now - THRESHOLDS["monitor_age"].default - 1)

    def _deliver(self, kept: Outbox, ways: Sequence[Channel], notify: Notify) -> Outbox:
        teller = Teller(PROGRAM, notify.retries)
        today = datetime.now(timezone.utc).date()
        for way in ways:
            due = kept.due(way.name, int(time.time()))
            if due:
                # Who answers until systemd ends the run is left alone by the next, so that others are told.
                self._remember(kept.failed(way.name, _UNANSWERED, int(time.time())))
            left = len(first(due))
            try:
                for part in teller.tell(way, due, today):
                    left -= len(part)
                    kept = kept.delivered(way.name, part, int(time.time()))
                    # Also who takes one message and never comes to an end with the next.
                    self._remember(kept.failed(way.name, _UNANSWERED, int(time.time())) if left else kept)
                    self._say(f"{way.name} took {len(part)}: {'; '.join(item.title for item in part)}")
            except UndeliveredError as error:
                kept = kept.failed(way.name, str(error), int(time.time()))
                self._remember(kept)
                self._say(str(error))
        return kept

    def _remember(self, kept: Outbox) -> None:
        text = outbox.encode(replace(kept, at=int(time.time())))
        self._files.write(OUTBOX, text.encode(), 0o600, os.geteuid(), os.getegid())


def _failed(unit: str, host: str, now: int) -> Item:
    shown = plain(unit, 100)
    return Item(
        f"{shown} failed {now}",
        FAULT,
        f"{shown} failed on {host}",
        f"What it watches is not watched until it runs again. Read why: journalctl --unit {shown} --lines 50",
    )


def run(arguments: Sequence[str], directory: str, say: Callable[[str], None]) -> int:
    """Run the notifier for what its *arguments* say, and return its exit status: 1 when something was not taken."""
    try:
        return 0 if Notifier(directory, say).run(arguments) else 1
    except LibrespotError as error:
        say(str(error))
        return 1
