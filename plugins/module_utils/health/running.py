# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs an instance at this moment: the process of its service or container, and how often it was started."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass, replace
from typing import Protocol

from ..host.engines import AnyEngine
from ..host.systemd import Systemd
from ..model.artifact import BINARY
from ..model.container import container_name
from ..model.image import ARTIFACT_LABEL
from ..model.instance import Instance
from ..model.layout import RELEASES

_BY_ITSELF = "auto-restart"
_PROPERTIES = ("ActiveState", "SubState", "MainPID", "NRestarts", "InvocationID", "Job")


@dataclass(frozen=True)
class Run:
    """One run of an instance. *pid* is 0 when there is no process; *state* says for people how it is.

    Two with the same *identity* are the same run. *counted* is how often its manager says that it has started it anew.
    *started* is whether something has started it, and *told* whether its manager starts or stops it at somebody's word.
    *image* is that of its container, *artifact* what its program is of.
    """

    pid: int
    state: str
    identity: tuple[str, ...] = ()
    counted: int = 0
    started: bool = False
    told: bool = False
    image: str = ""
    artifact: str = ""


class Looking(Protocol):
    """Looks at what runs instances."""

    def run(self, instance: Instance) -> Run:
        """Return the run of *instance*."""

    def log(self, instance: Instance) -> str:
        """Return the last lines that it said."""

    def reading(self, instance: Instance) -> str:
        """Return the command by which a person reads more of them."""


class Services:
    """Instances that are services."""

    def __init__(self, systemd: Systemd) -> None:
        self._systemd = systemd

    def run(self, instance: Instance) -> Run:
        """Return the run of the unit of *instance*, as systemd counts it."""
        shown = self._systemd.show(instance.unit, _PROPERTIES)
        state, counted = shown["ActiveState"], int(shown["NRestarts"])
        pid = int(shown["MainPID"]) if state == "active" else 0
        # While it waits for what comes before it, as the unit that binds it, it is as inactive as one that is stopped.
        asked = bool(shown.get("Job"))
        return Run(
            pid,
            f"{state} ({shown['SubState']})",
            # Whoever starts it by hand sets the count back.
            (shown["InvocationID"], shown["MainPID"], shown["NRestarts"]),
            counted,
            state != "inactive" or asked,
            # The watchdog's word as well; what has ended by itself is in an automatic restart.
            (asked or state in ("activating", "deactivating")) and not shown["SubState"].startswith(_BY_ITSELF),
            artifact=_release_of(pid),
        )

    def log(self, instance: Instance) -> str:
        """Return what it told the journal."""
        return self._systemd.journal(instance.unit)

    def reading(self, instance: Instance) -> str:
        """Return how to ask the journal."""
        return f"journalctl --unit {instance.unit} --lines 50"


def _release_of(pid: int) -> str:
    """Return the release of which the program of *pid* is; empty when it is of none, or has ended."""
    with contextlib.suppress(OSError):
        path = os.readlink(f"/proc/{pid}/exe") if pid else ""
        name = path[len(RELEASES) + 1 :].partition("/")[0]
        return name if path == f"{RELEASES}/{name}/{BINARY}" else ""
    return ""


class Containers:
    """Instances in containers."""

    def __init__(self, engine: AnyEngine) -> None:
        self._engine = engine

    def run(self, instance: Instance) -> Run:
        """Return the run of the container of *instance*, as its engine describes it."""
        there = self._engine.container(container_name(instance.name))
        if there is None:
            return Run(0, "there is no container")
        state, counted = there["State"], int(there.get("RestartCount") or 0)
        status = str(state["Status"])
        return Run(
            int(state["Pid"]) if status == "running" else 0,
            status,
            (str(there["Id"]), str(state["StartedAt"]), str(state["Pid"]), str(counted)),
            counted,
            # One whose end brings it back is said to be restarting, or running.
            status not in ("created", "exited", "dead"),
            image=str(there["Image"]),
            artifact=str((there["Config"].get("Labels") or {}).get(ARTIFACT_LABEL, "")),
        )

    def log(self, instance: Instance) -> str:
        """Return what its engine has kept of its output."""
        return self._engine.log(container_name(instance.name), 5)

    def reading(self, instance: Instance) -> str:
        """Return how to ask its engine."""
        return self._engine.reading.format(name=container_name(instance.name))


class Quadlets(Containers):
    """Those of Podman: it has no container between two runs, and its service counts them."""

    def __init__(self, engine: AnyEngine, systemd: Systemd) -> None:
        super().__init__(engine)
        self._systemd = systemd

    def run(self, instance: Instance) -> Run:
        """Return the run of the container, as its service counts it."""
        found = super().run(instance)
        shown = self._systemd.show(f"{container_name(instance.name)}.service", _PROPERTIES)
        started = shown["ActiveState"] != "inactive" or bool(shown.get("Job"))
        return replace(found, counted=int(shown["NRestarts"]), started=started)


def digest(run: Run) -> str:
    """Return the SHA-256 of the program of *run*. Raises `OSError` when it has ended."""
    with open(f"/proc/{run.pid}/exe", "rb") as handle:
        return hashlib.sha256(handle.read()).hexdigest()
