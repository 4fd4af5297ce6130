# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that audits itself: what it wrote, and what it told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.hosts import Host
from tests.support.plays import Controller, Run

HERE = Path(__file__).resolve().parent
NAME = "hardened-librespot-audit"
SERVICE, TIMER = f"{NAME}.service", f"{NAME}.timer"
DIRECTORY = f"/var/lib/{NAME}"
PROGRAM = "/opt/librespot/libexec/audit.pyz"
DESCRIPTION = "/etc/librespot/audit.json"
TEXTFILES = "/srv/textfiles"
LINK = f"{TEXTFILES}/librespot-audit.prom"
LOCK = "/run/hardened-librespot.lock"

RARELY: dict[str, Any] = {"calendar": "yearly", "random_delay": 0}
"""No run but those that a test starts."""

Key = tuple[str, str, str]
"""Control, check and scope of a finding."""


def keys(text: str) -> set[Key]:
    """Return the keys in a text such as ``CFG-06 drift host, NET-03 table host``."""
    found = set()
    for part in filter(None, map(str.strip, text.split(","))):
        control, *check, scope = part.split()
        found.add((control, " ".join(check), scope))
    return found


@dataclass
class Speaker:
    """The *host*, deployed with *variables* by *converge_by*."""

    host: Host
    controller: Controller
    variables: Mapping[str, Any]
    converge_by: Path = HERE / "converge.yml"
    timer: dict[str, Any] = field(default_factory=lambda: dict(RARELY))

    def converge(self, *options: str, **more: Any) -> Run:
        """Deploy, which must succeed."""
        return self.controller.converge(self.converge_by, self._wanted(more), options)

    def audit(self, **more: Any) -> dict[Key, dict[str, Any]]:
        """Audit by a playbook, and return its findings."""
        said = self.controller.directory / "audit.json"
        asked = {
            **self._wanted(more),
            "librespot_audit_path": str(said),
            "librespot_audit_fail": False,
            "librespot_audit_show": "problems",
        }
        self.controller.converge(HERE / "audit.yml", asked)
        (found,) = json.loads(said.read_text(encoding="utf-8"))["hosts"].values()
        return {(item["id"], item["check"], item["scope"]): item for item in found["findings"]}

    def _wanted(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **self.variables,
            "librespot_monitoring_timer": self.timer,
            "librespot_monitoring_textfile_directory": TEXTFILES,
            "librespot_monitored": True,
            **more,
        }

    def settle(self) -> None:
        """Let it be a while since a playbook ran, for which the audit waits else."""
        self.host.out("touch", "-d", "2 minutes ago", LOCK)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Hold the lock as a playbook does: the timer may be due, as two minutes after it was set up."""
        with self.host.start("flock", LOCK, "sh", "-c", "echo held; cat") as module:
            assert module.stdin
            assert module.stdout
            assert module.stdout.readline() == "held\n"
            try:
                yield
            finally:
                module.stdin.close()
                module.wait(timeout=60)

    def run(self) -> str:
        """Run the scheduled audit now, and return its result and its status."""
        self.settle()
        # systemd refuses more than five starts in ten seconds, which tests are quick enough for.
        self.host.run("systemctl", "reset-failed", SERVICE)
        self.host.run("systemctl", "start", SERVICE, timeout=300)
        shown = self.host.out("systemctl", "show", "--property=Result,ExecMainStatus", SERVICE)
        return " ".join(sorted(line.partition("=")[2] for line in shown.splitlines()))

    def told(self, since: str, priority: str = "debug") -> list[str]:
        """Return what the audit told the journal since a time of the host's clock, of this *priority* or a higher."""
        self.host.out("journalctl", "--sync")
        asked = [f"--unit={SERVICE}", f"--since=@{since}", f"--priority={priority}", "--output=cat", "--no-pager"]
        # Not by _COMM: of a process that ends right after it has spoken, journald cannot read it any more.
        said = self.host.out("journalctl", *asked, "--identifier=python3")
        return [line for line in said.splitlines() if line]

    def now(self) -> str:
        """Return the host's time."""
        return self.host.out("date", "+%s.%N").strip()

    def text(self, name: str = "report.json") -> str:
        """Return a file that the audit keeps; empty when there is none."""
        return self.host.run("cat", f"{DIRECTORY}/{name}").stdout

    def report(self) -> dict[str, Any]:
        """Return the last report."""
        found: dict[str, Any] = json.loads(self.text())
        return found

    def findings(self) -> dict[Key, dict[str, Any]]:
        """Return the findings of the last report."""
        return {(item["id"], item["check"], item["scope"]): item for item in self.report()["findings"]}

    def red(self) -> set[Key]:
        """Return what is red by the last report."""
        return {key for key, item in self.findings().items() if item["status"] in ("failed", "error")}

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Return what a collector of metrics reads of the audit: values by name and labels."""
        families = text_string_to_metric_families(self.host.out("cat", LINK))
        return {
            (sample.name.removeprefix("librespot_audit_"), *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }

    def until(self, done: Callable[[], object], seconds: float, what: str) -> float:
        """Wait until *done* is true and return the seconds that it took; fail after *seconds*."""
        start = time.monotonic()
        while not done():
            assert time.monotonic() - start < seconds, f"not within {seconds:g} s: {what}"
            time.sleep(0.5)
        return time.monotonic() - start
