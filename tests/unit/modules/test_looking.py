# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""preflight and audit: they look, they say what they see, and they change nothing."""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.modules import audit, preflight, settings, unit

from .conftest import Run, Said
from .machine import FACTS, Machine

LOGIN = json.dumps({"username": "alice", "auth_data": "c3RvcmVkLWxvZ2lu"})
STORED = "/etc/librespot/credentials/kitchen.json"


def found(said: Said, control: str, check: str, scope: str) -> dict[str, Any]:
    """Return the one finding of *check*."""
    (item,) = [
        item for item in said.data["findings"] if (item["id"], item["check"], item["scope"]) == (control, check, scope)
    ]
    return dict(item)


class TestPreflight:
    def test_it_says_what_the_host_is_and_cannot_enforce(
        self, run: Run, machine: Machine, kitchen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Where code of the controller was imported, Ansible shows warnings and does not print them.
        warned: list[str] = []
        monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: warned.append(text))
        machine.facts = dataclasses.replace(FACTS, controllers=("cpu", "io"), unbound="", apparmor=True)
        before = machine.snapshot()
        said = run(preflight, instances=[kitchen])
        assert said.data["changed"] is False
        assert said.data["systemd"] == FACTS.systemd
        (lost,) = said.data["losses"]
        assert "memory controller is off" in lost
        assert warned == [lost]
        assert machine.snapshot() == before

    @pytest.mark.parametrize("module", [preflight, unit])
    def test_a_host_that_cannot_run_it_is_told_everything_at_once(
        self, run: Run, machine: Machine, kitchen: dict[str, Any], module: Any
    ) -> None:
        machine.facts = dataclasses.replace(FACTS, ipv6=False, systemd=247, root=False)
        before = machine.snapshot()
        said = run(module, instances=[kitchen])
        for problem in ("1. The modules do not run as root", "2. systemd 247 is too old", "3. The kernel has no IPv6"):
            assert problem in said.data["msg"]
        assert "become: true" in said.data["remedy"]
        assert machine.snapshot() == before
        assert machine.told == []

    @pytest.mark.parametrize("module", [preflight, unit])
    def test_a_port_that_another_program_holds_is_refused(
        self, run: Run, machine: Machine, kitchen: dict[str, Any], module: Any
    ) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            kitchen["port"] = holder.getsockname()[1]
            said = run(module, instances=[kitchen])
        assert said.data["msg"].startswith(f"librespot_instances[0].port: {kitchen['port']} is taken on this host by")
        assert machine.told == []


class TestAudit:
    def test_on_an_empty_host_it_names_what_is_missing_and_makes_nothing(
        self, run: Run, machine: Machine, kitchen: dict[str, Any]
    ) -> None:
        before = machine.snapshot()
        said = run(audit, instances=[kitchen])
        drift = found(said, "CFG-06", "drift", "kitchen")
        assert drift["status"] == "failed"
        assert "/etc/librespot/kitchen.env" in drift["observed"]
        assert said.data["changed"] is False
        assert machine.snapshot() == before
        assert machine.told == []

    def test_what_the_modules_made_has_no_drift(self, run: Run, machine: Machine, kitchen: dict[str, Any]) -> None:
        arguments = {"instances": [kitchen], "credentials": {"kitchen": LOGIN}}
        for module in (settings, unit):
            run(module, **arguments)
        before = machine.snapshot()
        said = run(audit, **arguments)
        assert found(said, "CFG-06", "drift", "kitchen")["observed"] == "as described"
        assert found(said, "CFG-04", "modes", "kitchen")["status"] == "passed"
        assert machine.snapshot() == before

    def test_a_mode_that_was_loosened_is_found_and_left(
        self, run: Run, machine: Machine, kitchen: dict[str, Any]
    ) -> None:
        run(settings, instances=[kitchen])
        machine.path("/etc/librespot/kitchen.env").chmod(0o644)
        before = machine.snapshot()
        modes = found(run(audit, instances=[kitchen]), "CFG-04", "modes", "kitchen")
        assert modes["status"] == "failed"
        assert "/etc/librespot/kitchen.env: mode is 0644, not 0600" in modes["observed"]
        assert machine.snapshot() == before

    def test_a_link_in_the_place_of_a_file_is_called_one(
        self, run: Run, machine: Machine, kitchen: dict[str, Any]
    ) -> None:
        run(settings, instances=[kitchen])
        planted = machine.path("/etc/librespot/kitchen.env")
        planted.unlink()
        planted.symlink_to("/etc/passwd")
        said = run(audit, instances=[kitchen])
        for control, check in (("CFG-04", "modes"), ("CFG-06", "drift")):
            finding = found(said, control, check, "kitchen")
            assert "/etc/librespot/kitchen.env: kind is link, not file" in finding["observed"]
            assert "kitchen.env: mode" not in finding["observed"]
            assert "remove it" in finding["remedy"]

    @pytest.mark.usefixtures("machine")
    def test_what_does_not_run_has_a_way_to_find_out_why(self, run: Run, kitchen: dict[str, Any]) -> None:
        finding = found(run(audit, instances=[kitchen]), "CFG-03", "relaxations", "kitchen")
        assert "journalctl --unit librespot-kitchen.service" in finding["remedy"]

    def test_an_instance_that_nobody_describes_is_found(
        self, run: Run, machine: Machine, kitchen: dict[str, Any]
    ) -> None:
        run(unit, instances=[kitchen])
        said = run(audit, instances=[{"name": "bedroom"}])
        assert "kitchen" in found(said, "CFG-06", "undeclared", "host")["observed"]
        assert machine.path("/etc/systemd/system/librespot-kitchen.service").exists()

    @pytest.mark.usefixtures("machine")
    def test_the_summary_counts_the_findings(self, run: Run, kitchen: dict[str, Any]) -> None:
        said = run(audit, instances=[kitchen])
        for status, count in said.data["summary"].items():
            assert count == sum(item["status"] == status for item in said.data["findings"])
        assert sum(said.data["summary"].values()) == len(said.data["findings"])

    def test_a_login_that_everyone_can_read_is_found_and_not_shown(
        self, run: Run, machine: Machine, kitchen: dict[str, Any]
    ) -> None:
        copy = machine.path("/etc/copy")
        copy.write_text("c3RvcmVkLWxvZ2lu", encoding="utf-8")
        machine.path("/etc").chmod(0o755)
        copy.chmod(0o644)
        said = run(audit, instances=[kitchen], credentials={"kitchen": LOGIN})
        files = found(said, "CFG-05", "files", "host")
        assert files["status"] == "failed"
        assert str(copy) in files["observed"]
        assert "c3RvcmVk" not in said.text
