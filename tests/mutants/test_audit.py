# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit as a whole: it changes nothing, says the same of the same, and takes what it did not see for red."""

from __future__ import annotations

import json
from typing import Any

from tests.mutants.world import HERE, KITCHEN, LOGIN, Findings, World, key, red

LOOKED_AT = "/etc /opt /var/lib/hardened-librespot /var/lib/librespot /root"
SNAPSHOT = f"""
find {LOOKED_AT} -printf '%p %y %m %U:%G %T@ %C@ %s %l\\n' 2>/dev/null | sort
find {LOOKED_AT} -type f -exec sha256sum {{}} + 2>/dev/null | sort
systemctl list-units --all --plain --no-legend 'librespot*' | grep -v watchdog | awk '{{ print $1, $2, $3, $4 }}'
systemctl list-units --all --plain --no-legend 'run-*'
getent passwd
"""


def test_it_changes_nothing_on_the_host(world: World, healthy: Findings) -> None:
    before = world.host.out("sh", "-c", SNAPSHOT)
    world.audit(live=True)
    assert world.host.out("sh", "-c", SNAPSHOT) == before
    assert len(before.splitlines()) > 500
    assert red(healthy) == {}


def test_it_says_the_same_of_the_same(world: World, healthy: Findings) -> None:
    assert world.audit() == healthy


def test_passive_is_a_part_of_live(world: World, healthy: Findings) -> None:
    passive = world.audit(live=False)
    assert {key(item) for item in passive} < {key(item) for item in healthy}
    assert [item for item in healthy if key(item) in {key(one) for one in passive}] == passive


def test_discovery_that_shall_be_off_is_an_open_port(world: World) -> None:
    wanted = world.specification()
    wanted["instances"] = [{**KITCHEN, "access": [], "bind": {"discovery": False}}, *wanted["instances"][1:]]
    # Without discovery there is no other way to log in.
    wanted["credentials"] = {"kitchen": json.dumps({"auth_type": 1, "auth_data": "bm93aGVyZQ=="})}
    assert set(red(world.audit(wanted))) == {
        ("CFG-01", "options", "kitchen"),
        ("CFG-06", "drift", "host"),
        ("CFG-06", "drift", "kitchen"),
        # What it has for its port it has no reason for any more.
        ("CFG-07", "rationale", "kitchen"),
        ("NET-01", "sockets", "kitchen"),
        ("NET-02", "bind", "kitchen"),
        ("NET-03", "table", "host"),
        ("NET-04", "table", "host"),
        ("NET-05", "sockets", "kitchen"),
        ("NET-09", "table", "host"),
        ("NET-11", "table", "host"),
    }


def test_the_role_reports_the_same_in_check_mode_and_a_lost_host_as_red(world: World, healthy: Findings) -> None:
    path = world.controller.directory / "report.json"
    wanted = world.specification()
    variables = {
        "librespot_instances": wanted["instances"],
        "librespot_zones": wanted["zones"],
        "librespot_credentials": wanted["credentials"],
        "librespot_audit_live": True,
        "librespot_audit_path": str(path),
    }
    playbook = HERE / "audit.yml"
    run = world.controller.run(playbook, variables)
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    checked = world.controller.run(playbook, variables, ["--check"])
    assert LOGIN not in run.output
    found = report["hosts"][world.host.name]["findings"]
    assert [{name: text for name, text in item.items() if name != "fingerprint"} for item in found] == healthy
    assert [item["status"] for item in report["hosts"]["lost"]["findings"]] == ["error"]
    assert run.status != 0
    assert checked.status != 0
    assert not path.exists()
