# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that audit themselves, with a real librespot."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.scheduled_audit.speaker import TEXTFILES, Speaker
from tests.support.hosts import fresh
from tests.support.plays import Controller, built

TABLE: list[str] = []
"""What was measured, for the end of the output."""

LOGIN = "a-login-that-is-nowhere-else"
ZONES = {"home": {"networks": ["192.0.2.0/24", "2001:db8::/64"]}, "guests": {"grants": True, "max_ttl": "1h"}}
INSTANCES = [
    {"name": "kitchen", "access": ["home", "guests"], "limits": {"memory": "128M", "cpu": "50%"}},
    {"name": "bedroom", "access": ["home"], "port": 37880, "relaxations": {"disk": "it remembers the volume"}},
    {
        "name": "studio",
        "port": 37881,
        "access": ["home"],
        "segment": {"parent": "trunk", "addresses": ["192.168.20.5/24"], "gateways": ["192.168.20.1"]},
    },
]


@pytest.fixture(scope="session")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    """Return a host with three speakers: as a service, one that may write, and one with a segment of its own."""
    with fresh("hardened-librespot-scheduled-audit") as host:
        controller = Controller(host, tmp_path_factory.mktemp("scheduled"))
        host.out("ip", "link", "add", "trunk", "up", "type", "veth", "peer", "name", "cable")
        host.out("ip", "link", "set", "cable", "up")
        host.out("mkdir", "-p", TEXTFILES)
        variables = {
            "artifact": built(controller),
            "librespot_instances": INSTANCES,
            "librespot_zones": ZONES,
            "librespot_credentials": {"kitchen": json.dumps({"login": LOGIN})},
        }
        made = Speaker(host, controller, variables)
        made.converge()
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    if TABLE:
        terminalreporter.section("the scheduled audit")
        for line in TABLE:
            terminalreporter.write_line(line)
