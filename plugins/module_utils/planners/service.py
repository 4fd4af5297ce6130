# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running service of an instance: enabled, started, and started with what is on disk now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from ..host.files import FILE, Files
from ..host.liveness import addresses, alive
from ..host.namespaces import inside
from ..host.proc import Process
from ..host.sockets import BoundSocket
from ..host.systemd import Systemd
from ..model.bind import ADDRESS
from ..model.errors import HostError
from ..model.facts import Facts
from ..model.instance import Instance
from ..model.plan import Plan, State
from ..render.options import credentials_directory
from ..render.unit import GENERATION, UNITS, bind_unit, credentials_path
from . import live
from .base import HOST, Planner
from .overrides import listed, paths
from .overrides import overrides as made_for

_PROPERTIES = (
    "NeedDaemonReload",
    "FragmentPath",
    "UnitFileState",
    "ActiveState",
    "DropInPaths",
)
PATIENCE = 15.0
"""Seconds that a started instance has to answer. A Raspberry Pi Zero needs about five."""

DWELL = 4.0
"""Seconds that an instance which cannot be asked has to stay up. A login that is worth nothing ends it within two."""


class ServicePlanner(Planner):
    """*generation* and *binary* are what the running process shall have been started with; *sockets* tells the host's.

    Both are read from the process itself, not from the files, and so are its rights, its mounts and its limits: a run
    that is killed between writing and restarting is completed by the next one, and a process that was started with
    other settings which were then put back is found and restarted.
    """

    def __init__(
        self,
        systemd: Systemd,
        files: Files,
        instance: Instance,
        facts: Facts,
        generation: str,
        binary: str,
        sockets: Callable[[], Sequence[BoundSocket]] = tuple,
    ) -> None:
        super().__init__(f"service {instance.unit}", instance.name)
        self._systemd = systemd
        self._files = files
        self._instance = instance
        self._facts = facts
        self._generation = generation
        self._binary = binary
        self._sockets = sockets
        self._timer = f"librespot-{instance.name}-watchdog.timer"
        self._watchdog = f"librespot-{instance.name}-watchdog.service"
        self._binding = bind_unit(instance.name)
        self._names = (instance.unit, self._timer, self._watchdog, self._binding)
        self.units = self._names

    def wanted(self) -> State:
        """Return the service as it shall be."""
        if not self._instance.present:
            return {"state": "inactive", "boot": "disabled"}
        return {
            "loaded": "as on disk",
            "overrides": "",
            "boot": "enabled",
            "watchdog": "active, enabled",
            "state": "active",
            "generation": self._generation,
            "binary": self._binary,
            "credentials": "as given" if self._instance.credentials else "none",
            "process": "as described",
        }

    def found(self) -> State:
        """Return what systemd and the process itself say."""
        shown = self._systemd.show(self._instance.unit, _PROPERTIES)
        timer = self._systemd.show(self._timer, _PROPERTIES)
        if not self._instance.present:
            active = shown["ActiveState"] not in ("inactive", "failed") or timer["ActiveState"] == "active"
            enabled = "enabled" in (shown["UnitFileState"], timer["UnitFileState"])
            return {"state": "active" if active else "inactive", "boot": "enabled" if enabled else "disabled"}
        watchdog = self._systemd.show(self._watchdog, _PROPERTIES)
        binding = self._systemd.show(self._binding, _PROPERTIES)
        units = (shown, timer, watchdog, binding)
        fresh = all(self._fresh(name, item) for name, item in zip(self._names, units))
        overrides = [path for item in units for path in made_for(item)]
        state = {
            "loaded": "as on disk" if fresh else "not as on disk",
            "overrides": listed(sorted(set(overrides))),
            "boot": shown["UnitFileState"] or "disabled",
            "watchdog": f"{timer['ActiveState']}, {timer['UnitFileState'] or 'disabled'}",
            "state": shown["ActiveState"],
            "generation": "(not running)",
            "binary": "(not running)",
            "credentials": "none",
            "process": "(not running)",
        }
        running = live.running(self._instance)
        if running:
            state.update(self._process(running))
        return state

    def _process(self, running: Sequence[Process]) -> State:
        main = running[0]
        wrong = live.wrong(running, self._instance, self._facts)
        if self._facts.binds:
            wrong += live.wrong_ties(self._sockets(), running, self._instance)
        return {
            "generation": main.environment.get(GENERATION, "unknown"),
            "binary": main.executable,
            "credentials": self._loaded_credentials(main.pid),
            "process": "; ".join(wrong) or "as described",
        }

    def _loaded_credentials(self, pid: int) -> str:
        """Compare what the process can read with what is on disk; their contents stay here."""
        given = self._files.read(credentials_path(self._instance.name))
        inside = Files(f"/proc/{pid}/root").read(f"{credentials_directory(self._instance)}/credentials.json")
        if inside is None or inside.kind != FILE:
            return "none"
        return "as given" if given is not None and given.content == inside.content else "others"

    def _fresh(self, unit: str, shown: Mapping[str, str]) -> bool:
        """Say whether systemd has *unit* as on disk; one that is not there is loaded when it is first asked for."""
        if not shown["FragmentPath"]:
            return self._files.read(f"{UNITS}/{unit}", content=False) is None
        return shown["NeedDaemonReload"] == "no"

    def apply(self, plan: Plan) -> None:
        """Reload, enable, restart or stop, as far as *plan* says."""
        unit = self._instance.unit
        if not self._instance.present:
            self._systemd.stop([self._timer, self._watchdog, unit, self._binding])
            if plan.before["boot"] == "enabled":
                self._systemd.disable([self._timer, unit])
            return
        if any(plan.before[name] != plan.after[name] for name in ("loaded", "overrides")):
            self._reload(paths(plan.before["overrides"]))
        if plan.before["boot"] != plan.after["boot"] or not plan.before["watchdog"].endswith(", enabled"):
            self._systemd.enable([unit, self._timer])
        causes = ("overrides", "state", "generation", "binary", "credentials", "process")
        if any(plan.before[name] != plan.after[name] for name in causes):
            self._systemd.restart([unit])
            self._wait()
        else:
            # What happened while nothing watched is put right now, not at the timer's first turn.
            self._systemd.start([self._timer, self._watchdog])

    def _reload(self, overrides: Sequence[str]) -> None:
        """Remove *overrides* and reload; once it has read all again, systemd may know of more that lay in wait."""
        removed: set[str] = set()
        while True:
            for path in overrides:
                self._files.remove(path)
            removed.update(overrides)
            self._systemd.daemon_reload()
            shown = [self._systemd.show(name, _PROPERTIES) for name in self._names]
            found = {path for item in shown for path in made_for(item)}
            overrides = sorted(found - removed)
            if not overrides:
                return

    def _wait(self) -> None:
        """Wait until the instance answers; without discovery, until it has stayed up for a moment."""
        unit, deadline = self._instance.unit, time.monotonic() + PATIENCE
        item = self._instance
        only = item.bind.value if item.bind.kind == ADDRESS else ""
        process, since = "", 0.0
        while time.monotonic() < deadline:
            with inside(item.namespace):
                asked = item.discovery and (not item.interface or bool(addresses(item.interface, only)))
                answered = asked and alive(unit, item.port, item.interface, only)
            if asked:
                if answered:
                    return
            else:
                # There is nothing to ask: one that fails at once and is started again would look active, too.
                shown = self._systemd.show(unit, ["ActiveState", "MainPID"])
                seen = shown["MainPID"] if shown["ActiveState"] == "active" else ""
                if seen != process:
                    process, since = seen, time.monotonic()
                elif seen and time.monotonic() - since >= DWELL:
                    return
            time.sleep(0.2)
        said = self._systemd.journal(unit).replace("\n", " / ")
        failed = "does not answer" if item.discovery else "does not stay up"
        raise HostError(
            f"{unit} {failed} {PATIENCE:g} s after its start; its last lines: {said or 'none'}",
            f"Mend what it says, or go back: hardened.librespot.rollback. More on the host: journalctl --unit {unit}",
        )


class StoppedPlanner(Planner):
    """A unit that shall not be active."""

    def __init__(self, systemd: Systemd, unit: str) -> None:
        super().__init__(f"unit {unit}")
        self._systemd = systemd
        self._unit = unit
        self.units = (unit,)

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


class ForgottenPlanner(Planner):
    """Units that go: systemd shall have none of them loaded, nor remember that they failed.

    It stands before what removes their files: what is stopped and has none, systemd forgets by itself, and nobody can
    predict when.
    """

    def __init__(self, systemd: Systemd, whom: str, units: Sequence[str], scope: str = HOST) -> None:
        super().__init__(f"systemd's memory of {whom}", scope)
        self._systemd = systemd
        self.units = tuple(units)

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return that there are units which are loaded or failed; which ones, depends on who has asked for them."""
        shown = [self._systemd.show(unit, ["LoadState", "ActiveState"]) for unit in self.units]
        remembered = any(item["LoadState"] != "not-found" or item["ActiveState"] == "failed" for item in shown)
        return {"units": "remembered"} if remembered else {}

    def apply(self, plan: Plan) -> None:
        """Let systemd forget them."""
        if plan.changed:
            self._systemd.daemon_reload()
        self._systemd.forget_failures(self.units)
