# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of Alertmanager that the collection writes, used as it is: who is called, and who gets a letter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.deployment import NEIGHBOUR
from tests.attacks.hosts import Target
from tests.attacks.tables import show
from tests.delivery import causes
from tests.delivery.test_delivery import SOON_S
from tests.delivery.watched import ALERTS, SPEAKER
from tests.support.plays import Controller
from tests.support.prometheus import ETC, Watch
from tests.support.told import USER

FAILED = "LibrespotInstanceFailed"
HELD_S = 60
"""For how long the rule waits, that an instance is down."""
WAITED_S = 30
"""For how long the route waits for more of the same, of what is not critical."""


@pytest.fixture
def routed(watch: Watch, tmp_path: Path) -> Iterator[Watch]:
    """Use the configuration, with the test's authority among those that the host trusts."""
    watch.host.out("cp", f"{ETC}/ca.pem", "/etc/ssl/certs/authority-of-a-test.pem")
    written = {
        "librespot_alerts_host": "librespot",
        "librespot_alerts_alertmanager": f"{ETC}/alertmanager-librespot.yml",
        "librespot_alerts_mail": {
            "to": ["ops@example.org"],
            "sender": "prometheus@example.org",
            "server": f"{watch.gateway}:{watch.mailbox.port}",
            "username": USER,
            "password_file": f"{ETC}/password",
        },
        "librespot_alerts_webhook": {"url": f"https://{watch.gateway}:{watch.hook.port}/alerts"},
    }
    Controller(watch.host, tmp_path).converge(ALERTS, written)
    watch.host.out(
        "sh", "-euc", f"cd {ETC}; cp alertmanager.yml before.yml; cat alertmanager-librespot.yml > alertmanager.yml"
    )
    watch.host.out("systemctl", "restart", "prometheus-alertmanager")
    watch.wait_ready()
    yield watch
    watch.host.out("sh", "-euc", f"cd {ETC}; cat before.yml > alertmanager.yml")
    watch.host.out("systemctl", "restart", "prometheus-alertmanager")
    watch.wait_ready()


def test_what_is_critical_calls_and_the_rest_is_a_letter(routed: Watch, speaker: Target) -> None:
    watch = routed
    began = causes.end_it(speaker, NEIGHBOUR, "ABRT")
    mailed = watch.wait_letter(FAILED, WAITED_S + SOON_S, "bedroom", SPEAKER, since=began)
    stopped = time.time()
    speaker.out("systemctl", "stop", NEIGHBOUR)
    try:
        called = watch.wait("LibrespotInstanceDown", HELD_S + SOON_S, since=stopped, instance=SPEAKER, name="bedroom")
    finally:
        speaker.out("systemctl", "start", NEIGHBOUR)
    assert not any(told.name == FAILED for told in watch.told() if told.delivered > began)
    show(
        "by the collection's own route, in seconds",
        ["cause", "severity", "channel", "after"],
        [
            ["an abort", "warning", "letter", f"{mailed - began:.0f}"],
            ["a stopped instance", "critical", "webhook", f"{called.delivered - stopped:.0f}"],
        ],
    )
