# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the other tests stand on: an alert of node_exporter's own is delivered by each channel, and so is its end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.hosts import fresh
from tests.support.prometheus import RESOLVED, host_address, watching
from tests.support.told import Authority

RULE = {
    "alert": "ExporterDown",
    "expr": "up == 0",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "{{ $labels.instance }} does not answer"},
}


@pytest.mark.parametrize("release", ["debian12", "debian13"])
def test_an_alert_and_its_end_are_delivered(trusted: Authority, tmp_path: Path, release: str) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(json.dumps({"groups": [{"name": "test", "rules": [RULE]}]}), encoding="utf-8")
    with (
        watching(f"delivery-{release}", trusted, f"{release}-monitoring") as watch,
        fresh(f"hardened-librespot-delivery-harness-{release}", f"{release}-exporter") as host,
    ):
        watch.targets = {"kitchen-host": f"{host_address(host)}:9100"}
        watch.configure([rules])
        watch.wait_value('up{instance="kitchen-host"} == 1', 30)
        since = time.time()
        host.out("systemctl", "stop", "prometheus-node-exporter")
        told = watch.wait("ExporterDown", 30, since=since, instance="kitchen-host")
        host.out("systemctl", "start", "prometheus-node-exporter")
        resolved = watch.wait("ExporterDown", 30, since=told.delivered, status=RESOLVED)
        mailed = watch.wait_letter("ExporterDown", 30, since=since)
    assert told.annotations["summary"] == "kitchen-host does not answer"
    assert since < told.fired <= told.delivered < resolved.delivered
    assert since < mailed < resolved.delivered
