# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with Debian's Prometheus and Alertmanager, and those whom Alertmanager tells, on this machine.

Whom to tell is given to Alertmanager as a user would: a webhook and a mail server, both with certificates.
"""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.attacks.hosts import until
from tests.support.hosts import Host, fresh
from tests.support.told import PASSWORD, USER, Authority, Hook, MailServer, mail_server, webhook

ETC = "/etc/prometheus"
RULES = f"{ETC}/*.rules.yml"
"""The collection writes one of them."""

ASKED_EVERY_S = 5
"""How often the hosts are asked, and the rules evaluated: a user's Prometheus takes 15 s to 60 s for both."""
GROUP_WAIT_S = 1
FIRING, RESOLVED = "firing", "resolved"
_SENDER, _READER = "alertmanager@example.org", "ops@example.org"
_ARGUMENTS = {
    "prometheus": "",
    # It has no others to find, for which it would wait before it tells anyone.
    "prometheus-alertmanager": "--cluster.listen-address=",
}


@dataclass(frozen=True)
class Told:
    """An alert that was delivered: the moments are in seconds since the epoch, *ended* is 0 while it lasts."""

    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    fired: float
    ended: float
    delivered: float

    @property
    def name(self) -> str:
        """The alert."""
        return self.labels["alertname"]


@dataclass
class Watch:
    """The host that watches.

    *address* is where this machine reaches it, and *gateway* where it reaches this machine.
    """

    host: Host
    address: str
    gateway: str
    hook: Hook
    mailbox: MailServer
    targets: dict[str, str] = field(default_factory=dict)
    """What it asks: an address and a port for each name."""

    def configure(self, rules: Sequence[Path] = (), alertmanager: Mapping[str, Any] | None = None) -> None:
        """Take up the *targets*, files of *rules*, and how to tell whom; what the tools of Debian refuse fails."""
        for path in rules:
            self.host.put(path, f"{ETC}/{path.stem}.rules.yml")
        self._write("prometheus.yml", self._prometheus())
        self._write("alertmanager.yml", alertmanager or self.telling())
        self.host.out("promtool", "check", "config", f"{ETC}/prometheus.yml")
        self.host.out("amtool", "check-config", f"{ETC}/alertmanager.yml")
        self.host.out("systemctl", "restart", *_ARGUMENTS)
        self.wait_ready()

    def add(self, name: str, address: str) -> None:
        """Ask one more, from now on."""
        self.targets[name] = address
        self._write("prometheus.yml", self._prometheus())
        self.host.out("systemctl", "reload", "prometheus")

    def telling(self) -> dict[str, Any]:
        """Return a configuration of Alertmanager that tells all of it at once, by each channel."""
        return {
            "route": {
                "receiver": "everyone",
                "group_by": ["..."],
                "group_wait": f"{GROUP_WAIT_S}s",
                "group_interval": f"{GROUP_WAIT_S}s",
                "repeat_interval": "1h",
            },
            "receivers": [self.receiver("everyone")],
        }

    def receiver(self, name: str) -> dict[str, Any]:
        """Return a receiver that is the webhook and the mailbox."""
        trusting = {"ca_file": f"{ETC}/ca.pem"}
        mail = {
            "to": _READER,
            "from": _SENDER,
            "smarthost": f"{self.gateway}:{self.mailbox.port}",
            "auth_username": USER,
            "auth_password_file": f"{ETC}/password",
            "require_tls": True,
            "tls_config": trusting,
            "send_resolved": True,
        }
        hook = {
            "url": f"https://{self.gateway}:{self.hook.port}/alerts",
            "send_resolved": True,
            "http_config": {"tls_config": trusting},
        }
        return {"name": name, "webhook_configs": [hook], "email_configs": [mail]}

    def wait_ready(self, within_s: float = 60) -> None:
        """Wait until both services answer."""
        for port in (9090, 9093):
            try:
                until(functools.partial(self._ready, port), within_s, f"port {port} answers")
            except AssertionError as error:
                error.add_note(self.log())
                raise

    def log(self) -> str:
        """Return what both services said last."""
        units = [f"--unit={unit}" for unit in _ARGUMENTS]
        return self.host.run("journalctl", "--no-pager", "--output=cat", "--lines=30", *units).stdout

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return labels and value of each series that *expression* gives now."""
        answer = self._get("query", query=expression)
        assert answer["resultType"] == "vector", answer
        return [(dict(item["metric"]), float(item["value"][1])) for item in answer["result"]]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that Prometheus holds pending or firing."""
        found: list[dict[str, Any]] = self._get("alerts")["alerts"]
        return found

    def wait_rule(self, alert: str, within_s: float) -> None:
        """Wait until Prometheus has the rule of *alert*."""
        until(lambda: alert in json.dumps(self._get("rules")), within_s, f"Prometheus has the rule {alert}")

    def wait_value(self, expression: str, within_s: float) -> float:
        """Wait until *expression* gives anything, and return its first value."""
        deadline = time.monotonic() + within_s
        while not (found := self.query(expression)):
            assert time.monotonic() < deadline, f"not within {within_s:g} s: {expression}"
            time.sleep(0.5)
        return found[0][1]

    def told(self) -> list[Told]:
        """Return each alert that was delivered to the webhook, in that order."""
        return [
            _told(alert, moment)
            for body, moment in zip(self.hook.said, self.hook.moments, strict=False)
            for alert in body["alerts"]
        ]

    def wait(self, alert: str, within_s: float, *, since: float, status: str = FIRING, **labels: str) -> Told:
        """Wait until *alert* with these *labels*, which began after *since* and has *status*, is delivered."""
        deadline = time.monotonic() + within_s
        while True:
            for told in self.told():
                right = told.name == alert and told.status == status and told.delivered > since
                if right and labels.items() <= told.labels.items():
                    return told
            if time.monotonic() > deadline:
                held = [(item["labels"], item["state"]) for item in self.alerts()]
                seen = [(told.name, told.status) for told in self.told()]
                raise AssertionError(
                    f"{alert} {labels} was not told as {status} within {within_s:g} s; held: {held}; told: {seen}"
                )
            time.sleep(0.2)

    def wait_letter(self, alert: str, within_s: float, *labels: str, since: float) -> float:
        """Wait until a letter about *alert* with these values of *labels* has come after *since*, and return when."""
        deadline = time.monotonic() + within_s
        while True:
            for moment, letter in zip(self.mailbox.moments, self.mailbox.letters, strict=False):
                if moment > since and all(word in str(letter["Subject"]) for word in (alert, *labels)):
                    return moment
            assert time.monotonic() < deadline, f"no letter about {alert} within {within_s:g} s"
            time.sleep(0.2)

    def _prometheus(self) -> dict[str, Any]:
        every = f"{ASKED_EVERY_S}s"
        asked = [{"targets": [address], "labels": {"instance": name}} for name, address in self.targets.items()]
        return {
            "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["localhost:9093"]}]}]},
            "rule_files": [RULES],
            "scrape_configs": [{"job_name": "node", "static_configs": asked}],
        }

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        # JSON is YAML.
        self.host.out("sh", "-euc", 'cat > "$1"', "sh", f"{ETC}/{name}", text=json.dumps(content))

    def _ready(self, port: int) -> bool:
        try:
            urllib.request.urlopen(f"http://{self.address}:{port}/-/ready", timeout=5).close()
        except OSError:
            return False
        return True

    def _get(self, what: str, **parameters: str) -> dict[str, Any]:
        url = f"http://{self.address}:9090/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            read = json.load(answer)
        assert read["status"] == "success", read
        data: dict[str, Any] = read["data"]
        return data


