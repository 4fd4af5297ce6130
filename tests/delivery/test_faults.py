# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever is to hear of it is away for a while: it is told nevertheless, and that nothing is heard is told as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.attacks.deployment import NEIGHBOUR, NEIGHBOUR_PORT, OURS
from tests.attacks.hosts import Target
from tests.delivery import causes
from tests.delivery.test_delivery import SOON_S
from tests.delivery.watched import SPEAKER
from tests.support.hosts import Host
from tests.support.prometheus import ASKED_EVERY_S, RESOLVED, Watch

BEDROOM = {"instance": SPEAKER, "name": "bedroom"}
FAILED = "LibrespotInstanceFailed"
"""It is told once for each result: each test has one that was not told before."""
MONITOR = "hardened-librespot-monitor.service"


@contextmanager
def away(host: Host, service: str) -> Iterator[None]:
    """Stop a service for a while."""
    host.out("systemctl", "stop", service)
    try:
        yield
    finally:
        host.out("systemctl", "start", service)


def test_prometheus_is_away_when_it_happens(watch: Watch, speaker: Target) -> None:
    with away(watch.host, "prometheus"):
        since = causes.end_it(speaker, NEIGHBOUR, "KILL")
        time.sleep(30)
    watch.wait_ready()
    watch.wait(FAILED, SOON_S, since=since, result="signal", **BEDROOM)


def test_a_prometheus_that_comes_anew_tells_what_is_new_alone(watch: Watch, speaker: Target) -> None:
    """It remembers nothing from before: all that the monitor has ever counted would be told at once."""
    causes.end_it(speaker, NEIGHBOUR, "KILL")
    # Past is what a monitor has counted that has run for ten minutes.
    begun = watch.query(f'librespot_monitor_counting_since_timestamp_seconds{{instance="{SPEAKER}"}}')[0][1]
    time.sleep(max(0.0, begun + 600 + 5 - time.time()))
    with away(watch.host, "prometheus"):
        watch.host.out("sh", "-c", "rm -rf /var/lib/prometheus/metrics2")
    watch.wait_ready()
    watch.wait_value(f'librespot_instance_healthy{{instance="{SPEAKER}",name="bedroom"}} == 1', SOON_S)
    time.sleep(4 * ASKED_EVERY_S)
    assert watch.query(f'ALERTS{{alertname="{FAILED}",instance="{SPEAKER}"}}') == []
    # Of the other one, of which nobody was told that a signal has ended it. Rust's runtime survives the first SEGV.
    since = causes.end_it(speaker, OURS, "FPE")
    watch.wait(FAILED, SOON_S, since=since, result="signal", instance=SPEAKER, name="kitchen")


def test_alertmanager_is_away_when_it_fires(watch: Watch, speaker: Target) -> None:
    with away(watch.host, "prometheus-alertmanager"):
        since = causes.log_in(speaker, NEIGHBOUR, NEIGHBOUR_PORT)
        firing = f'ALERTS{{alertname="{FAILED}",result="exit-code",name="bedroom",alertstate="firing"}}'
        watch.wait_value(firing, SOON_S)
    # Prometheus tells it again at least each minute.
    watch.wait(FAILED, SOON_S + 60, since=since, result="exit-code", **BEDROOM)


def test_the_webhook_is_away_when_it_is_told(watch: Watch, speaker: Target) -> None:
    watch.hook.status = 503
    try:
        since = causes.stand_still(speaker, NEIGHBOUR)
        # Meanwhile there is the letter.
        watch.wait_letter(FAILED, SOON_S, SPEAKER, "bedroom", since=since)
        time.sleep(10)
    finally:
        watch.hook.status = 200
    watch.wait(FAILED, SOON_S + 60, since=since, result="watchdog", **BEDROOM)


def test_the_monitor_has_stopped(watch: Watch, speaker: Target) -> None:
    since = time.time()
    with away(speaker, MONITOR):
        told = watch.wait("LibrespotMonitorStale", 120 + 60 + SOON_S, since=since, instance=SPEAKER)
    watch.wait(told.name, SOON_S, since=told.delivered, status=RESOLVED, instance=SPEAKER)


def test_the_exporter_has_stopped(watch: Watch, speaker: Target) -> None:
    since = time.time()
    with away(speaker, "prometheus-node-exporter"):
        told = watch.wait("LibrespotHostSilent", 300 + SOON_S, since=since, instance=SPEAKER)
    watch.wait(told.name, SOON_S, since=told.delivered, status=RESOLVED, instance=SPEAKER)
