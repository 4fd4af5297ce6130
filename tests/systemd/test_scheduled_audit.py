# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit that a host runs by itself sees what the one of a playbook sees. Here nothing is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import Host
from tests.support.plays import Controller

SERVICE = "hardened-librespot-audit.service"
ASKED = {"instances": [{"name": "kitchen", "port": 37900}], "timer": {"calendar": "yearly"}}
BESIDE = {"audited": True, "monitored": True, "monitoring": {"textfile_directory": ""}}
RED = 3


@pytest.fixture
def controller(container: str, tmp_path: Path) -> Iterator[Controller]:
    """Return what runs modules on the host, on which nothing of this is left afterwards."""
    made = Controller(Host(container), tmp_path)
    yield made
    made.converge(made.playbook({"hardened.librespot.monitoring": {"state": "absent"}}), {})
    left = made.host.out("sh", "-c", "ls /etc/systemd/system /opt/librespot /var/lib").split()
    assert not [name for name in left if name.startswith(("hardened-librespot-audit", "libexec"))]


def test_it_finds_the_same(controller: Controller, tmp_path: Path) -> None:
    said, host = tmp_path / "said.json", controller.host
    playbook = controller.playbook(
        {"hardened.librespot.monitoring": {**ASKED, "textfile_directory": ""}},
        # Nothing has run for a while.
        {"ansible.builtin.command": {"argv": ["touch", "-d", "2 minutes ago", "/run/hardened-librespot.lock"]}},
        {"ansible.builtin.command": {"argv": ["systemctl", "start", SERVICE]}},
        {"hardened.librespot.audit": {**ASKED, **BESIDE}, "register": "found"},
        {
            "ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(said), "mode": "0600"},
            "delegate_to": "localhost",
        },
    )
    controller.converge(playbook, {})
    by_playbook = {_key(item): item["status"] for item in json.loads(said.read_text(encoding="utf-8"))["findings"]}
    report = json.loads(host.out("cat", "/var/lib/hardened-librespot-audit/report.json"))
    assert {_key(item): item["status"] for item in report["findings"]} == by_playbook
    assert by_playbook["CFG-06", "scheduled", "host"] == by_playbook["NET-06", "reviewed", "host"] == "passed"
    status = host.out("systemctl", "show", "--value", "--property=ExecMainStatus", SERVICE)
    assert int(status) == RED


def _key(item: dict[str, Any]) -> tuple[str, str, str]:
    return item["id"], item["check"], item["scope"]
