# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role on a host with Debian's Prometheus: what it brings is read, answers, and goes again."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import COUNTER, METRICS, Metric, Sample
from ansible_collections.hardened.librespot.plugins.module_utils.render.exposition import exposition
from tests.alerts.test_dashboard import queries
from tests.support.hosts import CHECKOUT, Host, fresh
from tests.support.plays import Controller, Run
from tests.support.prometheus import host_address
from tools.lab.recipes import MONITORING

PLAY = CHECKOUT / "playbooks" / "alerts.yml"
RULES = "/etc/prometheus/librespot.rules.yml"
ROUTE = "/etc/prometheus/alertmanager-librespot.yml"
DASHBOARD = "/etc/prometheus/librespot-dashboard.json"
FIGURES = "/var/lib/prometheus/node-exporter/librespot.prom"
VARIABLES = {"librespot_alerts_alertmanager": ROUTE, "librespot_alerts_dashboard": DASHBOARD}
ANSWERS_S = 120
LABELS = {
    "name": "kitchen",
    "deployment": "systemd",
    "release": "r1",
    "version": "0.8.0",
    "event": "oom_kill",
    "result": "oom-kill",
    "resource": "cpu",
    "kind": "some",
    "zone": "guests",
    "address": "192.0.2.7",
    "status": "failed",
    "control": "CFG-06",
    "severity": "High",
    "what": "memory",
}


@dataclass(frozen=True)
class Watching:
    """The host, and how it is deployed to."""

    host: Host
    controller: Controller

    def run(self, *options: str, **variables: Any) -> Run:
        """Run the playbook."""
        asked = {"librespot_alerts_host": "librespot", **VARIABLES, **variables}
        return self.controller.run(PLAY, asked, options)

    def changed(self, *options: str, **variables: Any) -> int:
        """Run it to a good end, and return how many tasks changed something."""
        run = self.run(*options, **variables)
        assert run.status == 0, run.output
        return run.recap(self.host)["changed"]

    def get(self, what: str, **parameters: str) -> Any:
        """Return what Prometheus answers."""
        url = f"http://{host_address(self.host)}:9090/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def rules(self) -> dict[str, str]:
        """Return the expression of each alert that Prometheus has."""
        groups = self.get("rules", type="alert")["groups"]
        return {rule["name"]: rule["query"] for group in groups for rule in group["rules"]}

    def wait_rules(self, wanted: Mapping[str, str]) -> None:
        """Wait until Prometheus has *wanted* among its rules: it reads them a moment after it was told."""
        deadline = time.monotonic() + ANSWERS_S
        while not wanted.items() <= self.rules().items():
            assert time.monotonic() < deadline, self.rules()
            time.sleep(1)


@pytest.fixture(scope="module", params=[recipe.name for recipe in MONITORING])
def watching(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    """Return a host whose Prometheus has no rules yet."""
    with fresh(f"hardened-librespot-alerts-{request.param}", str(request.param)) as host:
        yield Watching(host, Controller(host, tmp_path_factory.mktemp("deploy")))


def test_it_is_brought_once_and_read(watching: Watching) -> None:
    host = watching.host
    first = watching.run()
    assert first.status == 0, first.output
    # Debian's configuration names no rules.
    assert "to rule_files" in first.output.replace("\n", " ")
    assert first.recap(host)["changed"] == 1
    host.out("sed", "-i", f"s,^rule_files:,&\\n  - {RULES},", "/etc/prometheus/prometheus.yml")
    host.out("systemctl", "reload", "prometheus")
    second = watching.run()
    assert second.recap(host)["changed"] == 0
    assert "to rule_files" not in second.output
    watching.wait_rules({"LibrespotTasksNearLimit": "instance_name:librespot_tasks:ratio > 0.8"})


def test_another_threshold_is_foretold_and_read_at_once(watching: Watching) -> None:
    before = watching.host.out("cat", RULES)
    assert watching.changed("--check", librespot_alerts_thresholds={"tasks_percent": 70}) == 1
    assert watching.host.out("cat", RULES) == before
    assert watching.changed(librespot_alerts_thresholds={"tasks_percent": 70}) == 1
    watching.wait_rules({"LibrespotTasksNearLimit": "instance_name:librespot_tasks:ratio > 0.7"})
    assert watching.changed(librespot_alerts_thresholds={"tasks_percent": 70}) == 0


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"librespot_alerts_thresholds": {"tasks_percent": 700}}, "thresholds.tasks_percent"),
        ({"librespot_alerts_changes": {"LibrespotDown": {"enabled": False}}}, "alerts.LibrespotDown"),
        ({"librespot_alerts_webhook": {"url": "hook"}}, "webhook.url"),
        ({"librespot_alerts_dashboard": "dashboard.json"}, "dashboard"),
    ],
)
def test_a_wrong_value_changes_nothing(watching: Watching, wrong: dict[str, Any], path: str) -> None:
    names = ("cat", RULES, ROUTE, DASHBOARD)
    before = watching.host.out(*names)
    run = watching.run(**wrong)
    assert run.status != 0
    assert f"{path}: " in run.output
    assert watching.host.out(*names) == before


