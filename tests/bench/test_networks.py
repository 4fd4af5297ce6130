# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many networks: beside nft with the same rules; and few rules beside the stock module for them."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.attacks.tables import show
from tests.support.code import install
from tests.support.hosts import Host
from tests.support.plays import Controller

HERE = Path(__file__).resolve().parent
CODE, SCRIPT = "/root/networks.zip", "/root/networks.py"
COUNTS = (10, 10_000, 100_000)
MOST = 4.0
RULES = 50
STOCK = 20.0


def test_many_networks(host: Host) -> None:
    found = _measured(host, *COUNTS)
    head = ["networks", "apply s", "nft -f s", "ratio", "no change s", "peak MiB"]
    rows = [
        [count, f"{row['apply']:.2f}", f"{row['nft']:.2f}", f"{row['apply'] / row['nft']:.1f}"]
        + [f"{row['no change']:.2f}", f"{row['peak MiB']:.0f}"]
        for count, row in found.items()
    ]
    show("networks", head, rows)
    assert all(row["apply"] / row["nft"] <= MOST for count, row in found.items() if int(count) >= 10_000)


def test_fifty_rules_beside_the_stock_module(controller: Controller) -> None:
    """A loop of the stock module beside what the firewall module does for as many networks, and beside its whole run.

    The whole run also makes the user and the units, asks other firewalls and starts Ansible.
    """
    install_stock = "apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq install -y iptables >/dev/null"
    controller.host.out("sh", "-euc", install_stock, timeout=300)
    inside = _measured(controller.host, RULES)[str(RULES)]["apply"]
    networks = [f"198.51.100.{number}/32" for number in range(RULES)]
    ours = _took(
        controller,
        {
            "hardened.librespot.firewall": {
                "instances": [{"name": "kitchen", "access": ["home"]}],
                "zones": {"home": {"networks": networks}},
            }
        },
    )
    rule = {"chain": "INPUT", "protocol": "tcp", "destination_port": "37879", "source": "{{ item }}", "jump": "ACCEPT"}
    theirs = _took(controller, {"ansible.builtin.iptables": rule, "loop": networks})
    show(
        "fifty rules",
        ["what", "s", "the loop takes times as long"],
        [
            ["ansible.builtin.iptables in a loop", f"{theirs:.1f}", ""],
            ["firewall, inside the module", f"{inside:.2f}", f"{theirs / inside:.0f}"],
            ["firewall, the whole run", f"{ours:.1f}", f"{theirs / ours:.0f}"],
        ],
    )
    assert theirs / inside >= STOCK


def _took(controller: Controller, task: dict[str, object]) -> float:
    playbook = controller.playbook(task)
    begin = time.monotonic()
    controller.converge(playbook, {})
    return time.monotonic() - begin


def _measured(host: Host, *counts: int) -> dict[str, dict[str, float]]:
    """Return what so many networks cost on *host*."""
    install(host, CODE)
    host.put(HERE / "networks.py", SCRIPT)
    host.out("useradd", "--system", "librespot-kitchen")
    try:
        argv = ("env", f"PYTHONPATH={CODE}", "python3", SCRIPT, *map(str, counts))
        found: dict[str, dict[str, float]] = json.loads(host.out(*argv, timeout=300))
    finally:
        # Whom the rules name; the collection would not take a user that it has not made.
        host.out("userdel", "librespot-kitchen")
    return found
