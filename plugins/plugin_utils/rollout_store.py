# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's file of a rollout, which outlives a controller that is killed, and its lock, which does not."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..module_utils.host.command import Commands
from ..module_utils.host.files import Files
from ..module_utils.model.errors import HostError, SpecificationError, why
from ..module_utils.model.rollout import Hosts, Looked, as_data, host_state, looked

_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CHECK = "check"


def default_directory() -> str:
    """Return where rollouts are kept when the user says nothing about it."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "hardened-librespot", "rollouts")


@dataclass
class Rollout:
    """What the file holds. *owner* is the run that works on it, empty when none does; *seen* is only that run's.

    *gone* are hosts that were left between two releases, and that the inventory does not have any more.
    """

    owner: dict[str, str] = field(default_factory=dict)
    run: str = ""
    order: list[str] = field(default_factory=list)
    seen: dict[str, Looked] = field(default_factory=dict)
    hosts: Hosts = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    report: str = ""

    @property
    def here(self) -> Hosts:
        """The hosts of this run, in their order, and those of earlier ones that were left between two releases.

        Nobody waits for those that are *gone*; should one come back, what was begun with it is known.
        """
        left = [name for name in self.left if name not in self.gone]
        return {name: self.hosts[name] for name in (*self.order, *left) if name in self.hosts}

    @property
    def left(self) -> list[str]:
        """The hosts that were left between two releases, and that this run does not look at."""
        return [name for name, item in self.hosts.items() if item.interrupted and name not in self.order]


def process(pid: int) -> dict[str, str]:
    """Return what tells the process *pid* from all others, of other machines and earlier ones as well."""
    return {"host": socket.gethostname(), "pid": str(pid), "start": _start(pid)}


def _start(pid: int) -> str:
    """Return when the process began; empty when it does not run."""
    with contextlib.suppress(OSError, IndexError):
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
            ticks = handle.read().rpartition(")")[2].split()[19]
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
            return f"{handle.read().strip()} {ticks}"
    if os.path.isdir("/proc/self"):
        return ""
    return Commands().run(["ps", "-o", "lstart=", "-p", str(pid)], ok=()).stdout.strip()


class Store:
    """The file of the rollout *name* in *directory*; in a *check* run a copy of it, which ends with the run."""

    def __init__(self, directory: str, name: str, owner: dict[str, str], check: bool = False) -> None:
        if _NAME.fullmatch(name) is None:
            raise SpecificationError(
                "name", name, "cannot be a file's name", "Write up to 64 letters, digits, hyphens and underscores"
            )
        self._directory = os.path.realpath(directory or default_directory())
        self._path = f"{self._directory}/{name}.json"
        self._source = self._path
        if check:
            self._path = f"{self._directory}/.{name}.{_CHECK}.json"
        self._check = check
        self._owner = owner
        self._files = Files()

    @property
    def path(self) -> str:
        """Where the file is."""
        return self._path

    def open(self) -> Rollout:
        """Begin a run. Raises `HostError` when another one works on this rollout."""
        with self._exclusive():
            rollout = self._read(self._source) or Rollout()
            if rollout.owner and rollout.owner != self._owner and self._runs(rollout.owner):
                raise HostError(
                    f"Another run (process {rollout.owner['pid']} on {rollout.owner['host']}) works on {self._source}",
                    "Wait for it to end, or give this rollout another name; if there is no such process any more, "
                    "remove the entry owner from that file",
                )
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            begun = Rollout(self._owner, f"{now} {self._owner['pid']}", hosts=rollout.hosts)
            self._write(begun)
            return begun

    @contextlib.contextmanager
    def changed(self) -> Iterator[Rollout]:
        """Give the rollout, and keep what was made of it. Raises `HostError` unless this run began it."""
        with self._exclusive():
            rollout = self._read(self._path)
            if rollout is None or rollout.owner != self._owner:
                raise HostError(
                    f"No rollout of this run is in {self._path}", "Run the playbook hardened.librespot.update"
                )
            yield rollout
            self._write(rollout)

    def close(self) -> Rollout:
        """End the run, and return the rollout."""
        with self.changed() as rollout:
            rollout.owner, rollout.seen = {}, {}
        if self._check:
            self._files.remove(self._path)
        return rollout

    def _runs(self, owner: dict[str, str]) -> bool:
        # Of another machine nothing can be told.
        return owner["host"] != self._owner["host"] or process(int(owner["pid"])) == owner

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(f"{self._directory}/.lock", flags, 0o600)
        except OSError as error:
            raise HostError(
                f"{error.filename}: {error.strerror}", "Give a directory of the controller that can be written to"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _read(self, path: str) -> Rollout | None:
        entry = self._files.read(path)
        if entry is None:
            return None
        try:
            return _rollout(json.loads(entry.content))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise HostError(
                f"{path} is not a rollout's file: {why(error)}",
                "Move it away; hosts that were left between two releases are not known then",
            ) from error

    def _write(self, rollout: Rollout) -> None:
        text = json.dumps(_data(rollout), indent=1, ensure_ascii=True) + "\n"
        self._files.write(self._path, text.encode(), 0o600, os.geteuid(), os.getegid())


def _data(rollout: Rollout) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "owner": rollout.owner,
        "run": rollout.run,
        "order": rollout.order,
        "closed": rollout.closed,
        "gone": rollout.gone,
        "report": rollout.report,
        "hosts": {name: as_data(item) for name, item in rollout.hosts.items()},
        "seen": {name: as_data(item) for name, item in rollout.seen.items()},
    }


def _rollout(data: dict[str, Any]) -> Rollout:
    if data["format"] != _FORMAT:
        raise ValueError(f"format {data['format']}")
    return Rollout(
        owner=dict(data["owner"]),
        run=str(data["run"]),
        order=list(data["order"]),
        closed=dict(data["closed"]),
        gone=list(data["gone"]),
        report=str(data["report"]),
        hosts={name: host_state(item) for name, item in data["hosts"].items()},
        seen={name: looked(item) for name, item in data["seen"].items()},
    )
