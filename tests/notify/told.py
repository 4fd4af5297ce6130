# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that tells, those who are told, and how long it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.hosts import CHECKOUT, Host
from tests.support.plays import Controller, Run
from tests.support.told import PASSWORD, USER, Authority, Hook, MailServer

SECRET = "a secret between the host and the webhook"
HEADER = "Bearer of-bad-news"
SECRETS = (PASSWORD, SECRET, HEADER)
NOTIFY = "hardened-librespot-notify"
PLACE = "/etc/librespot-notify"
OUTBOX = f"/var/lib/private/{NOTIFY}/outbox.json"
INSTANCES = [{"name": "kitchen", "port": 37879}, {"name": "office", "port": 37880}]


@dataclass
class Telling:
    """A host with real speakers, which tells *mailbox* and *hook* of them. *times* is what is printed after all."""

    host: Host
    controller: Controller
    mailbox: MailServer
    hook: Hook
    notify: dict[str, Any]
    times: list[str] = field(default_factory=list)

    def monitoring(self, *options: str, **changed: Any) -> Run:
        """Run the module, and return the run."""
        given = {"instances": INSTANCES, "textfile_directory": "", "notify": self.notify, **changed}
        task = {name: value for name, value in given.items() if value is not None}
        return self.controller.run(self.controller.playbook({"hardened.librespot.monitoring": task}), {}, options)

    def hears(self, what: str, since: float, patience: float = 60) -> float:
        """Wait until both were told of *what*, and return after how many seconds *since*."""
        self._wait(what, lambda: any(what in title for title in self.hook.titles), patience)
        by_hook = time.monotonic() - since
        self._wait(what, lambda: any(what in letter.get_content() for letter in self.mailbox.letters), patience)
        self.times.append(f"{what}: webhook after {by_hook:.1f} s, mail after {time.monotonic() - since:.1f} s")
        return by_hook

    def _wait(self, what: str, told: Callable[[], bool], patience: float) -> None:
        deadline = time.monotonic() + patience
        while not told():
            assert time.monotonic() < deadline, f"nobody was told of {what!r} in {patience} s: {self.hook.titles}"
            time.sleep(0.1)

    def counted(self, what: str) -> tuple[int, int]:
        """Return how many times the webhook and the mailbox were told of *what*."""
        letters = [letter.get_content() for letter in self.mailbox.letters]
        return sum(what in title for title in self.hook.titles), sum(text.count(what) for text in letters)

    def signal(self, signal: str, name: str) -> float:
        """Send *signal* to the process of the instance *name* once it is up, and return the moment."""
        deadline = time.monotonic() + 90
        while self.host.run("systemctl", "is-active", "--quiet", f"librespot-{name}").returncode:
            assert time.monotonic() < deadline, f"{name} does not run"
            time.sleep(0.2)
        began = time.monotonic()
        self.host.out("systemctl", "kill", "--kill-whom=main", f"--signal={signal}", f"librespot-{name}")
        return began

    def outbox(self) -> dict[str, Any]:
        """Return what the host remembers."""
        said: dict[str, Any] = json.loads(self.host.out("cat", OUTBOX))
        return said


def notify_of(address: str, mailbox: MailServer, hook: Hook) -> dict[str, Any]:
    """Return the options by which those at *address* are told."""
    return {
        "mail": {
            "to": ["ops@example.org"],
            "sender": "librespot@example.org",
            "host": address,
            "port": mailbox.port,
            "ca_file": f"{PLACE}/ca.pem",
            "username": USER,
            "password_file": f"{PLACE}/password",
        },
        "webhooks": [
            {
                "url": f"https://{address}:{hook.port}/hook",
                "ca_file": f"{PLACE}/ca.pem",
                "secret_file": f"{PLACE}/secret",
                "headers_file": f"{PLACE}/headers",
            }
        ],
        "timeout": 5,
    }


def give_secrets(host: Host, trusted: Authority) -> None:
    """Put the files of the options on the host."""
    host.out("mkdir", "-p", PLACE)
    host.put(trusted.ca, f"{PLACE}/ca.pem")
    for name, text in (("password", PASSWORD), ("secret", SECRET), ("headers", f"Authorization: {HEADER}")):
        host.out("sh", "-euc", 'umask 077; cat > "$1"', "sh", f"{PLACE}/{name}", text=f"{text}\n")


def deploy(controller: Controller) -> None:
    """Put real speakers on the host."""
    site: Path = CHECKOUT / "playbooks/site.yml"
    controller.converge(site, {"librespot_instances": INSTANCES})