@contextlib.contextmanager
def watching(purpose: str, trusted: Authority, image: str = "debian13-monitoring") -> Iterator[Watch]:
    """Start a host that watches nobody yet; *trusted* has signed for the address that `machine_address` returns."""
    gateway = machine_address()
    with (
        fresh(f"hardened-librespot-{purpose}-monitoring", image) as host,
        webhook(trusted, gateway) as hook,
        mail_server(trusted, gateway) as mailbox,
    ):
        watch = Watch(host, host_address(host), gateway, hook, mailbox)
        host.put(trusted.ca, f"{ETC}/ca.pem")
        host.out("sh", "-euc", f"umask 077; cat > {ETC}/password; chown prometheus {ETC}/password", text=PASSWORD)
        for service, arguments in _ARGUMENTS.items():
            host.out("sh", "-euc", 'cat > "$1"', "sh", f"/etc/default/{service}", text=f'ARGS="{arguments}"\n')
        yield watch


def host_address(host: Host) -> str:
    """Return the address of a host in its network."""
    shown = ["docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", host.name]
    found = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.strip()
    assert found, f"{host.name} has no address"
    return found


def machine_address() -> str:
    """Return the address at which hosts of the lab reach this machine."""
    shown = ["docker", "network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}", "bridge"]
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout.split()[0]


def _told(alert: Mapping[str, Any], moment: float) -> Told:
    ended = _moment(alert["endsAt"])
    return Told(alert["status"], alert["labels"], alert["annotations"], _moment(alert["startsAt"]), ended, moment)


def _moment(text: str) -> float:
    """Return seconds since the epoch; 0 for what Go writes for no time at all."""
    if text.startswith("0001-"):
        return 0.0
    # Go writes nanoseconds, or fewer digits where they end in zeros.
    return datetime.fromisoformat(text).timestamp()
