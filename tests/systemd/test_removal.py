# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes is what check mode said would go, whatever systemd forgets by itself meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.hosts import Host
from tests.support.plays import Controller, Run

SPEAKER = {"name": "kitchen", "port": 37901, "bind": {"loopback": True}}

SHARED = ("/etc/librespot", "/opt/librespot/libexec")
"""What goes with the last file in it: files of several modules are there, and in check mode each sees the others'."""

_ALONE = "/run/systemd/system/librespot-kitchen.service.d"
FAILED = f"""
mkdir {_ALONE}
printf '[Service]\\nRestart=no\\n' > {_ALONE}/alone.conf
systemctl daemon-reload
systemctl kill --signal=KILL librespot-kitchen
while systemctl --quiet is-active librespot-kitchen; do sleep 0.1; done
systemctl --quiet is-failed librespot-kitchen
"""


def test_what_goes_is_what_check_mode_said(container: str, tmp_path: Path) -> None:
    host = Host(container)
    controller = Controller(host, tmp_path)

    def run(modules: Sequence[str], asked: Mapping[str, Any], *options: str) -> Run:
        playbook = controller.playbook(*({f"hardened.librespot.{name}": asked} for name in modules))
        return controller.converge(playbook, {}, ["--diff", *options])

    def remove(*options: str) -> Run:
        return run(("unit", "firewall", "settings"), {"state": "absent"}, *options)

    remove()
    before = host.snapshot()
    # What systemd may have in memory of it: that it runs, that it failed, and nothing.
    for last in ("true", FAILED, "systemctl stop librespot-kitchen"):
        run(("settings", "firewall", "unit"), {"instances": [SPEAKER]})
        assert host.out("systemctl", "is-active", "librespot-kitchen").strip() == "active"
        host.out("sh", "-euc", last)
        predicted, made = remove("--check"), remove()
        assert predicted.changes() == [item for item in made.changes() if item not in SHARED] != []
        assert host.snapshot() == before
        assert "kitchen" not in host.out("systemctl", "list-units", "--all", "--plain", "--no-legend")
        assert remove().recap(host)["changed"] == 0
