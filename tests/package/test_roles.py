# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that is not ours uses each role of the installed collection alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.plays import Controller

PORT = 37900
INSTANCES = [{"name": "porch", "port": PORT, "options": {"name": "Front porch"}}]


def alone(controller: Controller, role: str, **variables: Any) -> dict[str, int]:
    """Run a play with nothing but *role*, then again, which must change nothing, and return what the first run did."""
    playbook = controller.directory / f"{role}.yml"
    play = {"hosts": "librespot", "become": True, "roles": [f"hardened.librespot.{role}"]}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    first = controller.converge(playbook, variables)
    again = controller.converge(playbook, variables, ["-vv"])
    assert f"{controller.directory}/collections/ansible_collections/hardened/librespot/roles/{role}/" in again.output
    assert again.recap(controller.host)["changed"] == 0
    return first.recap(controller.host)


def test_librespot_firewall(controller: Controller) -> None:
    assert alone(controller, "librespot_firewall", librespot_instances=INSTANCES)["changed"]
    assert "dport 37900" in controller.host.out("nft", "list", "table", "inet", "librespot")
    assert alone(controller, "librespot_firewall", librespot_state="absent")["changed"]
    assert controller.host.snapshot() == {}


def test_a_segment_alone(controller: Controller) -> None:
    host = controller.host
    host.out("ip", "link", "add", "trunk", "up", "type", "veth", "peer", "name", "cable")
    segment = {"parent": "trunk", "addresses": ["192.168.20.5/24"], "gateways": ["192.168.20.1"]}
    tasks = [{"hardened.librespot.segment": {"instances": [{**INSTANCES[0], "segment": segment}]}}]
    playbook = controller.playbook(*tasks)
    assert controller.run(playbook, {}, ["--check"]).recap(host)["changed"] == 1
    assert controller.converge(playbook, {}).recap(host)["changed"] == 1
    assert controller.converge(playbook, {}).recap(host)["changed"] == 0
    assert "192.168.20.5/24" in host.out("ip", "-n", "librespot-porch", "address")
    assert "dport 37900" in host.out(
        "ip", "netns", "exec", "librespot-porch", "nft", "list", "table", "inet", "librespot"
    )
    assert alone(controller, "librespot_systemd", librespot_state="absent")["changed"]
    assert host.snapshot() == {}
    host.out("ip", "link", "delete", "trunk")


# One test after the other: each role finds what the ones before it have left, as it would with other means.
def test_librespot_install(controller: Controller) -> None:
    assert alone(controller, "librespot_install")["changed"]
    said = controller.host.out("/opt/librespot/current/bin/librespot", "--version")
    assert said.startswith("librespot 0.8.0")


def test_librespot_systemd(controller: Controller) -> None:
    assert alone(controller, "librespot_systemd", librespot_instances=INSTANCES)["changed"]
    assert controller.host.get_info(PORT)["remoteName"] == "Front porch"


def test_librespot_audit(controller: Controller, tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    alone(controller, "librespot_audit", librespot_instances=INSTANCES, librespot_audit_path=str(path))
    assert json.loads(path.read_text(encoding="utf-8"))


def test_librespot(controller: Controller) -> None:
    assert alone(controller, "librespot", librespot_instances=INSTANCES)["changed"] == 0
    assert alone(controller, "librespot", librespot_state="absent")["changed"]
    assert controller.host.snapshot() == {}
    assert alone(controller, "librespot", librespot_instances=INSTANCES)["changed"]
    assert controller.host.get_info(PORT)["remoteName"] == "Front porch"
