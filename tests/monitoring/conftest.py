# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with a speaker, the monitor, and Debian's node_exporter."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.code import install
from tests.support.hosts import Host, State, fresh
from tests.support.plays import Controller, Run, activate, built

SERVICE = "hardened-librespot-monitor.service"
METRICS = "/var/lib/hardened-librespot-monitor/librespot.prom"
TEXTFILES = "/var/lib/prometheus/node-exporter"
UNIT = "librespot-kitchen.service"
INTERVAL = 2
"""Seconds between two looks: a user's are five apart."""

ZONES: dict[str, Any] = {"home": {"networks": ["172.16.0.0/12"]}, "guests": {"grants": True, "max_ttl": "1h"}}
SPECIFICATION: dict[str, Any] = {"instances": [{"name": "kitchen", "access": ["home", "guests"]}], "zones": ZONES}

Series = dict[str, float]
"""Values by the name of a metric and its labels, as ``name{a="b"}``."""

_SCRAPE = """
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9100/metrics", timeout=10).read().decode())
"""
_CODE, _AUDITOR = "/root/monitoring.zip", "/root/monitoring-auditor.py"


def series(text: str) -> Series:
    """Return the samples in a file for node_exporter's textfile collector."""
    found = {}
    for family in text_string_to_metric_families(text):
        for item in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(item.labels.items()))
            found[f"{item.name}{{{labels}}}" if labels else item.name] = item.value
    return found


@dataclass
class Monitored:
    """The host, and what it had of ours before it was monitored."""

    host: Host
    controller: Controller
    before: State
    options: dict[str, Any] = field(default_factory=lambda: {**SPECIFICATION, "interval": INTERVAL, "exporter": True})

    def monitor(self, *options: str, **changed: Any) -> Run:
        """Run the module, and return the run."""
        arguments = _normal({**self.options, **changed})
        return self.controller.run(self.controller.playbook({"hardened.librespot.monitoring": arguments}), {}, options)

    def grant(self, ttl: str) -> None:
        """Let an address in for a while."""
        asked = {"zone": "guests", "address": "10.9.8.7", "ttl": ttl}
        self.controller.converge(self.controller.playbook({"hardened.librespot.grant": asked}), {})

    def file(self) -> Series:
        """Return what the monitor has written."""
        return series(self.host.out("cat", METRICS))

    def scraped(self) -> Series:
        """Return what node_exporter tells."""
        return series(self.host.out("python3", "-c", _SCRAPE))

    def wait(self, right: Callable[[Series], bool], within_s: float = 90) -> tuple[Series, float]:
        """Wait until what node_exporter tells is *right*; return it, and how long that took.

        That is seconds on a machine with nothing else to do, and much longer on one that runs other tests.
        """
        begun = time.monotonic()
        while True:
            found = self.scraped()
            if right(found):
                return found, time.monotonic() - begun
            told = {name: value for name, value in found.items() if name.startswith("librespot_")}
            assert time.monotonic() - begun < within_s, f"not within {within_s} s: {told}\n{self.said()}"
            time.sleep(0.25)

    def restarts(self) -> int:
        """Return how often systemd has started the instance again by itself."""
        return int(self.host.out("systemctl", "show", "--property=NRestarts", "--value", UNIT))

    def said(self) -> str:
        """Return what the monitor has said."""
        return self.host.out("journalctl", "--unit", SERVICE, "--no-pager", "--output=cat", "--lines=20")

    def audited(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        """Return status and observation of each finding."""
        given = {**SPECIFICATION, "version": "0.8.0", "interval": INTERVAL}
        argv = ["env", f"PYTHONPATH={_CODE}", "python3", _AUDITOR]
        found = json.loads(self.host.out(*argv, text=json.dumps(given)))
        return {(item["id"], item["check"], item["scope"]): (item["status"], item["observed"]) for item in found}

    def red(self) -> dict[tuple[str, str, str], str]:
        """Return what was observed of each red finding."""
        return {key: seen for key, (status, seen) in self.audited().items() if status in ("failed", "error")}


def _normal(arguments: dict[str, Any]) -> dict[str, Any]:
    zones = f"{{{{ {json.dumps(arguments['zones'])} | hardened.librespot.zones }}}}"
    return {**arguments, "zones": zones}


@pytest.fixture(scope="session", params=["debian13", "debian12"])
def monitored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    """Return a host with a speaker that plays nothing, and no monitor yet."""
    with fresh(f"hardened-librespot-monitoring-{request.param}", request.param) as host:
        controller = Controller(host, tmp_path_factory.mktemp("monitoring"))
        activate(controller, built(controller))
        arguments = _normal(SPECIFICATION)
        modules = ("firewall", "settings", "unit")
        controller.converge(controller.playbook(*({f"hardened.librespot.{x}": arguments} for x in modules)), {})
        install(host, _CODE)
        host.put(Path(__file__).with_name("auditor.py"), _AUDITOR)
        yield Monitored(host, controller, host.snapshot())


REPORT: list[str] = []


@pytest.fixture(scope="session")
def report() -> list[str]:
    """Return the lines that are printed after the tests."""
    return REPORT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how soon things were told, and what monitoring costs."""
    terminalreporter.section("monitoring")
    for line in REPORT:
        terminalreporter.write_line(line)
