# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins from Vault on their way to a host, and who saw them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.secrets import canary
from tests.secrets.canary import Canary
from tests.support.hosts import Host
from tests.support.plays import Controller, Run

HERE = Path(__file__).resolve().parent
DEPLOY = HERE / "deploy.yml"
SEARCH = "/root/secrets-search.py"
VOLATILE = ("/run", "/tmp", "/root", "/var/tmp", "/etc", "/dev/shm")
EVERYTHING = ("/", "/run", "/tmp", "/dev/shm")
INSTANCES = [{"name": "kitchen", "options": {"verbose": True}}]
LOUD = ("-vvvvv", "--diff")


@dataclass
class Finds:
    """Where the logins were found. *printed* is what the runs printed, *looks* how often a search looked."""

    host: set[str] = field(default_factory=set)
    controller: set[str] = field(default_factory=set)
    at_rest: set[str] = field(default_factory=set)
    journal: str = ""
    printed: str = ""
    kept: dict[str, str] = field(default_factory=dict)
    forms: list[str] = field(default_factory=list)
    looks: int = 0

    def seen_in(self, text: str) -> list[str]:
        """Return the lines of *text* that have one of the logins in any form."""
        return [line for line in text.splitlines() if any(form in line for form in self.forms)]


class Deployment:
    """One host, and the controller that deploys to it from *controller*'s directory."""

    def __init__(self, host: Host, controller: Controller) -> None:
        self.host = host
        self.controller = controller
        self._directory = controller.directory
        self._password = self._directory / "vault-password"
        self._password.write_text("only for this test\n", encoding="utf-8")
        self._results = self._directory / "results"
        self._results.mkdir()
        host.put(HERE / "search.py", SEARCH)

    def live(self) -> Finds:
        """Check, deploy, check a change and change, and search all the time and afterwards."""
        first, second = canary.fresh(), canary.fresh()
        finds = Finds(forms=first.forms + second.forms)
        with self._searched(finds):
            for login in (first, second):
                for mode in (("--check",), ()):
                    # The roles see to it themselves that arguments go through standard input.
                    run = self.run(login, mode, ANSIBLE_PIPELINING=str(int(login is second)))
                    assert run.status == 0, "\n".join(run.output.splitlines()[-40:])
                    finds.printed += run.output
                    finds.kept.update(self._kept(f"{login is second} {mode}"))
        self.host.out("systemctl", "restart", "librespot-kitchen.service")
        finds.at_rest = set(self.search(finds.forms, EVERYTHING)["found"])
        finds.journal = self.host.out("journalctl", "--output=export", "--no-pager")
        return finds

    def run(self, login: Canary, options: Sequence[str], **environment: str) -> Run:
        """Deploy *login*, given in a file that Vault encrypted."""
        variables = {"librespot_instances": INSTANCES, "results": str(self._results)}
        log = {"ANSIBLE_LOG_PATH": str(self._directory / "ansible.log")}
        vault = self._vault({"librespot_credentials": {"kitchen": login.credentials}})
        return self.controller.run(DEPLOY, variables, [*LOUD, *options, *vault], **{**log, **environment})

    def mislead(self, instances: Any, credentials: Any) -> Run:
        """Give a secret wrongly, to a module and to a role."""
        vault = self._vault({"librespot_credentials": credentials, "librespot_instances": instances})
        return self.controller.run(HERE / "wrong.yml", {}, [*LOUD, *vault])

    def search(self, forms: list[str], places: Sequence[str]) -> dict[str, Any]:
        """Search the host once."""
        return _told(
            self.host.out("/usr/bin/python3", "-I", SEARCH, *places, text=json.dumps(forms) + "\n", timeout=600)
        )

    def _vault(self, variables: dict[str, Any]) -> list[str]:
        """Return the options that give *variables* in a file that Vault encrypted."""
        vault = self._directory / "vault.yml"
        subprocess.run(
            ["ansible-vault", "encrypt", "--vault-password-file", str(self._password), "--output", str(vault), "-"],
            input=json.dumps(variables),
            text=True,
            capture_output=True,
            check=True,
        )
        return [f"--extra-vars=@{vault}", f"--vault-password-file={self._password}"]

    def _kept(self, title: str) -> dict[str, str]:
        files = [*self._results.iterdir(), self._directory / "ansible.log"]
        return {f"{title} {path.name}": path.read_text(encoding="utf-8") for path in files}

    @contextmanager
    def _searched(self, finds: Finds) -> Iterator[None]:
        """Search the host and the controller while the body runs."""
        there = self.host.start("/usr/bin/python3", "-I", SEARCH, *VOLATILE)
        here = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "search.py"), str(self._directory), _ansible_home()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for search in (there, here):
            assert search.stdin is not None
            search.stdin.write(json.dumps(finds.forms) + "\n")
            search.stdin.flush()
        try:
            yield
        finally:
            told = [_told(search.communicate(timeout=120)[0]) for search in (there, here)]
            finds.host, finds.controller = (set(item["found"]) for item in told)
            finds.looks = min(item["rounds"] for item in told)


def _told(output: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(output)
    return told


def _ansible_home() -> str:
    """Return where Ansible keeps its temporary files on the controller."""
    return os.environ.get("ANSIBLE_HOME") or str(Path.home() / ".ansible")
