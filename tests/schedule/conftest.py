# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that checks, with an Ansible of its own, and those who are told, on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.supply.conftest import TODAY
from tests.supply.databases import EXCERPT
from tests.supply.releases import lock_of
from tests.support.hosts import CHECKOUT, Host, fresh
from tests.support.plays import Controller, Run
from tests.support.told import PASSWORD, USER, Hook, MailServer, authority, mail_server, webhook

LIBRARIES = (
    *("boolean", "cvss", "cyclonedx", "defusedxml", "elftools", "feedparser", "junitparser", "license_expression"),
    *("netaddr", "packageurl", "py_serializable", "pyelftools", "semver", "sgmllib", "sortedcontainers"),
    "typing_extensions",
)
"""What requirements.txt of the collection stands for, all of it without compiled code."""

PROJECT = "/srv/speakers"
DATABASE = f"{PROJECT}/database"
PREPARE = f"""
apt-get update -qq
apt-get install -y -qq --no-install-recommends ansible-core git python3-venv >/dev/null
useradd --create-home checker
python3 -m venv --system-site-packages --without-pip /opt/check/venv
echo /opt/check/lib > /opt/check/venv/lib/python3.13/site-packages/check.pth
cat > /opt/check/venv/bin/ansible-playbook <<'END'
#!/opt/check/venv/bin/python
import sys
from ansible.cli.playbook import main
sys.exit(main())
END
chmod 0755 /opt/check/venv/bin/ansible-playbook
mkdir -p {DATABASE} /srv/metrics
chown checker /srv/metrics
echo 'localhost ansible_connection=local' > {PROJECT}/inventory
"""


@dataclass
class Checker:
    """The host that checks, and those whom it tells."""

    host: Host
    controller: Controller
    mailbox: MailServer
    hook: Hook
    options: dict[str, Any] = field(default_factory=dict)

    def schedule(self, *options: str, **changed: Any) -> Run:
        """Schedule the check, and return the run."""
        arguments = changed if changed.get("state") == "absent" else {**self.options, **changed}
        playbook = self.controller.playbook({"hardened.librespot.schedule": arguments})
        return self.controller.run(playbook, {}, options)

    def start(self) -> str:
        """Run the service once, and return its result and its status."""
        self.host.run("systemctl", "start", f"{NAME}.service", timeout=300)
        shown = self.host.out("systemctl", "show", "--property=Result,ExecMainStatus", f"{NAME}.service")
        return " ".join(sorted(line.partition("=")[2] for line in shown.splitlines()))

    def settled(self) -> None:
        """Wait for the service that tells of a failure."""
        script = f'while [ "$(systemctl is-active {NAME}-failed)" = activating ]; do sleep 0.2; done'
        self.host.out("sh", "-c", script, timeout=120)

    def said(self) -> dict[str, Any]:
        """Return the record of the last check."""
        record: dict[str, Any] = json.loads(self.host.out("cat", f"/var/lib/{NAME}/record.json"))
        return record


NAME = "hardened-librespot-check"


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """Return a host on which everything is prepared, and nothing is scheduled yet."""
    directory = tmp_path_factory.mktemp("schedule")
    with fresh("hardened-librespot-schedule") as host:
        address = host.out("sh", "-c", "ip -4 route show default").split()[2]
        trusted = authority(directory, address)
        with mail_server(trusted, address) as mailbox, webhook(trusted, address) as hook:
            _prepare(host)
            host.put(trusted.ca, f"{PROJECT}/ca.pem")
            secret = 'umask 077; cat > "$1"'
            host.out("sh", "-euc", secret, "sh", "/etc/mail-password", text=f"{PASSWORD}\n")
            variables = directory / "check.json"
            variables.write_text(json.dumps(_variables(address, mailbox, hook)), encoding="utf-8")
            host.put(variables, f"{PROJECT}/check.json")
            yield Checker(host, Controller(host, directory), mailbox, hook, dict(OPTIONS))


OPTIONS = {
    "user": "checker",
    "project": PROJECT,
    "playbook": "/opt/check/venv/bin/ansible-playbook",
    "inventory": f"{PROJECT}/inventory",
    "variables": [f"{PROJECT}/check.json"],
    "credentials": {"mail": "/etc/mail-password"},
    "collections": ["/opt/check/collections"],
    "programs": ["/opt/check/bin"],
    "writable": ["/srv/metrics"],
    "calendar": "*-*-* 05:17:00",
}


def _variables(address: str, mailbox: MailServer, hook: Hook) -> dict[str, Any]:
    return {
        "librespot_check_paths": [{"path": f"{PROJECT}/Cargo.lock", "hosts": ["kitchen"]}],
        "librespot_check_engines": [{"name": "cargo-audit", "database": DATABASE}],
        "librespot_check_today": TODAY,
        "librespot_check_releases": False,
        "librespot_check_metrics": "/srv/metrics/librespot.prom",
        "librespot_check_mail": {
            "to": ["ops@example.org"],
            "sender": "librespot@example.org",
            "host": address,
            "port": mailbox.port,
            "ca_file": f"{PROJECT}/ca.pem",
            "username": USER,
            "password_file": "{{ lookup('env', 'CREDENTIALS_DIRECTORY') }}/mail",
        },
        "librespot_check_webhooks": [{"url": f"https://{address}:{hook.port}/", "ca_file": f"{PROJECT}/ca.pem"}],
    }


def _prepare(host: Host) -> None:
    host.out("sh", "-euc", PREPARE, timeout=600)
    libraries = Path(sysconfig.get_path("purelib"))
    names = [entry.name for entry in libraries.iterdir() if entry.name.startswith(LIBRARIES)]
    _copy(host, libraries, "/opt/check/lib", *names)
    program = shutil.which("cargo-audit")
    assert program
    _copy(host, Path(program).parent, "/opt/check/bin", "cargo-audit")
    place = "/opt/check/collections/ansible_collections/hardened/librespot"
    _copy(host, CHECKOUT, place, "galaxy.yml", "meta", "playbooks", "plugins", "roles")
    _copy(host, EXCERPT, DATABASE, "crates")
    host.put(lock_of("0.8.0"), f"{PROJECT}/Cargo.lock")


def _copy(host: Host, source: Path, target: str, *names: str) -> None:
    """Copy *names* below *source* into the directory *target* of the host, owned by root."""
    packed = subprocess.run(["tar", "-C", str(source), "-c", *names], capture_output=True, check=True).stdout
    script = 'mkdir -p "$1"; tar -C "$1" -x --no-same-owner'
    argv = ["docker", "exec", "--interactive", host.name, "sh", "-euc", script, "sh", target]
    subprocess.run(argv, input=packed, capture_output=True, check=True)
