# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling what is new: each channel gets what it has not delivered yet, and what it delivered is remembered."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..module_utils.host.files import FILE, Files, called
from ..module_utils.host.lock import host_lock
from ..module_utils.model import check_record, told
from ..module_utils.model.check_record import Record, Sent
from ..module_utils.model.errors import HostError
from ..module_utils.model.notice import RELEASE, Item, Look
from ..module_utils.model.reading import path_of, paths_of
from ..module_utils.model.told import DamagedError, Memory
from ..module_utils.notify.channel import Channel, UndeliveredError
from ..module_utils.notify.telling import Teller, first
from ..module_utils.render.check_metrics import check_metrics
from .written import resolved

_PATIENCE_S = 300
_PROGRAM = "hardened.librespot.check"


@dataclass(frozen=True)
class Paths:
    """Files of a user of the controller; *record* and *metrics* are empty where there is none."""

    state: str
    record: str
    metrics: str


@dataclass(frozen=True)
class Told:
    """What was told, or in check mode would be: by channel the items.

    *warnings* are about what was remembered, *unwritten* say which file could not be kept.
    """

    items: Mapping[str, Sequence[Item]]
    record: Record
    warnings: Sequence[str]
    unwritten: Sequence[str] = ()


class Noticing:
    """One look, told by *channels*, of which each may try *retries* times more. *remind* is in days, 0 for never."""

    def __init__(
        self,
        paths: Paths,
        channels: Sequence[Channel],
        today: date,
        remind: int,
        retries: int,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._paths = paths
        self._channels = channels
        self._today = today
        self._remind = remind
        self._teller = Teller(_PROGRAM, retries, wait)
        self._files = Files()
        self._unwritten: dict[str, None] = {}

    def expected(self, look: Look) -> Told:
        """Return what would be told. Nothing is sent or written."""
        memory, warnings = self._remembered()
        items = look.all_items
        due = {channel.name: memory.due(items, channel.name, self._today, self._remind) for channel in self._channels}
        would = {name: first(found) for name, found in due.items()}
        sent = [_sent(name, found, would[name]) for name, found in due.items() if found]
        return Told(would, self._record(look, sent), [*warnings, *self._unencrypted()])

    def tell(self, look: Look) -> Told:
        """Tell it, remember what was delivered, and keep the record and the figures.

        What cannot be written, as on a full disk, keeps nobody from being told; it is told again then.
        """
        with self._alone():
            memory, warnings = self._remembered()
            memory = memory.current(look, [channel.name for channel in self._channels], self._today)
            self._remember(memory)
            delivered: dict[str, list[Item]] = {}
            sent = []
            for channel in self._channels:
                due = memory.due(look.all_items, channel.name, self._today, self._remind)
                delivered[channel.name], error = [], ""
                try:
                    again = {item.key for item in due if memory.reminded(item, channel.name)}
                    for part in self._teller.tell(channel, due, self._today, again):
                        memory = memory.after(part, channel.name, self._today)
                        self._remember(memory)
                        delivered[channel.name] += part
                except UndeliveredError as failure:
                    error = str(failure)
                if due:
                    sent.append(_sent(channel.name, due, delivered[channel.name], error))
            record = self._record(look, sent)
            self._keep(record)
        return Told(delivered, record, [*warnings, *self._unencrypted()], tuple(self._unwritten))

    def _unencrypted(self) -> list[str]:
        open_ways = [channel for channel in self._channels if channel.unencrypted]
        return [f"{channel.name}: all on the way can read it: {channel.unencrypted}" for channel in open_ways]

    def _record(self, look: Look, sent: Sequence[Sent]) -> Record:
        now = int(time.time())
        before = last_record(self._files, self._paths.record)
        all_told = not any(item.error for item in sent)
        return Record(
            now,
            look.complete,
            {source.name: source.error for source in look.sources},
            tuple(sent),
            now if look.complete else (before.complete_at if before else 0),
            # Where nobody is told there is no delivery.
            now if all_told and self._channels else (before.delivered_at if before else 0),
            look.advisories(),
            look.count(RELEASE),
            os.environ.get("INVOCATION_ID", ""),
        )

    def _keep(self, record: Record) -> None:
        if self._paths.record:
            self._write(self._paths.record, check_record.encode(record))
        if self._paths.metrics:
            # node_exporter runs as a user of its own.
            self._write(self._paths.metrics, check_metrics(record), 0o644)

    def _remembered(self) -> tuple[Memory, list[str]]:
        entry = self._files.read(self._paths.state)
        if entry is None:
            return Memory(), []
        if entry.kind != FILE:
            raise HostError(f"{self._paths.state}: {called(entry.kind)} stands there", "Name another file as state")
        try:
            return told.decode(entry.content.decode("utf-8", "replace")), []
        except DamagedError as error:
            # To tell all once more is the safe side.
            return Memory(), [f"{self._paths.state}: {error}; all is told again"]

    def _remember(self, memory: Memory) -> None:
        self._write(self._paths.state, told.encode(memory))

    def _write(self, path: str, text: str, mode: int = 0o600) -> None:
        try:
            self._files.write(path, text.encode(), mode, os.geteuid(), os.getegid())
        except HostError as error:
            self._unwritten[str(error)] = None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from telling the same. Raises `HostError` when one of them does not end."""
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(host_lock("a check", f"{self._paths.state}.lock", _PATIENCE_S))
            except OSError as error:
                self._unwritten[f"{self._paths.state}.lock: {error.strerror}. Look at that file"] = None
            yield


def _sent(channel: str, due: Sequence[Item], taken: Sequence[Item], error: str = "") -> Sent:
    """Return what *channel* has to say of what was *due*: how much was *taken*, or what was not, and why."""
    left = len(due) - len(taken)
    if left and not error:
        error = f"{channel}: {left} of {len(due)} are left, since a run tells {len(taken)}. Run the check again"
    return Sent(channel, left if error else len(taken), error)


def paths(given: Mapping[str, Any]) -> Paths:
    """Return the files that a user's options name. The links on the way to them are the user's own.

    Raises `SpecificationError` for what is no path. One that cannot be written keeps nobody from being told.
    """
    path_of(given["state"], "state")
    paths_of(given, ["record", "metrics"])
    return Paths(*(resolved(given[name]) if given[name] else "" for name in ("state", "record", "metrics")))


def last_record(files: Files, path: str) -> Record | None:
    """Return what the last check said at *path*; None when there is nothing, or nothing that a check has written."""
    entry = files.read(path) if path else None
    with contextlib.suppress(HostError):
        return check_record.decode(entry.content, path) if entry else None
    return None


def told_itself(where: Paths, run: str) -> bool:
    """Tell whether the *run* has come to its record, and everyone was told what it found."""
    record = last_record(Files(), where.record)
    return record is not None and record.invocation == run and not record.undelivered
