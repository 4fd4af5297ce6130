# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls of administrators: how one is put in force, loaded anew, and asked for what of it is ours."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from tests.attacks.deployment import KITCHEN, OURS, PORT
from tests.attacks.hosts import Target, networked
from tests.support.hosts import Host

KNOCKER = "/root/knock.py"
KNOCKS_S, EVERY_S = 6.0, 0.01


@dataclass(frozen=True)
class Firewall:
    """Scripts for one firewall. *ours* prints what of it is ours; *theirs* what is the administrator's own."""

    package: str
    on: str
    off: str
    reload: str
    ours: str
    theirs: str
    forget: str
    """Takes away what lets the trusted in."""


FIREWALLS = (
    Firewall(
        "ufw",
        on="ufw --force enable; ufw allow 8080/tcp",
        off="ufw --force disable",
        reload="ufw reload",
        ours="ufw show added | grep librespot || true; grep -l librespot /etc/ufw/*.rules || true",
        theirs="ufw show added | grep 8080",
        forget="ufw --force reset; ufw --force enable; ufw allow 8080/tcp",
    ),
    Firewall(
        "firewalld",
        on="systemctl start firewalld; firewall-cmd --permanent --add-port=8080/tcp; firewall-cmd --reload",
        off="systemctl disable --now firewalld",
        reload="firewall-cmd --reload",
        ours="ls /etc/firewalld/policies; firewall-cmd --list-rich-rules --policy=librespot 2> /dev/null || true",
        theirs="firewall-cmd --list-ports | grep 8080; firewall-cmd --permanent --list-ports | grep 8080",
        forget="firewall-cmd --policy=librespot --list-rich-rules | grep . | while read -r line; do "
        'firewall-cmd --policy=librespot --remove-rich-rule="$line"; done',
    ),
)


def gateway(host: Host) -> str:
    """Return the address by which the tests themselves reach *host*.

    A container tells it; the network itself does so only where it was written in its configuration.
    """
    return networked(host.name, "Gateway")


def specified(host: Host, **changes: Any) -> dict[str, Any]:
    """Return the variables of a run that wants one speaker which the tests may ask, and no other host."""
    return {
        "librespot_zones": {"tests": {"networks": [gateway(host), "2001:db8:1::/64", "192.0.2.7-192.0.2.9"]}},
        "librespot_instances": [{**KITCHEN, "access": ["tests"], **changes}],
    }


def answered(host: Target, stranger: Target) -> tuple[bool, bool]:
    """Return whether the trusted and the stranger get an answer."""
    asked = json.dumps([["get_info", stranger.address, host.address, PORT]])
    (said,) = json.loads(stranger.out("python3", "/root/ask.py", text=asked))
    return host.answer(PORT) is not None, said


def knocked(host: Target, stranger: Target, script: str, port: int = PORT) -> list[float]:
    """Let the stranger knock while *script* runs on the host; return the seconds at which it was let in."""
    argv = ["docker", "exec", stranger.name, "python3", KNOCKER, host.address, str(port), str(KNOCKS_S), str(EVERY_S)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as knocking:
        time.sleep(1)
        host.shell(script)
        said, _unused = knocking.communicate(timeout=60)
    assert knocking.returncode == 0
    opened: list[float] = json.loads(said)
    return opened


def running(host: Target) -> bool:
    """Return whether the speaker runs."""
    return host.show(OURS, "ActiveState")["ActiveState"] == "active"
