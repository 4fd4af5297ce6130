# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running service of an instance: enabled, started, and started with what is on disk now."""

from __future__ import annotations

import time

from ..host.files import FILE, Files
from ..host.liveness import get_info
from ..host.proc import process
from ..host.systemd import Systemd
from ..model.errors import HostError
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.options import credentials_directory
from ..render.unit import GENERATION, UNITS
from .base import Planner

_PROPERTIES = (
    "LoadState",
    "NeedDaemonReload",
    "FragmentPath",
    "UnitFileState",
    "ActiveState",
    "MainPID",
    "DropInPaths",
)
PATIENCE = 15.0
"""Seconds that a started instance has to answer. A Raspberry Pi Zero needs about five."""


class ServicePlanner(Planner):
    """*generation* and *binary* are what the running process shall have been started with.

    Both are read from the process itself, not from the files: a run that is killed between writing and restarting is
    completed by the next one.
    """

    def __init__(self, systemd: Systemd, files: Files, instance: Instance, generation: str, binary: str) -> None:
        super().__init__(f"service {instance.unit}", instance.name)
        self._systemd = systemd
        self._files = files
        self._instance = instance
        self._generation = generation
        self._binary = binary
        self._timer = f"librespot-{instance.name}-watchdog.timer"

    def wanted(self) -> State:
        """Return the service as it shall be."""
        if not self._instance.present:
            return {"state": "inactive", "boot": "disabled"}
        return {
            "loaded": "as on disk",
            "drop-ins": "",
            "boot": "enabled",
            "watchdog": "active, enabled",
            "state": "active",
            "generation": self._generation,
            "binary": self._binary,
            "credentials": "as given" if self._instance.credentials else "none",
        }

    def found(self) -> State:
        """Return what systemd and the process itself say."""
        shown = self._systemd.show(self._instance.unit, _PROPERTIES)
        timer = self._systemd.show(self._timer, _PROPERTIES)
        if not self._instance.present:
            active = shown["ActiveState"] not in ("inactive", "failed") or timer["ActiveState"] == "active"
            enabled = "enabled" in (shown["UnitFileState"], timer["UnitFileState"])
            return {"state": "active" if active else "inactive", "boot": "enabled" if enabled else "disabled"}
        expected = {f"{UNITS}/{self._instance.unit}", f"{UNITS}/{self._timer}"}
        fresh = {shown["FragmentPath"], timer["FragmentPath"]} == expected
        fresh = fresh and shown["NeedDaemonReload"] == timer["NeedDaemonReload"] == "no"
        state = {
            "loaded": "as on disk" if fresh else "not as on disk",
            "drop-ins": " ".join(path for path in shown["DropInPaths"].split() if "/librespot-" in path),
            "boot": shown["UnitFileState"] or "disabled",
            "watchdog": f"{timer['ActiveState']}, {timer['UnitFileState'] or 'disabled'}",
            "state": shown["ActiveState"],
            "generation": "(not running)",
            "binary": "(not running)",
            "credentials": "none",
        }
        running = process(int(shown["MainPID"])) if shown["MainPID"] != "0" else None
        if running is not None:
            state["generation"] = running.environment.get(GENERATION, "unknown")
            state["binary"] = running.executable
            state["credentials"] = self._loaded_credentials(running.pid)
        return state

    def _loaded_credentials(self, pid: int) -> str:
        """Compare what the process can read with what is on disk; their contents stay here."""
        given = self._files.read(f"/etc/librespot/credentials/{self._instance.name}.json")
        inside = Files(f"/proc/{pid}/root").read(f"{credentials_directory(self._instance)}/credentials.json")
        if inside is None or inside.kind != FILE:
            return "none"
        return "as given" if given is not None and given.content == inside.content else "others"

    def apply(self, plan: Plan) -> None:
        """Reload, enable, restart or stop, as far as *plan* says."""
        unit = self._instance.unit
        if not self._instance.present:
            self._systemd.stop([self._timer, unit])
            if plan.before["boot"] == "enabled":
                self._systemd.disable([self._timer, unit])
            return
        reload = plan.before["loaded"] != plan.after["loaded"] or plan.before["drop-ins"] != plan.after["drop-ins"]
        if reload:
            self._systemd.daemon_reload()
        if plan.before["boot"] != plan.after["boot"] or not plan.before["watchdog"].endswith(", enabled"):
            self._systemd.enable([unit, self._timer])
        causes = ("drop-ins", "state", "generation", "binary", "credentials")
        if any(plan.before[name] != plan.after[name] for name in causes):
            self._systemd.restart([unit])
            self._wait()
        elif not plan.before["watchdog"].startswith("active"):
            self._systemd.start([self._timer])

    def _wait(self) -> None:
        """Wait until the instance answers; without discovery, until it has stayed up for a moment."""
        unit, deadline = self._instance.unit, time.monotonic() + PATIENCE
        problem = "it is not up"
        while time.monotonic() < deadline:
            if self._instance.discovery:
                try:
                    get_info("127.0.0.1", self._instance.port)
                    return
                except (OSError, ValueError) as error:
                    problem = str(error)
            elif self._systemd.show(unit, ["ActiveState"])["ActiveState"] == "active":
                return
            time.sleep(0.2)
        said = self._systemd.journal(unit).replace("\n", " / ")
        raise HostError(
            f"{unit} does not answer {PATIENCE:g} s after its start ({problem}); its last lines: {said or 'none'}",
            f"Mend what it says, or go back with playbooks/rollback.yml; more on the host: journalctl --unit {unit}",
        )


class StoppedPlanner(Planner):
    """A unit that shall not be active."""

    def __init__(self, systemd: Systemd, unit: str) -> None:
        super().__init__(f"unit {unit}")
        self._systemd = systemd
        self._unit = unit

    def wanted(self) -> State:
        """Return the service as it shall be."""
        return {"state": "inactive"}

    def found(self) -> State:
        """Return what systemd and the process itself say."""
        active = self._systemd.show(self._unit, ["ActiveState"])["ActiveState"]
        return {"state": "inactive" if active in ("inactive", "failed") else active}

    def apply(self, plan: Plan) -> None:
        """Reload, enable, restart or stop, as far as *plan* says."""
        if plan.changed:
            self._systemd.stop([self._unit])