def test_what_alertmanager_does_not_know_is_refused_before_it_is_written(watching: Watching) -> None:
    before = watching.host.out("cat", ROUTE)
    run = watching.run(librespot_alerts_webhook={"url_file": "/etc/prometheus/hook"})
    old = "debian12" in watching.host.name
    assert (run.status != 0) == old, run.output
    assert ("amtool of this host refuses" in run.output.replace("\n", " ")) == old
    assert (watching.host.out("cat", ROUTE) == before) == old
    watching.changed()


def figures(now: float, counted: int) -> str:
    """Return a file of every metric that there is, with counters at *counted*."""

    def value(metric: Metric) -> float:
        if metric.kind == COUNTER:
            return counted
        if "timestamp" in metric.name:
            return now + (3600 if "expires" in metric.name else -5)
        return 1

    return exposition(
        Sample(metric.name, value(metric), {label: LABELS[label] for label in metric.labels})
        for metric in METRICS.values()
    )


def test_the_dashboard_gets_an_answer_to_each_question(watching: Watching, tmp_path: Path) -> None:
    data = json.loads(watching.host.out("cat", DASHBOARD))
    path = tmp_path / "figures"
    deadline = time.monotonic() + ANSWERS_S
    counted, unanswered = 0, queries(data)
    while unanswered:
        assert time.monotonic() < deadline, unanswered
        counted += 5
        path.write_text(figures(time.time(), counted), encoding="utf-8")
        watching.host.put(path, f"{FIGURES}.new")
        watching.host.out("mv", f"{FIGURES}.new", FIGURES)
        time.sleep(5)
        unanswered = [query for query in unanswered if not watching.get("query", query=query)["result"]]
    choices = watching.get("series", **{"match[]": "librespot_instance_info"})
    assert {item["name"] for item in choices} == {"kitchen"}


def test_the_cause_hides_what_follows_from_it(watching: Watching) -> None:
    host = watching.host
    amtool = ("amtool", "--alertmanager.url=http://localhost:9093", "alert")
    host.out("cp", ROUTE, "/etc/prometheus/alertmanager.yml")
    host.out("systemctl", "restart", "prometheus-alertmanager")
    deadline = time.monotonic() + ANSWERS_S
    while host.run(*amtool).returncode:
        assert time.monotonic() < deadline
        time.sleep(1)
    for alert, severity, where, name in (
        ("LibrespotInstanceDown", "critical", "one", "kitchen"),
        ("LibrespotMemoryNearLimit", "warning", "one", "kitchen"),
        ("LibrespotOutOfMemory", "critical", "one", "kitchen"),
        ("LibrespotMemoryNearLimit", "warning", "one", "attic"),
        ("LibrespotMonitorStale", "warning", "two", ""),
        ("LibrespotInstanceDown", "critical", "two", "kitchen"),
    ):
        labels = [f"alertname={alert}", "service=librespot", f"severity={severity}", f"instance={where}"]
        host.out(*amtool, "add", *labels, *([f"name={name}"] if name else []))
    found = json.loads(host.out(*amtool, "query", "--inhibited", "--output=json"))
    hidden = {
        (item["labels"]["alertname"], item["labels"]["instance"], item["labels"].get("name"))
        for item in found
        if item["labels"]["instance"] in ("one", "two") and item["status"]["inhibitedBy"]
    }
    assert hidden == {("LibrespotMemoryNearLimit", "one", "kitchen"), ("LibrespotInstanceDown", "two", "kitchen")}


def test_it_goes_again_and_leaves_what_is_not_ours(watching: Watching) -> None:
    host = watching.host
    host.out("sh", "-c", f"cp /etc/prometheus/alertmanager.yml {ROUTE}; sed -i /hardened.librespot/d {ROUTE}")
    assert watching.changed("--check", librespot_state="absent") == 1
    assert watching.changed(librespot_state="absent") == 1
    assert host.run("ls", RULES, DASHBOARD).stdout == ""
    assert host.out("cat", ROUTE)
    assert watching.rules() == {}
    assert watching.changed(librespot_state="absent") == 0
